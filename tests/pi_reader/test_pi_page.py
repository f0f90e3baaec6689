"""docs/pi.md says what the agent does."""

import re
from pathlib import Path

import pytest

from pi_reader import cli, config, probe_config
from pi_reader.led import Mood
from pi_reader.probes.boards import EC_BOARDS, PH_BOARDS
from pi_reader.sample import Reason

PAGE = (Path(__file__).parent.parent.parent / "docs" / "pi.md").read_text(encoding="utf-8")


def keys_of(*modules: object) -> set[str]:
    """Find every key that the code asks a table for."""
    asked = re.compile(r"(?:top|table)\.(?:\w+)\(\s*\"(\w+)\"")
    source = "".join(Path(module.__file__).read_text() for module in modules)  # type: ignore[attr-defined]
    return set(asked.findall(source)) - {"probes", "tank", "pi", "name", "token"}


@pytest.mark.parametrize("key", sorted(keys_of(config, probe_config)))
def test_every_key_of_the_configuration_has_its_place(key: str) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `") and f"`{key}`" in line.split("|")[1]]

    assert len(rows) == 1


def test_the_code_asks_for_the_keys_this_test_finds() -> None:
    assert {"interval_s", "led", "ph_board", "tds_power_gpio", "id"} <= keys_of(config, probe_config)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_what_to_look_at(reason: Reason) -> None:
    assert f"\n| `{reason.value}` | " in PAGE


@pytest.mark.parametrize("code", [cli.EXIT_BUSY, cli.EXIT_CONFIG, cli.EXIT_FORBIDDEN])
def test_every_exit_code_is_explained(code: int) -> None:
    assert f"\n| {code} | " in PAGE


@pytest.mark.parametrize("mood", Mood)
def test_every_flashing_of_the_light_is_explained(mood: Mood) -> None:
    assert f"\n| {int(mood)} | " in PAGE.split("flashes of the light")[1]


@pytest.mark.parametrize("board", [*PH_BOARDS, *EC_BOARDS])
def test_every_board_is_explained(board: str) -> None:
    assert f"| `{board}` |" in PAGE


def test_every_command_is_explained() -> None:
    shown = set(re.findall(r"^\| `hydrofleet-pi (\S+)`", PAGE, re.MULTILINE))
    parser = cli._parser()
    known = set(next(action for action in parser._actions if action.choices).choices)  # type: ignore[arg-type]

    # The others are for the demo, and for systemd.
    assert shown == known - {"fleet", "history", "events", "joined"}

"""The script at the root: what it lists is what there is."""

import subprocess
from pathlib import Path

import pytest

from app.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent


def run_script(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``./hydrofleet`` and give what it printed."""
    return subprocess.run([ROOT / "hydrofleet", *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_without_arguments_it_lists_every_command() -> None:
    result = run_script()

    listed = {line.split()[0]: line.split(maxsplit=1)[1] for line in result.stdout.splitlines() if line[:2] == "  "}
    assert result.returncode == 0
    assert listed == {name: about for name, (_, about) in COMMANDS.items()} | {"test": "Run the tests"}


def test_a_link_to_it_finds_its_own_folder(tmp_path: Path) -> None:
    link = tmp_path / "hydrofleet"
    link.symlink_to(ROOT / "hydrofleet")

    result = subprocess.run([link], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)

    assert result.returncode == 0
    assert result.stdout == run_script().stdout


def pins(name: str) -> set[str]:
    """Give what a file of requirements pins, without versions."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {line.split("==")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("requirements.txt", "requirements-notebook.txt"),
        ("requirements.txt", "requirements-dev.txt"),
        ("requirements-notebook.txt", "requirements-dev.txt"),
    ],
)
def test_what_serves_in_place_of_another_holds_all_of_it(smaller: str, larger: str) -> None:
    assert pins(smaller) - pins(larger) == set()


def test_a_larger_environment_is_not_made_smaller(tmp_path: Path) -> None:
    """A stand-in for Python prints what it is asked; nothing may be asked of pip."""
    for name in ("hydrofleet", "requirements.txt", "requirements-notebook.txt", "requirements-dev.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    notebook = "requirements-notebook.txt"
    (tmp_path / ".venv" / f"installed-{notebook}").write_bytes((ROOT / notebook).read_bytes())

    for command in ("serve", "notebook"):
        result = subprocess.run(["sh", tmp_path / "hydrofleet", command], capture_output=True, text=True, check=True)
        assert result.stdout == f"-P -m app.cli {command}\n"

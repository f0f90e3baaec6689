"""The script at the root: what it lists is what there is."""

import subprocess
from pathlib import Path

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

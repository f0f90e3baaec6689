"""What installs a Pi agrees with the agent and with the repository."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy" / "pi"


def test_the_distribution_of_the_agent_needs_what_the_repository_says() -> None:
    alone = tomllib.loads((DEPLOY / "pyproject.toml").read_text())
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert alone["project"]["dependencies"] == whole["optional-dependencies"]["pi"]
    assert alone["project"]["scripts"]["hydrofleet-pi"] == whole["scripts"]["hydrofleet-pi"]
    folders = {path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in ROOT.glob("pi_reader/**/*.py")}
    assert set(alone["tool"]["setuptools"]["packages"]) == folders


@pytest.mark.wheel
def test_the_wheel_holds_the_agent_and_nothing_else(tmp_path: Path) -> None:
    build = ["sh", str(DEPLOY / "build-wheel.sh"), str(tmp_path), sys.executable]

    subprocess.run([*build, "--no-build-isolation", "--no-index"], check=True, capture_output=True)

    (wheel,) = tmp_path.glob("hydrofleet_pi-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"pi_reader/cli.py", "pi_reader/probes/rig.py", "pi_reader/systemd/hydrofleet-pi.service"} <= names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"pi_reader"}
    assert wheel.stat().st_size < 1_000_000


def test_a_mounted_card_gets_its_files_and_keeps_its_configuration(tmp_path: Path) -> None:
    install = ["sh", str(DEPLOY / "install.sh"), "--root", str(tmp_path)]
    subprocess.run(install, check=True)
    own = tmp_path / "etc/hydrofleet/pi.toml"
    own.write_text("# mine\n")

    subprocess.run(install, check=True)

    assert own.read_text() == "# mine\n"
    assert (tmp_path / "etc/systemd/system/hydrofleet-pi.service").is_file()
    assert (tmp_path / "etc/udev/rules.d/98-hydrofleet-led.rules").is_file()


def test_every_library_is_pinned_with_hashes() -> None:
    lines = (ROOT / "requirements-pi.txt").read_text().splitlines()
    pins = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]

    assert len(pins) > 10
    assert [lines[number] for number in pins if "==" not in lines[number] or "--hash=" not in lines[number + 1]] == []

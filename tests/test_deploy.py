"""The files that install a server agree with the program and with each other."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import Settings
from models.embedded_process import MAJOR_VERSION

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "deploy" / "compose"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]


def program_folders() -> set[str]:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return {package.split(".")[0] for package in setup["options"]["packages"].split()} | {"alembic"}


def settings_named_in(text: str) -> set[str]:
    return set(re.findall(r"^\s*(?:Environment=)?(HYDROFLEET_\w+)[:=]", text, re.MULTILINE))


def test_every_setting_of_the_server_is_one_the_program_knows(services: dict[str, Any]) -> None:
    known = {f"HYDROFLEET_{name}".upper() for name in Settings.model_fields}

    assert set(services["server"]["environment"]) - known == set()
    assert settings_named_in((ROOT / "deploy/systemd/hydrofleet.service").read_text()) - known == set()


def test_every_value_to_fill_in_stands_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (COMPOSE / "compose.yaml").read_text()))

    assert asked == settings_named_in((COMPOSE / ".env.example").read_text())


def test_every_file_that_is_mounted_exists(services: dict[str, Any]) -> None:
    mounts = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())]
    files = [mount for mount in mounts if mount.startswith(".")]

    assert len(files) == 2
    assert [file for file in files if not (COMPOSE / file).is_file()] == []


def test_the_image_holds_every_folder_of_the_program() -> None:
    copied = set(re.findall(r"^COPY (\w+) \w+/$", (COMPOSE / "Dockerfile").read_text(), re.MULTILINE))
    sent = set(re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))

    assert copied == sent == program_folders()


def test_the_proxy_finds_the_server_and_is_the_one_it_believes(services: dict[str, Any]) -> None:
    proxy = (ROOT / "deploy/nginx/compose.conf").read_text()

    assert "server server:8050;" in proxy
    assert (
        services["server"]["environment"]["HYDROFLEET_TRUSTED_PROXY"]
        == (services["proxy"]["networks"]["inside"]["ipv4_address"])
    )


def test_both_installs_run_the_same_postgresql(services: dict[str, Any]) -> None:
    assert services["database"]["image"] == f"postgres:{MAJOR_VERSION}"


def test_both_proxies_differ_in_the_servers_address_only() -> None:
    def rules(name: str) -> list[str]:
        lines = (ROOT / "deploy/nginx" / name).read_text().splitlines()
        return [line for line in lines if not line.startswith("#") and ":8050;" not in line]

    assert rules("compose.conf") == rules("hydrofleet.conf")


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("deploy/systemd/hydrofleet.service", "hydrofleet.service"),
        ("pi_reader/systemd/hydrofleet-pi.service", "hydrofleet-pi.service"),
        ("deploy/pi/hydrofleet-pi-joined.service", "hydrofleet-pi-joined.service"),
        ("deploy/pi/hydrofleet-pi-joined.path", "hydrofleet-pi-joined.path"),
        ("deploy/pi/hydrofleet-usb@.service", "hydrofleet-usb@sda1.service"),
    ],
)
def test_systemd_accepts_the_unit(tmp_path: Path, unit: str, name: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    if name.endswith(".path"):
        # It names the service that it starts.
        (tmp_path / "hydrofleet-pi-joined.service").write_text("[Service]\nType=oneshot\nExecStart=/bin/true\n")
    copy = tmp_path / name
    text = re.sub(r"^ExecStart=/opt/hydrofleet/\S+", "ExecStart=/bin/true", (ROOT / unit).read_text(), flags=re.M)
    copy.write_text(text.replace("User=hydrofleet", "User=root"))

    checked = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)

    assert (checked.returncode, [line for line in checked.stderr.splitlines() if copy.name in line]) == (0, [])


def test_the_units_of_a_pi_are_all_verified() -> None:
    ours = {path.name for folder in ("deploy/pi", "pi_reader/systemd") for path in (ROOT / folder).iterdir()}
    (cases,) = (mark.args[1] for mark in test_systemd_accepts_the_unit.pytestmark)

    assert {name for name in ours if name.endswith((".service", ".path"))} <= {Path(unit).name for unit, _ in cases}

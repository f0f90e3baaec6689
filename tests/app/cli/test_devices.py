"""``hydrofleet devices``."""

import csv
import json
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine

from app.credentials import UnsafeCredentialsFile, write_credentials
from models.db import session_scope
from models.errors import DeviceNameInvalid, UnknownDevice
from models.read.devices import authenticate_device
from models.tokens import TokenKind, parse_token, same_digest

Run = Callable[..., Result]


def test_a_range_of_devices_is_added_at_once(hydrofleet: Run) -> None:
    added = hydrofleet("devices", "add", "pi-1..pi-99", "--site", "Greenhouse 3", "--zone", "Bench 2")

    listed = json.loads(hydrofleet("devices", "list", "--json").stdout)
    assert "99 devices are registered: pi-1 … pi-99" in added.stdout
    assert [row["name"] for row in listed] == [f"pi-{number}" for number in range(1, 100)]
    assert {(row["site"], row["zone"]) for row in listed} == {("Greenhouse 3", "Bench 2")}


def test_adding_again_changes_nothing(hydrofleet: Run) -> None:
    hydrofleet("devices", "add", "pi-1..pi-3", "--site", "Greenhouse 3")

    again = hydrofleet("devices", "add", "pi-1..pi-4", "--site", "Elsewhere")

    sites = {row["name"]: row["site"] for row in json.loads(hydrofleet("devices", "list", "--json").stdout)}
    assert again.exit_code == 0
    assert sites == {"pi-1": "Greenhouse 3", "pi-2": "Greenhouse 3", "pi-3": "Greenhouse 3", "pi-4": "Elsewhere"}


def test_a_name_that_cannot_be_a_host_name_is_refused(hydrofleet: Run) -> None:
    result = hydrofleet("devices", "add", "Pi_7")

    assert isinstance(result.exception, DeviceNameInvalid)
    assert "'Pi_7' cannot be a device's name" in str(result.exception)


def test_tokens_are_written_once_and_open_the_door(hydrofleet: Run, engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "tokens.csv"
    hydrofleet("devices", "add", "pi-1..pi-2")

    hydrofleet("devices", "token", "pi-1..pi-2", "--credentials", str(file))

    with file.open(encoding="utf-8", newline="") as rows:
        tokens = {row["device"]: row["token"] for row in csv.DictReader(rows)}
    assert b"\r" not in file.read_bytes()  # it would travel with a token that a shell cuts out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tokens) == ["pi-1", "pi-2"]
    parsed = parse_token(tokens["pi-2"], TokenKind.DEVICE)
    assert parsed is not None
    with session_scope(engine) as session:
        credential = authenticate_device(session, parsed.id)
    assert credential is not None
    assert credential.device.name == "pi-2"
    assert same_digest(credential.digest, parsed.digest)


def test_no_file_is_left_when_a_device_is_unknown(hydrofleet: Run, tmp_path: Path) -> None:
    file = tmp_path / "tokens.csv"

    result = hydrofleet("devices", "token", "pi-404", "--credentials", str(file))

    assert isinstance(result.exception, UnknownDevice)
    assert not file.exists()


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "tokens.csv"
    file.write_text("precious")

    with pytest.raises(UnsafeCredentialsFile, match="exists and may hold tokens in use"), write_credentials(file):
        pass

    assert file.read_text() == "precious"


def test_tokens_do_not_go_into_a_work_tree(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)

    with (
        pytest.raises(UnsafeCredentialsFile, match="must not be committed"),
        write_credentials(tmp_path / "tokens.csv"),
    ):
        pass

    assert not (tmp_path / "tokens.csv").exists()


def test_a_retired_device_is_no_longer_listed(hydrofleet: Run) -> None:
    hydrofleet("devices", "add", "pi-1..pi-2")

    hydrofleet("devices", "retire", "pi-1")

    listed = json.loads(hydrofleet("devices", "list", "--json").stdout)
    assert [row["name"] for row in listed] == ["pi-2"]

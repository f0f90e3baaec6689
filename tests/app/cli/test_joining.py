"""``hydrofleet keys enrollment`` and the commands of ``hydrofleet devices`` around joining."""

import csv
import json
import stat
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from sqlalchemy import Engine, text

from app.credentials import UnsafeCredentialsFile
from app.joining.errors import UnknownRequest
from app.joining.registration import BatchRefused
from models.db import session_scope
from models.tokens import TokenKind, make_token
from models.write.claims import Claim, Outcome
from models.write.enrollment import enroll
from models.write.places import Board
from pi_reader.join_file import read_boot_file

Run = Callable[..., Result]


def ask(engine: Engine, key: str, serial: str) -> Outcome:
    token = make_token(TokenKind.DEVICE)
    with session_scope(engine) as session:
        now = session.connection().exec_driver_sql("SELECT now()").scalar_one()
        return enroll(session, key, Claim(Board(serial, "board"), token.id, token.digest, "10.0.0.7"), now=now).outcome


def test_a_key_is_printed_once_and_its_file_takes_a_pi_to_the_server(hydrofleet: Run, engine: Engine, tmp_path: Path):
    file = tmp_path / "hydrofleet.toml"

    made = hydrofleet(
        "keys", "enrollment", "create", "--uses", "99", "--file", str(file), "--server-url", "https://farm.local"
    )

    key = made.stdout.strip()
    found = read_boot_file(file)
    assert found is not None
    assert (found.server_url, found.enrollment_key) == ("https://farm.local", key)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ask(engine, key[4:12], "a1a1a1a1") is Outcome.JOINED
    listed = hydrofleet("keys", "enrollment", "list").stdout
    assert "1 of 99" in listed
    assert key[13:] not in listed
    hydrofleet("keys", "enrollment", "revoke", key[4:12])
    assert ask(engine, key[4:12], "b2b2b2b2") is Outcome.KEY_ENDED


def test_a_joining_file_is_not_written_over_another(hydrofleet: Run, tmp_path: Path):
    file = tmp_path / "hydrofleet.toml"
    file.write_text("somebody's")

    result = hydrofleet(
        "keys", "enrollment", "create", "--uses", "1", "--file", str(file), "--server-url", "https://farm.local"
    )

    assert isinstance(result.exception, UnsafeCredentialsFile)
    assert file.read_text() == "somebody's"


def test_a_new_card_is_let_in_from_the_command_line(hydrofleet: Run, engine: Engine):
    key = hydrofleet("keys", "enrollment", "create", "--uses", "9").stdout.strip()
    for _ in range(2):
        ask(engine, key[4:12], "a1a1a1a1")

    assert "pi-1" in hydrofleet("devices", "waiting").stdout
    assert hydrofleet("devices", "approve", "1").stdout == "pi-1 is let in\n"
    assert isinstance(hydrofleet("devices", "reject", "1").exception, UnknownRequest)


def test_a_stolen_pi_is_blocked_and_the_open_keys_are_named(hydrofleet: Run, engine: Engine):
    key = hydrofleet("keys", "enrollment", "create", "--uses", "9").stdout.strip()
    ask(engine, key[4:12], "a1a1a1a1")

    blocked = hydrofleet("devices", "block", "pi-1", "--since", "2026-11-20", "--reason", "stolen")

    assert blocked.stdout.splitlines() == [
        "pi-1 is blocked, and board a1a1a1a1 with it",
        f"key {key[4:12]} is still open for 8 Pis; if the card held it, revoke it",
    ]
    assert ask(engine, key[4:12], "a1a1a1a1") is Outcome.BLOCKED
    hydrofleet("devices", "unblock", "pi-1")
    assert ask(engine, key[4:12], "a1a1a1a1") is Outcome.PENDING


def test_tokens_for_pis_without_a_network_are_replaced_at_first_contact(
    hydrofleet: Run, engine: Engine, tmp_path: Path
):
    file = tmp_path / "tokens.csv"

    hydrofleet("devices", "register", "pi-1..pi-2", "--site", "North", "--offline-tokens", str(file))

    with file.open(encoding="utf-8", newline="") as rows:
        assert [row["device"] for row in csv.DictReader(rows)] == ["pi-1", "pi-2"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with engine.connect() as connection:
        query = "SELECT count(*) FROM devices WHERE rotation_asked_at IS NOT NULL"
        assert connection.scalar(text(query)) == 2


def test_a_table_is_loaded_all_or_nothing(hydrofleet: Run, tmp_path: Path):
    table = tmp_path / "tanks.csv"
    table.write_text("serial,name,location\na1a1a1a1,pi-1,bench 1\nxyz,pi-2,bench 2\n")

    refused = hydrofleet("devices", "load", str(table))
    table.write_text("serial,name,location\na1a1a1a1,pi-1,bench 1\n")
    tried = hydrofleet("devices", "load", str(table), "--dry-run")
    none_yet = json.loads(hydrofleet("devices", "list", "--json").stdout)
    done = hydrofleet("devices", "load", str(table))

    assert isinstance(refused.exception, BatchRefused)
    assert "row 2, serial: 'xyz' is no serial number" in refused.stderr
    assert (tried.stdout, none_yet) == ("1 devices would be added, 0 known\n", [])
    assert done.stdout == "1 devices are added, 0 known\n"

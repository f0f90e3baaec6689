"""``hydrofleet users`` and ``hydrofleet db``."""

from collections.abc import Callable

import pytest
from click.testing import Result
from sqlalchemy import Engine

from app.passwords import UnusablePassword
from app.people.errors import LastAdministrator
from app.settings import InvalidSettings, load_settings
from models.db import session_scope
from models.read.people import find_user

Run = Callable[..., Result]


def test_a_person_is_added_with_a_hashed_password(hydrofleet: Run, engine: Engine) -> None:
    result = hydrofleet("users", "add", "alice", "--role", "admin", typed="a long enough secret\n")

    with session_scope(engine) as session:
        user = find_user(session, "alice")
    assert result.exit_code == 0
    assert user is not None
    assert user.role == "admin"
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$")


def test_a_short_password_is_refused(hydrofleet: Run, engine: Engine) -> None:
    result = hydrofleet("users", "add", "alice", typed="short\n")

    assert isinstance(result.exception, UnusablePassword)
    with session_scope(engine) as session:
        assert find_user(session, "alice") is None


def test_an_invited_person_gets_a_link_and_no_password(hydrofleet: Run, engine: Engine) -> None:
    result = hydrofleet("users", "invite", "alice", "--role", "agronomist")

    with session_scope(engine) as session:
        user = find_user(session, "alice")
    assert result.stdout.startswith("/invitation#hfi_")
    assert user is not None
    assert (user.role, user.password_hash) == ("agronomist", None)


def test_the_last_administrator_is_kept(hydrofleet: Run) -> None:
    hydrofleet("users", "add", "alice", "--role", "admin", typed="a long enough secret\n")

    assert isinstance(hydrofleet("users", "disable", "alice").exception, LastAdministrator)
    hydrofleet("users", "add", "bob", "--role", "admin", typed="a long enough secret\n")
    assert hydrofleet("users", "role", "alice", "viewer").exit_code == 0
    assert hydrofleet("users", "disable", "alice").exit_code == 0
    assert hydrofleet("users", "enable", "alice").exit_code == 0
    assert "alice" in hydrofleet("users", "list").stdout


def test_a_lost_password_is_replaced_by_link_or_by_hand(hydrofleet: Run) -> None:
    hydrofleet("users", "add", "alice", typed="a long enough secret\n")

    assert hydrofleet("users", "link", "alice").stdout.endswith(".alice\n")
    assert hydrofleet("users", "password", "alice", typed="another long secret\n").exit_code == 0
    assert hydrofleet("users", "sign-out", "alice").exit_code == 0


def test_tables_and_models_agree(hydrofleet: Run) -> None:
    result = hydrofleet("db", "check")

    assert result.exit_code == 0
    assert "tables and models agree" in result.stdout


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("TIME_ZONE", "Bandung", "HYDROFLEET_TIME_ZONE = 'Bandung': is not a time zone"),
        ("PORT", "99999", "HYDROFLEET_PORT = '99999': Input should be less than or equal to 65535"),
        ("PPM_SCALE", "600", "HYDROFLEET_PPM_SCALE = '600': Input should be 500, 640 or 700"),
        ("DATABASE_URL", "mysql://x:secret@y/z", "HYDROFLEET_DATABASE_URL: names mysql; write postgresql://"),
        ("DATABASE_URL", "localhost", "HYDROFLEET_DATABASE_URL: is not an address"),
    ],
)
def test_an_unusable_setting_is_named_with_its_value(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"HYDROFLEET_{name}", value)

    with pytest.raises(InvalidSettings) as caught:
        load_settings()

    assert sentence in str(caught.value)
    assert "secret" not in str(caught.value)

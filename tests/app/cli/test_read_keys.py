"""``hydrofleet keys read``."""

from collections.abc import Callable

import pytest
from click.testing import Result
from sqlalchemy import Engine, text

from app.read_tokens import ReadTokenRefused
from models.errors import UnknownReadToken

Run = Callable[..., Result]


def test_a_token_is_printed_once_and_never_stored(hydrofleet: Run, engine: Engine) -> None:
    result = hydrofleet("keys", "read", "create", "notebook", "--expires", "30d")

    token = result.stdout.strip()
    assert (result.exit_code, len(token)) == (0, 56)
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT id, note, digest, device_ids FROM read_tokens")).one()
    assert (stored.id, stored.note, stored.device_ids) == (token[4:12], "notebook", None)
    assert token.encode() not in stored.digest


def test_tokens_are_listed_with_their_state_and_revoked_by_id(hydrofleet: Run) -> None:
    hydrofleet("devices", "add", "pi-1..pi-3")
    token = hydrofleet("keys", "read", "create", "job", "--expires", "8w", "--devices", "pi-1..pi-2").stdout.strip()

    before = hydrofleet("keys", "read", "list").stdout
    hydrofleet("keys", "read", "revoke", token[4:12])
    after = hydrofleet("keys", "read", "list").stdout

    assert ("pi-1, pi-2" in before, "live" in before, "revoked" in after) == (True, True, True)
    assert token[13:] not in before


@pytest.mark.parametrize("life", ["30", "0d", "d", "-1d", "99999d"])
def test_a_life_that_is_none_is_refused(hydrofleet: Run, life: str) -> None:
    assert hydrofleet("keys", "read", "create", "notebook", "--expires", life).exit_code == 2


def test_a_life_has_to_be_given_and_ends_within_a_year(hydrofleet: Run) -> None:
    assert hydrofleet("keys", "read", "create", "notebook").exit_code == 2
    assert isinstance(hydrofleet("keys", "read", "create", "notebook", "--expires", "367d").exception, ReadTokenRefused)


def test_what_is_not_there_cannot_be_revoked(hydrofleet: Run) -> None:
    assert isinstance(hydrofleet("keys", "read", "revoke", "nobody00").exception, UnknownReadToken)

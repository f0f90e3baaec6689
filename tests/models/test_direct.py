"""Statements that wait for the next trip to the database: in order, never lost, and gone with their transaction."""

import logging
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from models.copying import copy_in
from models.db import session_scope
from models.direct import ask, tell

_ADD = "INSERT INTO notes (number) VALUES (%(number)s)"
#: The binary COPY format: its header, one row of one integer of four bytes, its trailer.
_ONE_ROW = b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\0\1\0\0\0\4\0\0\0\3" + b"\xff\xff"


@pytest.fixture
def notes(engine: Engine) -> Engine:
    """A database with a table of distinct numbers above zero."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (number integer PRIMARY KEY CHECK (number > 0))"))
    return engine


def _numbers(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT number FROM notes ORDER BY number")))


def test_what_waits_goes_with_commit(notes: Engine) -> None:
    with session_scope(notes) as session:
        tell(session, _ADD, {"number": 1})
        tell(session, _ADD, {"number": 2})

    assert _numbers(notes) == [1, 2]


def test_what_waits_is_done_before_anything_else_of_the_session(notes: Engine) -> None:
    with Session(notes) as session:
        tell(session, _ADD, {"number": 1})
        asked = ask(session, "SELECT number FROM notes ORDER BY number").fetchall()
        tell(session, _ADD, {"number": 2})
        composed = list(session.scalars(text("SELECT number FROM notes ORDER BY number")))
        tell(session, "UPDATE notes SET number = 4 WHERE number = 2")
        copy_in(session, "notes", ["number"], _ONE_ROW)
        copied = ask(session, "SELECT number FROM notes ORDER BY number").fetchall()

    assert (asked, composed, copied) == ([(1,)], [1, 2], [(1,), (3,), (4,)])


def test_what_waits_is_forgotten_with_its_transaction(notes: Engine) -> None:
    with Session(notes) as session:
        tell(session, _ADD, {"number": 1})
        session.rollback()
        tell(session, _ADD, {"number": 2})
        session.commit()

    assert _numbers(notes) == [2]


def test_a_session_that_is_closed_leaves_nothing_to_the_next_one(notes: Engine) -> None:
    with Session(notes) as session:
        tell(session, _ADD, {"number": 1})
    with session_scope(notes) as session:
        tell(session, _ADD, {"number": 2})

    assert _numbers(notes) == [2]


def test_a_savepoint_holds_what_was_told_inside_of_it_alone(notes: Engine) -> None:
    with session_scope(notes) as session:
        tell(session, _ADD, {"number": 1})
        with session.begin_nested() as inner:
            tell(session, _ADD, {"number": 0})
            inner.rollback()
        with session.begin_nested():
            tell(session, _ADD, {"number": 3})

    assert _numbers(notes) == [1, 3]


def test_a_statement_that_fails_spoils_the_commit_that_takes_it_along(notes: Engine) -> None:
    with Session(notes) as session:
        for number in (1, 0, 2):
            tell(session, _ADD, {"number": number})
        with pytest.raises(IntegrityError, match="check constraint"):
            session.commit()

    assert _numbers(notes) == []


def test_a_statement_that_fails_is_told_to_whoever_makes_the_trip(notes: Engine) -> None:
    with Session(notes) as session:
        tell(session, _ADD, {"number": 0})
        with pytest.raises(IntegrityError):
            ask(session, "SELECT 1")
        session.rollback()
        tell(session, _ADD, {"number": 0})
        with pytest.raises(IntegrityError):
            session.execute(text("SELECT 1"))
        session.rollback()
        tell(session, _ADD, {"number": 0})
        with pytest.raises(IntegrityError):
            copy_in(session, "notes", ["number"], _ONE_ROW)
        session.rollback()
        tell(session, _ADD, {"number": 5})
        session.commit()

    assert _numbers(notes) == [5]


@pytest.mark.parametrize(
    "go_on",
    [
        lambda session: tell(session, _ADD, {"number": 1}),
        lambda session: ask(session, "SELECT 1"),
        lambda session: copy_in(session, "notes", ["number"], _ONE_ROW),
        lambda session: session.execute(text("SELECT 1")),
    ],
    ids=["tell", "ask", "copy", "execute"],
)
@pytest.mark.parametrize("has_told", [True, False])
def test_a_connection_that_was_cut_fails_as_ever_and_the_next_one_is_sound(
    notes: Engine, caplog: pytest.LogCaptureFixture, go_on: Callable[[Session], object], has_told: bool
) -> None:
    with pytest.raises(OperationalError):
        _cut_in_the_middle(notes, go_on, has_told=has_told)
    with session_scope(notes) as session:
        tell(session, _ADD, {"number": 2})

    assert _numbers(notes) == [2]
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


def _cut_in_the_middle(notes: Engine, go_on: Callable[[Session], object], *, has_told: bool) -> None:
    with session_scope(notes) as session:
        [(number,)] = ask(session, "SELECT pg_backend_pid()")
        if has_told:
            tell(session, _ADD, {"number": 1})
        with notes.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
        go_on(session)

"""The audit log: what it keeps, how it is searched, and that nobody changes it."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from models.read.audit import AuditQuery, audit_words, search_audit
from models.write.audit import Origin, acting_from, record


@pytest.fixture
def log(session, now):
    """Sari sets two targets and logs in; Budi logs in an hour later."""
    record(session, "sari", "login", at=now)
    record(session, "sari", "set-target", object_kind="crop", object_id="lettuce", at=now)
    record(session, "sari", "set-target", object_kind="crop", object_id="basil", at=now)
    record(session, "budi", "login", at=now + timedelta(hours=1))
    return session


def found(session, **query):
    return [(entry.actor, entry.action, entry.object_id) for entry in search_audit(session, AuditQuery(**query))]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'nobody'",
        "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE false",
        "TRUNCATE audit_log",
        "TRUNCATE audit_log CASCADE",
    ],
)
def test_not_even_the_owner_changes_an_entry(log, statement):
    with pytest.raises(ProgrammingError, match="the audit log is append-only"), log.begin_nested():
        log.execute(text(statement))

    assert len(found(log)) == 4


def test_the_newest_entry_comes_first(log):
    assert [actor for actor, _, _ in found(log)] == ["budi", "sari", "sari", "sari"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"actor": "budi"}, [("budi", "login", None)]),
        ({"action": "set-target", "about": "basil"}, [("sari", "set-target", "basil")]),
        ({"about": "crop"}, [("sari", "set-target", "basil"), ("sari", "set-target", "lettuce")]),
        ({"about": "' OR 1=1 --"}, []),
    ],
)
def test_entries_are_found_by_what_they_tell(log, query, expected):
    assert found(log, **query) == expected


def test_a_span_holds_its_start_and_not_its_end(log, now):
    assert len(found(log, start=now, end=now + timedelta(hours=1))) == 3
    assert found(log, start=now + timedelta(hours=1)) == [("budi", "login", None)]


def test_pages_follow_one_another_without_gap_or_repeat(log):
    first = search_audit(log, AuditQuery(), limit=3)
    record(log, "siti", "login")
    second = search_audit(log, AuditQuery(), before=first[-1].id, limit=3)

    assert [entry.object_id or entry.actor for entry in [*first, *second]] == ["budi", "basil", "lettuce", "sari"]


def test_a_search_offers_who_and_what_there_is(log):
    assert audit_words(log) == (["budi", "sari"], ["login", "set-target"])


def test_nothing_in_an_entry_can_forge_a_line_or_stop_a_terminal(session):
    record(session, "sa\nri", "log\x1b[2Jin", object_id="pi\x00-2", details={"no\tte": ["a\u202eb", {"c": "\x00"}]})

    entry = search_audit(session, AuditQuery())[0]
    assert (entry.actor, entry.action, entry.object_id) == ("sa�ri", "log�[2Jin", "pi�-2")
    assert entry.details == {"no�te": ["a�b", {"c": "�"}]}


def test_an_entry_knows_the_request_that_made_it(session):
    with acting_from(Origin("10.0.0.7", "abc123")):
        record(session, "sari", "login")
    record(session, "sari", "logout")

    after, inside = search_audit(session, AuditQuery())
    assert (inside.address, inside.request_id) == ("10.0.0.7", "abc123")
    assert (after.address, after.request_id) == (None, None)

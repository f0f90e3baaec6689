from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from models.errors import UnknownUser, UserNameTaken
from models.read.people import find_session, find_user, list_users, recent_failures
from models.tables import AuditEntry
from models.write.audit import record
from models.write.people import (
    clear_failures,
    create_user,
    disable_user,
    end_session,
    record_failure,
    set_language,
    set_password,
    start_session,
    touch_session,
)

COOKIE, OTHER_COOKIE = b"c" * 32, b"d" * 32
WEEK = timedelta(days=7)


@pytest.fixture
def sari(session):
    return create_user(session, "Sari", "agronomist", "$argon2id$one")


def test_a_name_is_one_person_in_any_case(session, sari):
    assert find_user(session, " SARI ") == sari

    with pytest.raises(UserNameTaken, match="sari"):
        create_user(session, "sari", "viewer", None)


def test_an_unknown_role_is_refused(session):
    with pytest.raises(IntegrityError, match="ck_users_role"), session.begin_nested():
        create_user(session, "budi", "root", None)


def test_people_are_listed_by_name(session, sari):
    create_user(session, "budi", "viewer", None)

    assert [user.name for user in list_users(session)] == ["budi", "sari"]


def test_a_record_does_not_print_its_password_hash(sari):
    assert "argon2" not in repr(sari)


def test_a_session_lives_while_it_is_used_and_dies_after_twelve_idle_hours(session, sari, now):
    start_session(session, sari.id, COOKIE, now=now, expires_at=now + WEEK)

    assert find_session(session, COOKIE, now=now + timedelta(hours=11, minutes=59)) is not None
    assert find_session(session, COOKIE, now=now + timedelta(hours=12)) is None


def test_using_a_session_keeps_it_alive_but_not_past_its_end(session, sari, now):
    start_session(session, sari.id, COOKIE, now=now, expires_at=now + WEEK)
    almost = now + WEEK - timedelta(seconds=1)

    touch_session(session, COOKIE, now=almost)

    assert find_session(session, COOKIE, now=almost) is not None
    assert find_session(session, COOKIE, now=now + WEEK) is None


def test_logging_out_ends_one_browser_only(session, sari, now):
    for cookie in (COOKIE, OTHER_COOKIE):
        start_session(session, sari.id, cookie, now=now, expires_at=now + WEEK)

    end_session(session, COOKIE)

    assert find_session(session, COOKIE, now=now) is None
    assert find_session(session, OTHER_COOKIE, now=now) is not None


def test_a_new_password_logs_out_everywhere(session, sari, now):
    start_session(session, sari.id, COOKIE, now=now, expires_at=now + WEEK)

    set_password(session, "sari", "$argon2id$two")

    assert find_session(session, COOKIE, now=now) is None
    assert find_user(session, "sari").password_hash == "$argon2id$two"


def test_a_disabled_person_is_out_at_once(session, sari, now):
    start_session(session, sari.id, COOKIE, now=now, expires_at=now + WEEK)

    disable_user(session, "sari", now=now)

    assert find_session(session, COOKIE, now=now) is None
    assert find_user(session, "sari").disabled_at == now


def test_a_session_knows_its_person(session, sari, now):
    set_language(session, sari.id, "id")
    start_session(session, sari.id, COOKIE, now=now, expires_at=now + WEEK)

    found = find_session(session, COOKIE, now=now)

    assert (found.user_id, found.name, found.role, found.language) == (sari.id, "sari", "agronomist", "id")


def test_a_password_for_nobody_is_refused(session):
    with pytest.raises(UnknownUser, match="ghost"):
        set_password(session, "ghost", "x")


def test_failures_count_for_account_and_network_and_are_forgotten_after_a_login(session, now):
    for name, network in (("sari", "10.0.0.0/24"), ("budi", "10.0.0.0/24"), ("sari", "10.0.1.0/24")):
        record_failure(session, name, network, now=now)

    before = recent_failures(session, "sari", "10.0.0.0/24", now - timedelta(minutes=5))
    clear_failures(session, "sari", "10.0.0.0/24")
    after = recent_failures(session, "sari", "10.0.0.0/24", now - timedelta(minutes=5))

    assert (len(before.of_account), len(before.of_network)) == (1, 2)
    assert (len(after.of_account), len(after.of_network)) == (0, 1)


def test_failures_older_than_asked_for_do_not_count(session, now):
    record_failure(session, "sari", "10.0.0.0/24", now=now - timedelta(hours=1))

    assert recent_failures(session, "sari", "10.0.0.0/24", now - timedelta(minutes=5)).of_account == []


def test_the_audit_log_keeps_who_did_what_to_which_object(session, now):
    record(session, "sari", "set-target", object_kind="crop", object_id="lettuce", details={"low": 5.5}, at=now)

    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.at, entry.actor, entry.action, entry.object_id, entry.details) == (
        now,
        "sari",
        "set-target",
        "lettuce",
        {"low": 5.5},
    )


def test_an_actor_cannot_forge_a_line_of_the_log(session):
    record(session, "sari\nadmin login", "login")

    assert session.scalar(text("SELECT actor FROM audit_log")) == "sari�admin login"

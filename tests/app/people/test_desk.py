"""Administrators let people in, change what they may do, and keep them out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine

from app.people.desk import People
from app.people.errors import DisabledPerson, LastAdministrator, OnlyAdministrators, UnusableName
from app.principal import COMMAND_LINE, Principal, Role
from models.db import session_scope
from models.errors import UnknownUser, UserNameTaken
from models.read.audit import AuditQuery, search_audit
from models.read.people import Person, find_user
from models.write.people import start_session

PASSWORD = "correct horse battery"

#: Every change that an administrator can make, as ``change(people, by)``.
CHANGES: dict[str, Callable[[People, Principal | None], Any]] = {
    "invite-user": lambda people, by: people.invite("budi", Role.VIEWER, by=by),
    "make-login-link": lambda people, by: people.renew_link("sari", by=by),
    "add-user": lambda people, by: people.add("budi", Role.VIEWER, PASSWORD, by=by),
    "reset-password": lambda people, by: people.reset_password("sari", PASSWORD, by=by),
    "change-role": lambda people, by: people.change_role("sari", Role.ADMIN, by=by),
    "disable-user": lambda people, by: people.disable("sari", by=by),
    "enable-user": lambda people, by: people.enable("sari", by=by),
    "sign-out-user": lambda people, by: people.sign_out("sari", by=by),
}


def named(people: People, admin: Principal, name: str) -> Person:
    return next(person for person in people.everybody(by=admin) if person.name == name)


def entries(engine: Engine) -> list[tuple[Any, ...]]:
    with session_scope(engine) as session:
        found = search_audit(session, AuditQuery())
    return [(entry.actor, entry.action, entry.object_kind, entry.object_id) for entry in reversed(found)]


def open_sessions(engine: Engine, clock: Any, *names: str) -> None:
    with session_scope(engine) as session:
        for number, name in enumerate(names):
            user = find_user(session, name)
            assert user is not None
            digest = bytes([number]) * 32
            start_session(session, user.id, digest, now=clock(), expires_at=clock().replace(year=2027))


@pytest.mark.parametrize("action", CHANGES)
def test_every_change_is_on_record_with_who_made_it(
    people: People, admin: Principal, add_person: Any, engine: Engine, action: str
):
    add_person("sari")

    CHANGES[action](people, admin)

    about = "budi" if action in {"invite-user", "add-user"} else "sari"
    assert entries(engine) == [("ratna", action, "user", about)]


@pytest.mark.parametrize("action", CHANGES)
@pytest.mark.parametrize("role", [None, "viewer", "agronomist"])
def test_nobody_but_an_administrator_changes_anything(
    people: People, add_person: Any, person: Any, engine: Engine, action: str, role: str | None
):
    add_person("sari", role or "viewer")

    with pytest.raises(OnlyAdministrators, match="sari may not" if role else "nobody who is not logged in"):
        CHANGES[action](people, person("sari") if role else None)

    assert entries(engine) == []


def test_a_list_of_people_is_for_administrators(people: People, add_person: Any, person: Any):
    add_person("sari", "agronomist")

    with pytest.raises(OnlyAdministrators):
        people.everybody(by=person("sari"))


def test_whoever_runs_commands_on_the_server_may_do_everything(people: People, engine: Engine):
    people.add("ratna", Role.ADMIN, PASSWORD, by=COMMAND_LINE)

    assert entries(engine) == [("command line", "add-user", "user", "ratna")]


@pytest.mark.parametrize(
    "take_away",
    [
        lambda people, admin: people.disable("ratna", by=admin),
        lambda people, admin: people.change_role("ratna", Role.AGRONOMIST, by=admin),
    ],
    ids=["disable", "demote"],
)
def test_the_last_administrator_stays_one(people: People, admin: Principal, engine: Engine, take_away: Any):
    with pytest.raises(LastAdministrator, match="ratna is the last administrator"):
        take_away(people, admin)

    assert named(people, admin, "ratna").role == "admin"
    assert entries(engine) == []


def test_an_administrator_who_cannot_log_in_yet_does_not_count(people: People, admin: Principal):
    people.invite("budi", Role.ADMIN, by=admin)

    with pytest.raises(LastAdministrator):
        people.disable("ratna", by=admin)


def test_one_of_two_administrators_may_go(people: People, admin: Principal, add_person: Any, person: Any):
    add_person("budi", "admin")

    people.disable("ratna", by=admin)

    assert named(people, person("budi"), "ratna").disabled_at is not None


def test_two_administrators_cannot_remove_each_other_at_the_same_moment(
    people: People, admin: Principal, add_person: Any, person: Any
):
    add_person("budi", "admin")
    budi = person("budi")

    def remove(who: str) -> str:
        try:
            people.change_role(who, Role.VIEWER, by=admin)
        except LastAdministrator:
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(remove, ["ratna", "budi"]))

    assert outcomes == ["done", "refused"]
    assert sum(one.role == "admin" for one in people.everybody(by=budi)) == 1


@pytest.mark.parametrize("action", ["reset-password", "change-role", "disable-user", "sign-out-user"])
def test_a_person_is_logged_out_everywhere(
    people: People, admin: Principal, add_person: Any, engine: Engine, clock: Any, action: str
):
    add_person("sari")
    open_sessions(engine, clock, "sari", "sari", "ratna")

    CHANGES[action](people, admin)

    assert named(people, admin, "sari").sessions == 0
    assert named(people, admin, "ratna").sessions == 1


@pytest.mark.parametrize("name", ["", "   ", "a" * 101, "sa\nri", "sa\u202eri", "sa\x00ri"])
def test_an_unusable_name_is_refused(people: People, admin: Principal, name: str):
    with pytest.raises(UnusableName):
        people.invite(name, Role.VIEWER, by=admin)


def test_a_name_is_given_once(people: People, admin: Principal):
    with pytest.raises(UserNameTaken, match="'ratna' exists already"):
        people.invite("Ratna", Role.VIEWER, by=admin)


def test_nobody_can_be_changed_who_is_not_there(people: People, admin: Principal):
    with pytest.raises(UnknownUser, match="ghost"):
        people.disable("ghost", by=admin)


def test_a_disabled_person_gets_no_link(people: People, admin: Principal, add_person: Any):
    add_person("sari")
    people.disable("sari", by=admin)

    with pytest.raises(DisabledPerson, match="sari is disabled"):
        people.renew_link("sari", by=admin)
    people.enable("sari", by=admin)
    assert people.renew_link("sari", by=admin).name == "sari"


def test_a_link_tells_until_when_it_works(people: People, admin: Principal):
    invitation = people.invite("Budi Santoso", Role.VIEWER, by=admin)

    assert invitation.path.startswith("/invitation#hfi_")
    assert invitation.path.endswith(".budi%20santoso")
    assert invitation.code not in repr(invitation)
    assert named(people, admin, "budi santoso").invited_until == invitation.expires_at

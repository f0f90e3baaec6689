"""What people do with their own account, through the use case and through the pages that need no script."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app.passwords import UnusablePassword
from app.people.account import OwnAccount
from app.people.desk import People
from app.people.errors import NotLoggedIn, TooManyFailures, UnknownTimeZone, UnusableInvitation, WrongPassword
from app.people.invitations import Invitation
from app.principal import Principal, Role
from models.db import session_scope
from models.errors import UserNameTaken
from models.read.people import find_user
from models.write.people import start_session

PASSWORD, NEW = "correct horse battery", "four quite new words"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def invitation(people: People, admin: Principal) -> Invitation:
    """A link for Budi, who shall be an agronomist."""
    return people.invite("budi", Role.AGRONOMIST, by=admin)


@pytest.fixture
def sari(add_person: Any, person: Any) -> Principal:
    add_person("sari")
    sari: Principal = person("sari")
    return sari


def send(client: FlaskClient, **fields: str) -> Any:
    token = re.search(r'name="token" value="([^"]+)"', client.get("/invitation").text)
    assert token is not None
    form = {"token": token[1], "name": "", "password": NEW, "again": NEW, **fields}
    return client.post("/invitation", data=form, headers=OWN_PAGE)


class TestInvitations:
    def test_whoever_has_the_link_sets_a_password_and_is_in(
        self, client: FlaskClient, invitation: Invitation, log_in: Callable[..., Any], server: Flask
    ):
        answer = send(client, code=invitation.code)

        assert (answer.status_code, answer.location) == (303, "/")
        assert client.get("/_dash-layout").status_code == 200
        assert log_in(server.test_client(), "budi", NEW).status_code == 303

    def test_a_link_works_once(self, account: OwnAccount, invitation: Invitation):
        account.accept(invitation.code, "", NEW)

        with pytest.raises(UnusableInvitation):
            account.accept(invitation.code, "", "another password")

    def test_a_link_ends_after_three_days(self, account: OwnAccount, invitation: Invitation, clock: Any):
        clock.turn(days=3)

        with pytest.raises(UnusableInvitation):
            account.accept(invitation.code, "", NEW)

    def test_a_newer_link_ends_the_older_one(
        self, account: OwnAccount, people: People, admin: Principal, invitation: Invitation
    ):
        newer = people.renew_link("budi", by=admin)

        with pytest.raises(UnusableInvitation):
            account.accept(invitation.code, "", NEW)
        assert account.accept(newer.code, "", NEW)

    def test_a_link_of_a_disabled_person_ends(
        self, account: OwnAccount, people: People, admin: Principal, invitation: Invitation
    ):
        people.disable("budi", by=admin)
        people.enable("budi", by=admin)

        with pytest.raises(UnusableInvitation):
            account.accept(invitation.code, "", NEW)

    @pytest.mark.parametrize("code", ["", "hfi_", "hfi_" + "A" * 43, "' OR 1=1 --", "\u0000" * 47, "hfi_" + "ä" * 43])
    def test_a_guessed_code_opens_nothing(self, client: FlaskClient, invitation: Invitation, code: str):
        answer = send(client, code=code)

        assert answer.status_code == 400
        assert "This link does not work any more." in answer.text
        assert client.get("/_dash-layout").status_code == 401

    def test_a_mistake_does_not_use_the_link_up(self, account: OwnAccount, invitation: Invitation):
        with pytest.raises(UnusablePassword):
            account.accept(invitation.code, "", "short")
        with pytest.raises(UserNameTaken):
            account.accept(invitation.code, "ratna", NEW)

        assert account.accept(invitation.code, "", NEW)

    def test_the_name_may_be_chosen_the_first_time_and_not_again(
        self, account: OwnAccount, people: People, admin: Principal, invitation: Invitation, engine: Engine
    ):
        account.accept(invitation.code, "Budi.S", NEW)
        again = people.renew_link("budi.s", by=admin)
        account.accept(again.code, "somebody else", NEW)

        with session_scope(engine) as session:
            assert find_user(session, "budi.s")
            assert find_user(session, "somebody else") is None

    def test_two_different_passwords_are_told_apart(self, client: FlaskClient, invitation: Invitation):
        answer = send(client, code=invitation.code, again="something else!!")

        assert "The two passwords differ." in answer.text
        assert f'value="{invitation.code}"' in answer.text
        assert send(client, code=invitation.code).status_code == 303

    def test_a_form_of_another_page_is_refused(self, client: FlaskClient, invitation: Invitation):
        answer = client.post(
            "/invitation",
            data={"code": invitation.code, "password": NEW, "again": NEW, "token": "guessed"},
            headers=OWN_PAGE,
        )

        assert answer.status_code == 400
        assert send(client, code=invitation.code).status_code == 303

    def test_the_database_holds_only_the_hash_of_the_code(self, invitation: Invitation, engine: Engine):
        with engine.connect() as connection:
            row = connection.execute(text("SELECT * FROM invitations")).one()

        assert invitation.code not in str(row)
        assert len(row.digest) == 32


class TestPassword:
    def test_a_new_password_ends_every_session(self, account: OwnAccount, sari: Principal, engine: Engine, clock: Any):
        with session_scope(engine) as session:
            start_session(session, sari.id, b"s" * 32, now=clock(), expires_at=clock() + timedelta(days=1))

        account.change_password(PASSWORD, NEW, by=sari, address=None)

        assert account.sessions(by=sari) == []

    def test_the_present_password_is_needed(self, account: OwnAccount, sari: Principal, log_in: Any, client: Any):
        with pytest.raises(WrongPassword):
            account.change_password("not the password", NEW, by=sari, address=None)

        assert log_in(client).status_code == 303

    def test_whoever_guesses_it_from_an_open_browser_is_slowed_down(
        self, account: OwnAccount, sari: Principal, clock: Any
    ):
        for _ in range(5):
            with pytest.raises(WrongPassword):
                account.change_password("not the password", NEW, by=sari, address="10.0.0.1")

        with pytest.raises(TooManyFailures, match="wait 2 s"):
            account.change_password(PASSWORD, NEW, by=sari, address="10.0.0.1")
        clock.turn(seconds=2)
        account.change_password(PASSWORD, NEW, by=sari, address="10.0.0.1")

    def test_without_a_login_there_is_nothing_to_change(self, account: OwnAccount):
        with pytest.raises(NotLoggedIn):
            account.change_password(PASSWORD, NEW, by=None, address=None)


class TestSessions:
    def test_one_browser_is_logged_out_and_the_other_stays(
        self, account: OwnAccount, sari: Principal, server: Flask, log_in: Any
    ):
        office, phone = server.test_client(), server.test_client()
        for browser, agent in ((office, "Office"), (phone, "Phone")):
            browser.environ_base["HTTP_USER_AGENT"] = agent
            log_in(browser)
        handles = {one.user_agent: one.handle for one in account.sessions(by=sari)}

        account.end_session(handles["Phone"], by=sari)

        assert phone.get("/_dash-layout").status_code == 401
        assert office.get("/_dash-layout").status_code == 200

    def test_nobody_ends_the_sessions_of_others(
        self, account: OwnAccount, sari: Principal, admin: Principal, engine: Engine, clock: Any
    ):
        with session_scope(engine) as session:
            start_session(session, admin.id, b"a" * 32, now=clock(), expires_at=clock() + timedelta(days=1))

        account.end_session("61" * 8, by=sari)

        assert [one.handle for one in account.sessions(by=admin)] == ["61" * 8]


class TestPreferences:
    def test_language_and_time_zone_are_kept(self, account: OwnAccount, sari: Principal, engine: Engine):
        account.prefer(language="id", time_zone="Asia/Makassar", by=sari)

        with session_scope(engine) as session:
            user = find_user(session, "sari")
        assert user is not None
        assert (user.language, user.time_zone) == ("id", "Asia/Makassar")

    def test_a_time_zone_that_is_none_is_refused(self, account: OwnAccount, sari: Principal):
        with pytest.raises(UnknownTimeZone, match="'Bandung' is no time zone"):
            account.prefer(language=None, time_zone="Bandung", by=sari)


class TestUnit:
    def test_the_unit_is_kept_with_the_account(self, account: OwnAccount, sari: Principal, engine: Engine):
        account.prefer_unit("ms-cm", by=sari)

        with session_scope(engine) as session:
            assert find_user(session, "sari").unit == "ms-cm"

    @pytest.mark.parametrize("unit", ["", "ppm", "ppm600", "'; DROP TABLE users"])
    def test_what_is_no_unit_changes_nothing(self, account: OwnAccount, sari: Principal, engine: Engine, unit: str):
        account.prefer_unit(unit, by=sari)

        with session_scope(engine) as session:
            assert find_user(session, "sari").unit is None

    def test_nobody_has_a_unit_to_change(self, account: OwnAccount):
        with pytest.raises(NotLoggedIn):
            account.prefer_unit("ms-cm", by=None)

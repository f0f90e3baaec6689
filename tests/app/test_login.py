"""Logging in and out, sessions, and what slows down guessing."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from app.server import create_server
from app.settings import Settings
from models.db import session_scope
from models.write.people import disable_user, set_password

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
WRONG = "wrong password!"
LogIn = Callable[..., TestResponse]


def is_in(client: FlaskClient) -> bool:
    return client.get("/_dash-layout").status_code == 200


def rows(engine: Engine, query: str) -> list[tuple]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


class TestLoggingIn:
    def test_the_right_password_opens_the_server(self, client: FlaskClient, add_person: Any, log_in: LogIn):
        add_person("sari")

        answer = log_in(client)

        assert (answer.status_code, answer.location) == (303, "/")
        assert is_in(client)

    def test_one_arrives_where_one_wanted_to_go(self, client: FlaskClient, add_person: Any, log_in: LogIn):
        add_person("sari")
        page = client.get("/login?next=/devices/pi-2%3Frange%3D7d").text

        assert 'name="next" value="/devices/pi-2?range=7d"' in page
        assert log_in(client, next="/devices/pi-2?range=7d").location == "/devices/pi-2?range=7d"

    @pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
    def test_a_login_never_leads_to_another_site(
        self, client: FlaskClient, add_person: Any, log_in: LogIn, target: str
    ):
        add_person("sari")

        assert "evil" not in client.get("/login", query_string={"next": target}).text
        assert log_in(client, next=target).location == "/"

    @pytest.mark.parametrize(
        ("name", "password"),
        [("sari", WRONG), ("nobody", "correct horse battery"), ("sari", ""), ("", ""), ("sa\x00ri\u202e", WRONG)],
        ids=["wrong password", "unknown name", "no password", "nothing", "hostile name"],
    )
    def test_every_failure_gets_the_same_answer(
        self, client: FlaskClient, add_person: Any, log_in: LogIn, name: str, password: str
    ):
        add_person("sari")

        answer = log_in(client, name, password)

        assert answer.status_code == 403
        assert "Name or password is wrong." in answer.text
        assert not is_in(client)

    def test_the_name_is_found_however_it_is_typed(self, client: FlaskClient, add_person: Any, log_in: LogIn):
        add_person("sari")

        assert log_in(client, "  Sari ").status_code == 303

    def test_a_disabled_person_is_treated_as_unknown(
        self, client: FlaskClient, add_person: Any, log_in: LogIn, engine: Engine, clock: Any
    ):
        add_person("sari")
        with session_scope(engine) as session:
            disable_user(session, "sari", now=clock())

        assert log_in(client).status_code == 403

    def test_what_was_typed_as_name_is_shown_as_text(self, client: FlaskClient, log_in: LogIn):
        answer = log_in(client, "<script>alert(1)</script>", WRONG)

        assert "<script>" not in answer.text
        assert "&lt;script&gt;" in answer.text

    def test_a_form_without_our_token_is_refused(self, client: FlaskClient, add_person: Any, log_in: LogIn):
        add_person("sari")

        assert log_in(client, token="guessed").status_code == 400
        assert client.post("/login", data={"name": "sari"}, headers=OWN_PAGE).status_code == 400
        assert not is_in(client)

    def test_a_token_of_another_browser_is_refused(self, server: Flask, add_person: Any, log_in: LogIn):
        add_person("sari")
        stolen = re.search(r'name="token" value="([^"]+)"', server.test_client().get("/login").text)[1]

        assert log_in(server.test_client(), token=stolen).status_code == 400

    def test_success_and_failure_are_on_record(
        self, client: FlaskClient, add_person: Any, log_in: LogIn, engine: Engine
    ):
        add_person("sari")
        log_in(client, password=WRONG)
        log_in(client)

        assert rows(engine, "SELECT actor, action, host(address::inet) FROM audit_log ORDER BY id") == [
            ("sari", "login-failed", "127.0.0.1"),
            ("sari", "login", "127.0.0.1"),
        ]


class TestSessions:
    def test_the_cookie_is_not_for_scripts_and_not_for_other_sites(
        self, client: FlaskClient, add_person: Any, log_in: LogIn
    ):
        add_person("sari")

        cookie = next(line for line in log_in(client).headers.getlist("Set-Cookie") if line.startswith("hf="))

        assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"} <= set(cookie.split("; "))
        assert len(cookie.split("=")[1].split(";")[0]) == 43  # 256 bits

    def test_behind_tls_the_cookie_is_pinned_to_this_host(
        self, settings: Settings, engine: Engine, clock: Any, add_person: Any, log_in: LogIn
    ):
        add_person("sari")
        secure = create_server(settings.model_copy(update={"secure_cookies": True}), engine, clock=clock)
        client = secure.test_client()
        client.environ_base["wsgi.url_scheme"] = "https"

        answer = log_in(client)

        cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("__Host-hf="))
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"

    def test_the_database_holds_only_the_hash_of_the_cookie(self, viewer: FlaskClient, engine: Engine):
        token = viewer.get_cookie("hf").value

        assert rows(engine, "SELECT digest FROM sessions") == [(hashlib.sha256(token.encode()).digest(),)]

    def test_logging_in_again_ends_the_session_that_the_browser_came_with(
        self, server: Flask, viewer: FlaskClient, log_in: LogIn
    ):
        before = viewer.get_cookie("hf").value
        log_in(viewer)
        old = server.test_client()
        old.set_cookie("hf", before)

        assert viewer.get_cookie("hf").value != before
        assert is_in(viewer)
        assert not is_in(old)

    def test_a_cookie_planted_before_the_login_is_not_taken_over(
        self, client: FlaskClient, add_person: Any, log_in: LogIn
    ):
        add_person("sari")
        client.set_cookie("hf", "planted")

        log_in(client)

        assert client.get_cookie("hf").value != "planted"

    def test_twelve_idle_hours_end_a_session(self, viewer: FlaskClient, clock: Any):
        clock.turn(hours=11, minutes=59)
        assert is_in(viewer)
        clock.turn(hours=12)
        assert not is_in(viewer)

    def test_seven_days_end_a_session_however_busy(self, viewer: FlaskClient, clock: Any):
        for _ in range(16):  # every ten hours: up to six days and sixteen hours
            clock.turn(hours=10)
            assert is_in(viewer)
        clock.turn(hours=8)

        assert not is_in(viewer)

    def test_use_is_written_down_at_most_once_a_minute(self, viewer: FlaskClient, clock: Any, engine: Engine):
        query = "SELECT extract(epoch FROM last_used_at - created_at)::int FROM sessions"
        seen = []
        for _ in range(4):
            clock.turn(seconds=30)
            is_in(viewer)
            seen += rows(engine, query)

        assert seen == [(0,), (60,), (60,), (120,)]

    def test_a_new_password_logs_out_everywhere(self, viewer: FlaskClient, engine: Engine, password_hash: str):
        with session_scope(engine) as session:
            set_password(session, "sari", password_hash)

        assert not is_in(viewer)

    def test_logging_out_ends_the_session_on_the_server(self, server: Flask, viewer: FlaskClient, engine: Engine):
        kept = server.test_client()
        kept.set_cookie("hf", viewer.get_cookie("hf").value)

        answer = viewer.post("/logout", headers=OWN_PAGE)

        assert (answer.status_code, answer.location) == (303, "/login")
        assert viewer.get_cookie("hf") is None
        assert not is_in(kept)
        assert rows(engine, "SELECT count(*) FROM sessions") == [(0,)]

    def test_logging_out_takes_a_form_not_a_link(self, viewer: FlaskClient):
        viewer.get("/logout")

        assert is_in(viewer)


class TestGuessing:
    def fail(self, client: FlaskClient, log_in: LogIn, times: int, name: str = "sari") -> TestResponse:
        return [log_in(client, name, WRONG) for _ in range(times)][-1]

    def test_the_fifth_failure_makes_the_account_wait(
        self, client: FlaskClient, add_person: Any, log_in: LogIn, clock: Any
    ):
        add_person("sari")
        assert self.fail(client, log_in, 5).status_code == 403

        refused = log_in(client)

        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
        assert "Please wait 2 seconds" in refused.text

    def test_nobody_is_locked_out_for_good(self, client: FlaskClient, add_person: Any, log_in: LogIn, clock: Any):
        add_person("sari")
        self.fail(client, log_in, 5)
        clock.turn(seconds=2)

        assert log_in(client).status_code == 303

    def test_a_refused_try_does_not_lengthen_the_wait(
        self, client: FlaskClient, add_person: Any, log_in: LogIn, clock: Any
    ):
        add_person("sari")
        self.fail(client, log_in, 5)

        assert self.fail(client, log_in, 3).headers["Retry-After"] == "2"

    def test_a_success_forgives_the_failures_before_it(
        self, client: FlaskClient, add_person: Any, log_in: LogIn, clock: Any
    ):
        add_person("sari")
        self.fail(client, log_in, 4)
        log_in(client)

        assert self.fail(client, log_in, 4).status_code == 403

    def test_an_unknown_account_waits_like_a_known_one(self, client: FlaskClient, log_in: LogIn):
        self.fail(client, log_in, 5, "nobody")

        assert log_in(client, "nobody").headers["Retry-After"] == "2"

    def test_somebody_elsewhere_is_not_held_up(self, server: Flask, add_person: Any, log_in: LogIn):
        add_person("sari")
        self.fail(server.test_client(), log_in, 6)
        elsewhere = server.test_client()
        elsewhere.environ_base["REMOTE_ADDR"] = "10.9.8.7"

        assert log_in(elsewhere).status_code == 303

    def test_trying_many_accounts_from_one_network_is_slowed_down_too(
        self, server: Flask, add_person: Any, log_in: LogIn
    ):
        add_person("sari")
        for number in range(20):
            client = server.test_client()
            client.environ_base["REMOTE_ADDR"] = f"10.0.0.{number + 1}"
            log_in(client, f"guess-{number}", WRONG)

        refused = log_in(client, "sari")

        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "300")


class TestLanguage:
    def test_the_login_page_speaks_the_browsers_language(self, client: FlaskClient):
        page = client.get("/login", headers={"Accept-Language": "id"}).text

        assert '<html lang="id">' in page
        assert "Kata sandi" in page

    def test_a_choice_is_kept_in_a_cookie_before_the_login(self, client: FlaskClient):
        answer = client.post(
            "/language",
            data={"language": "id"},
            headers={**OWN_PAGE, "Referer": "http://localhost/login?next=/devices/pi-2"},
        )

        assert (answer.status_code, answer.location) == (303, "/login?next=/devices/pi-2")
        assert "Kata sandi" in client.get("/login").text

    def test_a_choice_is_kept_with_the_account(self, server: Flask, viewer: FlaskClient, log_in: LogIn):
        viewer.post("/language", data={"language": "id"}, headers=OWN_PAGE)
        other_browser = server.test_client()
        other_browser.set_cookie("hf", viewer.get_cookie("hf").value)

        assert '<html lang="id">' in other_browser.get("/").text

    def test_an_unknown_language_changes_nothing(self, client: FlaskClient):
        answer = client.post("/language", data={"language": "xx\r\nSet-Cookie: a=b"}, headers=OWN_PAGE)

        assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (303, [])

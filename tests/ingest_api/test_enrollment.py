"""``POST /enroll`` and ``POST /device/token`` as a Pi sees them."""

import hashlib
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from models.db import session_scope
from models.read.audit import AuditQuery, search_audit
from models.read.enrollment import find_key, list_pending
from models.tokens import Token, TokenKind, make_token
from models.write.devices import set_status
from models.write.enrollment import approve
from models.write.enrollment_keys import add_key, revoke_key
from models.write.rotation import ask_for_rotation

READING = {"seq": 1, "ts": "2026-11-23T00:29:50Z", "ph": 6.1, "ec_us_cm": 1500.0, "water_c": 21.0}


@dataclass
class Desk:
    """A key, and Pis that show it."""

    api: Any
    key: Token = field(default_factory=lambda: make_token(TokenKind.ENROLLMENT))

    def open(self, max_uses: int = 3) -> None:
        with session_scope(self.api.engine) as session:
            expires_at = self.api.now + timedelta(days=7)
            add_key(session, self.key, max_uses=max_uses, expires_at=expires_at, now=self.api.now)

    def ask(self, serial: str, token: Token, *, key: str | None = None, **more: Any) -> TestResponse:
        body = {"serial": serial, "token_id": token.id, "token_sha256": digest(token), **more}
        headers = {"Authorization": f"Bearer {self.key.text if key is None else key}"}
        return self.api.client.post("/api/v1/enroll", json=body, headers=headers)

    def post(self, token: Token, **headers: str) -> TestResponse:
        given = {"Authorization": f"Bearer {token.text}", **headers}
        return self.api.client.post("/api/v1/readings", json=READING, headers=given)

    @property
    def uses(self) -> int:
        with session_scope(self.api.engine) as session:
            found = find_key(session, self.key.id)
        assert found is not None
        return found.key.uses


def digest(token: Token) -> str:
    return hashlib.sha256(token.text.encode()).hexdigest()


def slug(answer: TestResponse) -> str:
    return answer.json["type"].rsplit("/", 1)[-1]


def token() -> Token:
    return make_token(TokenKind.DEVICE)


@pytest.fixture
def desk(api) -> Desk:
    opened = Desk(api)
    opened.open()
    return opened


def test_a_new_pi_is_told_its_name_and_its_token_works_at_once(desk: Desk):
    mine = token()

    answer = desk.ask("a1a1a1a1", mine, model="Raspberry Pi Zero 2 W", hostname="raspberrypi")

    assert (answer.status_code, answer.json["name"]) == (201, "pi-1")
    assert answer.json["config"] == {"name": "pi-1", "interval_s": 60}
    assert desk.post(mine).status_code == 200


def test_asked_again_it_answers_200_and_the_key_is_used_once(desk: Desk):
    mine = token()
    desk.ask("a1a1a1a1", mine)

    again = desk.ask("a1a1a1a1", mine)

    assert (again.status_code, again.json["name"], desk.uses) == (200, "pi-1", 1)


def test_a_new_card_waits_and_is_told_when_to_ask_again(desk: Desk):
    old, new = token(), token()
    desk.ask("a1a1a1a1", old)

    answer = desk.ask("a1a1a1a1", new)

    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "60")
    assert answer.json == {"state": "pending", "server_time": "2026-11-23T00:30:00.000Z"}
    assert desk.post(new).status_code == 401


def test_once_approved_the_old_card_is_dead_within_a_second(desk: Desk):
    old, new = token(), token()
    desk.ask("a1a1a1a1", old)
    desk.ask("a1a1a1a1", new)
    assert desk.post(old).status_code == 200

    with session_scope(desk.api.engine) as session:
        approve(session, list_pending(session)[0], decided_by=None, now=desk.api.now)
    approved_at = time.monotonic()

    while desk.post(old).status_code != 401:
        assert time.monotonic() - approved_at < 1
    assert desk.ask("a1a1a1a1", new).status_code == 200
    assert desk.post(new).json["duplicates"] == 1  # the history is the same device's


@pytest.mark.parametrize("ending", ["unknown", "wrong secret", "expired", "revoked", "device token", "nothing"])
def test_a_key_that_does_not_open_gets_one_and_the_same_answer(desk: Desk, ending: str):
    keys = {
        "unknown": make_token(TokenKind.ENROLLMENT).text,
        "wrong secret": desk.key.text[:-4] + "AAAA",
        "device token": token().text,
        "nothing": "",
    }
    if ending == "expired":
        desk.api.now += timedelta(days=7)
    if ending == "revoked":
        with session_scope(desk.api.engine) as session:
            revoke_key(session, desk.key.id, now=desk.api.now)

    answer = desk.ask("a1a1a1a1", token(), key=keys.get(ending))

    assert (answer.status_code, slug(answer)) == (401, "unauthorized")
    assert answer.json["detail"] == "the request carries no credential that is valid here"


def test_a_full_key_answers_403(desk: Desk):
    for serial in ("a1a1a1a1", "b2b2b2b2", "c3c3c3c3"):
        assert desk.ask(serial, token()).status_code == 201

    answer = desk.ask("d4d4d4d4", token())

    assert (answer.status_code, slug(answer), desk.uses) == (403, "enrollment-full", 3)


def test_a_copied_card_answers_409_and_posts_nothing(desk: Desk):
    copied = token()
    desk.ask("a1a1a1a1", copied)

    answer = desk.ask("b2b2b2b2", copied)
    posted = desk.post(copied, **{"X-Device-Serial": "b2b2b2b2"})

    assert (answer.status_code, slug(answer)) == (409, "clone-detected")
    assert (posted.status_code, slug(posted)) == (403, "other-board")
    assert desk.post(copied, **{"X-Device-Serial": "a1a1a1a1"}).json["accepted"] == 1


def test_a_blocked_pi_answers_403(desk: Desk):
    mine = token()
    desk.ask("a1a1a1a1", mine)
    with session_scope(desk.api.engine) as session:
        set_status(session, 1, "blocked")

    answer = desk.ask("a1a1a1a1", token())

    assert (answer.status_code, slug(answer)) == (403, "device-blocked")


@pytest.mark.parametrize(
    ("field_name", "value", "pointer"),
    [
        ("serial", "", "/serial"),
        ("serial", "00000000", "/serial"),
        ("serial", "A1B2C3D4", "/serial"),
        ("serial", "a1a1a1a1\n", "/serial"),
        ("serial", 7, "/serial"),
        ("token_sha256", "abc", "/token_sha256"),
        ("token_id", "../../etc", "/token_id"),
        ("hostname", "x" * 200, "/hostname"),
        ("hostname", "a\x1b[31m", "/hostname"),
        ("serial_source", "guess", "/serial_source"),
    ],
)
def test_a_body_of_another_shape_is_refused_with_the_field(desk: Desk, field_name: str, value: Any, pointer: str):
    body = {"serial": "a1a1a1a1", "token_id": "abcdefgh", "token_sha256": "0" * 64, field_name: value}
    headers = {"Authorization": f"Bearer {desk.key.text}"}

    answer = desk.api.client.post("/api/v1/enroll", json=body, headers=headers)

    assert (answer.status_code, slug(answer)) == (422, "invalid-body")
    assert answer.json["errors"][0]["pointer"] == pointer
    assert desk.uses == 0


def test_guessing_is_slowed_down_and_those_with_a_key_go_on(desk: Desk):
    wrong = make_token(TokenKind.ENROLLMENT).text

    guesses = [desk.ask("a1a1a1a1", token(), key=wrong).status_code for _ in range(12)]

    assert guesses == [401] * 10 + [429] * 2
    assert desk.ask("a1a1a1a1", token()).status_code == 201
    desk.api.now += timedelta(minutes=1)
    assert desk.ask("b2b2b2b2", token(), key=wrong).status_code == 401


def test_a_guess_that_is_turned_away_says_when_to_come_back(desk: Desk):
    for _ in range(11):
        answer = desk.ask("a1a1a1a1", token(), key=make_token(TokenKind.ENROLLMENT).text)

    assert (slug(answer), answer.headers["Retry-After"]) == ("too-many-attempts", "60")


def test_a_hundred_wrong_keys_of_one_address_in_a_day_raise_the_alarm_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
):
    def guess_ten_times() -> None:
        for _ in range(10):
            assert desk.ask("a1a1a1a1", token(), key=wrong).status_code == 401
        desk.api.now += timedelta(minutes=2)

    def alarms() -> list[Any]:
        with session_scope(desk.api.engine) as session:
            return search_audit(session, AuditQuery(action="many-wrong-enrollment-keys"))

    wrong = make_token(TokenKind.ENROLLMENT).text
    for _ in range(9):
        guess_ten_times()
    assert alarms() == []
    for _ in range(2):
        guess_ten_times()

    (alarm,) = alarms()
    assert (alarm.object_id, alarm.details) == ("127.0.0.1", {"wrong_keys": 100})
    assert [entry.message for entry in caplog.records if "wrong enrollment keys" in entry.message] == [
        "100 wrong enrollment keys came from 127.0.0.1 within a day"
    ]


def test_a_pi_that_is_asked_to_replaces_its_token(desk: Desk):
    old, new = token(), token()
    desk.ask("a1a1a1a1", old)
    with session_scope(desk.api.engine) as session:
        ask_for_rotation(session, [1], now=desk.api.now)
    assert desk.post(old).json["config"]["rotate_token"] is True

    for _ in range(2):  # the first answer was lost
        answer = rotate(desk, old, new)
        assert (answer.status_code, answer.json["old_ends_at"]) == (200, "2026-11-24T00:30:00.000Z")

    assert desk.post(old).status_code == 200
    assert "rotate_token" not in desk.post(new).json["config"]
    used_at = time.monotonic()
    while desk.post(old).status_code != 401:
        assert time.monotonic() - used_at < 1


def test_the_old_token_ends_after_a_day_even_if_the_new_one_is_never_used(desk: Desk):
    old, new = token(), token()
    desk.ask("a1a1a1a1", old)
    rotate(desk, old, new)

    desk.api.now += timedelta(hours=24)

    asked_at = time.monotonic()
    while desk.post(old).status_code != 401:
        assert time.monotonic() - asked_at < 1
    assert desk.post(new).status_code == 200


def test_the_token_of_another_device_is_no_replacement(desk: Desk):
    one, other = token(), token()
    desk.ask("a1a1a1a1", one)
    desk.ask("b2b2b2b2", other)

    answer = rotate(desk, one, other)

    assert (answer.status_code, slug(answer)) == (409, "clone-detected")


def rotate(desk: Desk, old: Token, new: Token) -> TestResponse:
    body = {"token_id": new.id, "token_sha256": digest(new)}
    return desk.api.client.post("/api/v1/device/token", json=body, headers={"Authorization": f"Bearer {old.text}"})

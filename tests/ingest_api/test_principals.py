"""Each kind of credential opens its own routes and no others; what is revoked is refused within a second."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Lock, Semaphore
from types import SimpleNamespace

import pytest
from flask import Flask, g, request
from sqlalchemy import insert, update

from ingest_api import create_blueprint
from ingest_api.admission import Admits, admits
from ingest_api.principals import current_device, current_enrollment_key, current_principal, current_reader
from models.db import session_scope
from models.roles import Role
from models.tables import EnrollmentKey, ReadToken
from models.tokens import TokenKind, make_token
from models.write.devices import revoke_tokens

KINDS = ("device", "enrollment key", "read token", "person")


@pytest.fixture
def gate(api, pi):
    """An application with one route for every kind of principal, and a credential of each kind."""
    app, logged_in = Flask("test"), SimpleNamespace(name="sari", role=Role.AGRONOMIST)
    with session_scope(api.engine) as session:
        tokens = {kind: make_token(kind) for kind in (TokenKind.ENROLLMENT, TokenKind.READ)}
        key, reader = tokens[TokenKind.ENROLLMENT], tokens[TokenKind.READ]
        expires_at = api.now + timedelta(days=7)
        session.execute(insert(EnrollmentKey).values(id=key.id, digest=key.digest, max_uses=99, expires_at=expires_at))
        session.execute(
            insert(ReadToken).values(
                id=reader.id, digest=reader.digest, note="notebook", device_ids=[pi.record.id], expires_at=expires_at
            )
        )

    def add_routes(blueprint):
        @blueprint.route("/for-devices", methods=["GET", "POST"])
        @admits(Admits.DEVICE)
        def for_devices():
            return current_device().name

        @blueprint.route("/for-keys", methods=["GET", "POST"])
        @admits(Admits.ENROLLMENT_KEY)
        def for_keys():
            return current_enrollment_key().id

        @blueprint.route("/for-readers", methods=["GET", "POST"])
        @admits(Admits.READER | Admits.PERSON)
        def for_readers():
            return f"{current_principal().kind} {current_reader().may_read('pi-7')} {current_reader().may_read('pi-8')}"

        @blueprint.route("/for-people", methods=["GET", "POST"])
        @admits(Admits.PERSON)
        def for_people():
            return current_principal().id

        @blueprint.get("/for-admins")
        @admits(Admits.PERSON, role=Role.ADMIN)
        def for_admins():
            return "secrets"

    @app.before_request
    def log_in():
        g.logged_in = "logged-in" in request.cookies

    def person():
        return logged_in if g.logged_in else None

    app.register_blueprint(create_blueprint(api.engine, clock=lambda: api.now, person=person, extend=add_routes))
    texts = {"device": pi.token.text, "enrollment key": key.text, "read token": reader.text}

    def ask(kind, path, method="GET", scheme="Bearer", **headers):
        client = app.test_client()
        if kind == "person":
            client.set_cookie("logged-in", "yes")
        else:
            headers["Authorization"] = f"{scheme} {texts[kind]}"
        return client.open(f"/api/v1/{path}", method=method, headers=headers)

    return ask


@pytest.mark.parametrize(
    ("path", "admitted"),
    [
        ("for-devices", {"device"}),
        ("for-keys", {"enrollment key"}),
        ("for-readers", {"read token", "person"}),
        ("for-people", {"person"}),
    ],
)
def test_a_route_admits_the_kinds_it_names_and_answers_all_others_alike(gate, path, admitted):
    answers = {kind: gate(kind, path) for kind in KINDS}

    assert {kind for kind, answer in answers.items() if answer.status_code == 200} == admitted
    refusals = [answer.get_json() for kind, answer in answers.items() if kind not in admitted]
    assert {refusal["status"] for refusal in refusals} == {401}
    assert len({refusal["detail"] for refusal in refusals}) == 1


def test_a_read_token_sees_the_devices_it_is_limited_to_and_a_person_sees_all(gate):
    assert gate("read token", "for-readers").text == "read-token True False"
    assert gate("person", "for-readers").text == "person True True"


def test_a_token_is_taken_under_the_word_that_influxdb_clients_use(gate):
    assert gate("device", "for-devices", scheme="Token").text == "pi-7"


def test_a_read_token_changes_nothing(gate):
    assert gate("read token", "for-readers", method="POST").status_code == 403


def test_a_person_may_do_what_the_role_allows(gate):
    answer = gate("person", "for-admins")

    assert answer.status_code == 403
    assert answer.get_json()["detail"] == "this takes the role admin; sari is agronomist"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({}, 403),
    ],
)
def test_a_person_changes_something_only_from_our_own_pages(gate, headers, status):
    assert gate("person", "for-people", method="POST", **headers).status_code == status


def test_a_token_decides_even_where_a_person_is_logged_in(gate):
    assert gate("person", "for-readers", Authorization="Bearer x").status_code == 401


@pytest.mark.parametrize(
    ("kind", "path", "table"),
    [
        ("enrollment key", "for-keys", EnrollmentKey),
        ("read token", "for-readers", ReadToken),
    ],
)
@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
def test_a_credential_that_is_revoked_or_expired_opens_nothing(gate, api, kind, path, table, column):
    with session_scope(api.engine) as session:
        session.execute(update(table).values({column: api.now}))

    assert gate(kind, path).status_code == 401


def test_revoking_a_token_stops_ten_clients_within_a_second(api, pi, served):
    revoked_at, lock = [float("inf")], Lock()
    stamps = (api.now - timedelta(days=1) + timedelta(seconds=n) for n in range(10**9))

    def post_until_a_second_is_over(_):
        """Give the moments of the answers since the revocation, by status."""
        answered = {200: [], 401: []}
        while time.monotonic() < revoked_at[0] + 1.5:
            with lock:
                ts = next(stamps).isoformat()
            answer = served.post("/api/v1/readings", json={"readings": [{"ts": ts, "ph": 6.0}]}, headers=pi.headers)
            answered[answer.status_code].append(time.monotonic())
            ten_posted.release()
        return answered

    ten_posted = Semaphore(0)
    with ThreadPoolExecutor(10) as clients:
        running = clients.map(post_until_a_second_is_over, range(10))
        for _ in range(20):
            ten_posted.acquire(timeout=10)
        with session_scope(api.engine) as session:
            revoke_tokens(session, pi.record.id, api.now)
        revoked_at[0] = time.monotonic()
        answered = list(running)

    assert all(each[401] for each in answered)
    assert max(max(each[200], default=0) for each in answered) < revoked_at[0] + 1

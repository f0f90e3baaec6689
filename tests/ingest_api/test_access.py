"""Who gets in, and what everybody else is told."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from ingest_api.problems import PROBLEM_TYPES
from models.db import session_scope
from models.tables import Device
from models.tokens import TokenKind, make_token
from models.write.devices import add_token

BODY = {"readings": [{"ts": "2026-11-23T00:29:50Z", "ph": 6.0}]}


def post(api, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    return api.client.post("/api/v1/readings", json=BODY, headers=headers)


def other_secret(token):
    return token.text[:-4] + ("AAAA" if not token.text.endswith("AAAA") else "BBBB")


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: None,
        lambda token: "",
        lambda token: "Bearer",
        lambda token: "Bearer ",
        lambda token: f"Bearer {token.text[:-1]}",
        lambda token: f"Bearer {token.text}x",
        lambda token: f"Bearer {other_secret(token)}",
        lambda token: f"Bearer {token.id}",
        lambda token: f"Bearer {token.text.replace('hfd_', 'hfr_')}",
        lambda token: f"Bearer {make_token(TokenKind.DEVICE).text}",
        lambda token: f"Bearer {make_token(TokenKind.ENROLLMENT).text}",
        lambda token: f"Basic {token.text}",
        lambda token: token.text,
        lambda token: "Bearer \xff\xfe",
        lambda token: "Bearer " + "A" * 10_000,
        lambda token: "Bearer ' OR 1=1 --",
    ],
)
def test_without_a_live_device_token_nothing_is_stored(lasting_api, lasting_pi, forge):
    answer = post(lasting_api, forge(lasting_pi.token))

    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="hydrofleet"'
    assert answer.get_json()["type"] == "/api/v1/problems/unauthorized"
    with lasting_api.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM readings")).scalar_one() == 0


def test_every_refusal_reads_the_same(lasting_api, lasting_pi):
    answers = [
        post(lasting_api, None),
        post(lasting_api, f"Bearer {other_secret(lasting_pi.token)}"),
        post(lasting_api, "Bearer x"),
    ]

    bodies = [answer.get_json() for answer in answers]
    assert all({**body, "request_id": ""} == {**bodies[0], "request_id": ""} for body in bodies)


def test_the_scheme_is_read_without_regard_to_case(api, pi):
    assert post(api, f"bearer {pi.token.text}").status_code == 200


def test_an_expired_token_is_refused(api, pi):
    token = make_token(TokenKind.DEVICE)
    with session_scope(api.engine) as session:
        add_token(session, pi.record.id, token.id, token.digest, now=api.now, expires_at=api.now)

    assert post(api, f"Bearer {token.text}").status_code == 401
    api.now -= timedelta(seconds=1)
    assert post(api, f"Bearer {token.text}").status_code == 200


@pytest.mark.parametrize("status", ["blocked", "retired"])
def test_a_device_that_may_not_send_is_told_so(api, pi, status):
    with session_scope(api.engine) as session:
        session.execute(update(Device).values(status=status))

    answer = post(api, pi.headers["Authorization"])

    assert (answer.status_code, answer.get_json()["type"]) == (403, "/api/v1/problems/device-blocked")
    assert answer.get_json()["detail"] == f"pi-7 is {status}"


def test_a_logged_in_person_cannot_post_readings(api):
    api.is_person = True

    assert post(api, None).status_code == 401


def test_a_route_that_names_nobody_is_closed_to_everybody(api, pi):
    api.app.blueprints["api"]._got_registered_once = False
    api.app.blueprints["api"].add_url_rule("/forgotten", "forgotten", lambda: "secret")
    api.app.register_blueprint(api.app.blueprints["api"], name="again", url_prefix="/api/v1/again")
    api.is_person = True

    answer = api.client.get("/api/v1/again/forgotten", headers=pi.headers)

    assert (answer.status_code, answer.get_json()["type"]) == (403, "/api/v1/problems/forbidden")


def test_a_device_reads_its_own_configuration(api, pi):
    answer = api.client.get("/api/v1/device/config", headers=pi.headers)

    assert answer.get_json() == {
        "config": {"name": "pi-7", "interval_s": 60},
        "server_time": "2026-11-23T00:30:00.000Z",
    }
    assert api.client.get("/api/v1/device/config").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/api/v1/nowhere", 404, "not-found"),
        ("GET", "/api/", 404, "not-found"),
        ("POST", "/api/v2/anything", 404, "not-found"),
        ("PUT", "/api/v1/readings", 405, "method-not-allowed"),
        ("DELETE", "/api/v1/device/config", 405, "method-not-allowed"),
        ("GET", "/api/v1/problems/nonsense", 404, "not-found"),
    ],
)
def test_wrong_addresses_and_methods_are_problems_too(lasting_api, method, path, status, slug):
    answer = lasting_api.client.open(path, method=method)

    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.get_json()["type"] == f"/api/v1/problems/{slug}"


def test_a_wrong_method_is_told_the_right_ones(lasting_api):
    assert "POST" in lasting_api.client.put("/api/v1/readings").headers["Allow"]


def test_pages_keep_their_own_errors(lasting_api):
    assert lasting_api.client.get("/nowhere").content_type == "text/html; charset=utf-8"


@pytest.mark.parametrize("slug", sorted(PROBLEM_TYPES))
def test_every_type_of_problem_explains_itself_to_anybody(lasting_api, slug):
    body = lasting_api.client.get(f"/api/v1/problems/{slug}").get_json()

    assert body["type"] == f"/api/v1/problems/{slug}"
    assert body["status"] == PROBLEM_TYPES[slug].status
    assert body["remedy"]


def test_a_problem_carries_the_request_id_of_its_response(lasting_api):
    answer = lasting_api.client.get("/api/v1/nowhere")

    assert len(answer.get_json()["request_id"]) == 16
    assert answer.headers["X-Request-ID"] == answer.get_json()["request_id"]

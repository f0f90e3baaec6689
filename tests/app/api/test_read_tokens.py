"""Read tokens: made by administrators, reading what they may, until they end."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from models.db import session_scope
from models.write.devices import register_device

NEW = {"note": "notebook of Sari", "expires_at": "2026-12-23T07:30:00+07:00"}


@pytest.fixture
def tanks(engine, now):
    with session_scope(engine) as session:
        for number in (1, 2, 10):
            register_device(session, f"pi-{number}", now=now - timedelta(days=9))


def reading(server, token):
    return server.test_client().get("/api/v1/devices", headers={"Authorization": f"Bearer {token}"})


def test_a_token_reads_from_when_it_is_made_until_it_is_revoked(server, admin, tanks):
    made = admin.send("POST", "/read-tokens", NEW).get_json()
    assert made["token"].startswith(f"hfr_{made['id']}_")
    assert made["expires_at"] == "2026-12-23T00:30:00.000Z"
    assert len(reading(server, made["token"]).get_json()["devices"]) == 3

    assert admin.send("DELETE", f"/read-tokens/{made['id']}").status_code == 204

    assert reading(server, made["token"]).status_code == 401


def test_a_token_ends_by_itself(server, admin, clock, tanks):
    made = admin.send("POST", "/read-tokens", NEW).get_json()
    clock.turn(days=30)

    assert reading(server, made["token"]).status_code == 401


def test_a_token_of_some_devices_sees_no_other(program, tanks):
    limited = program(["pi-10", "pi-1"])

    assert [one["name"] for one in limited.get("/devices").get_json()["devices"]] == ["pi-1", "pi-10"]
    assert limited.get("/devices/pi-2").status_code == 404
    for path in ("/stats", "/heatmap"):
        assert [one["device"] for one in limited.get(path).get_json()["devices"]] == ["pi-1", "pi-10"]


@pytest.mark.parametrize("path", ["readings", "gaps", "calibrations"])
def test_a_device_that_may_not_be_read_is_as_unknown_as_one_that_is_not_there(program, tanks, path):
    limited = program(["pi-1"])

    answers = [limited.get(f"/devices/{name}/{path}") for name in ("pi-2", "pi-3")]

    assert [answer.get_json()["type"] for answer in answers] == ["/api/v1/problems/unknown-device"] * 2


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/targets"), ("DELETE", "/read-tokens/x"), ("POST", "/readings")]
)
def test_a_token_changes_nothing(program, method, path):
    assert program().send(method, path, {}).status_code == 401


def test_tokens_are_listed_without_their_secrets(admin, tanks):
    made = admin.send("POST", "/read-tokens", {**NEW, "devices": ["pi-10", "pi-2"]}).get_json()

    answer = admin.get("/read-tokens")

    assert made["token"] not in answer.text
    assert answer.get_json()["read_tokens"] == [
        {
            "id": made["id"],
            "note": "notebook of Sari",
            "devices": ["pi-2", "pi-10"],
            "created_by": "a-admin",
            "created_at": "2026-11-23T00:30:00.000Z",
            "expires_at": "2026-12-23T00:30:00.000Z",
            "revoked_at": None,
        }
    ]


@pytest.mark.parametrize(
    ("change", "status", "slug"),
    [
        ({"expires_at": "2026-11-23T00:30:00Z"}, 422, "refused"),
        ({"expires_at": "2027-11-25T00:30:00Z"}, 422, "refused"),
        ({"expires_at": "never"}, 422, "invalid-body"),
        ({"note": "  "}, 422, "refused"),
        ({"note": "\ud800"}, 422, "invalid-body"),
        ({"devices": []}, 422, "invalid-body"),
        ({"devices": ["pi-99"]}, 404, "unknown-device"),
        ({"forever": True}, 422, "invalid-body"),
    ],
)
def test_a_token_that_should_not_be_is_not_made(admin, engine, tanks, change, status, slug):
    answer = admin.send("POST", "/read-tokens", {**NEW, **change})

    assert (answer.status_code, answer.get_json()["type"]) == (status, f"/api/v1/problems/{slug}")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM read_tokens")).scalar_one() == 0


def test_an_expiry_has_to_be_given(admin):
    answer = admin.send("POST", "/read-tokens", {"note": "for ever"})

    assert answer.status_code == 422
    assert "expires_at" in answer.get_json()["detail"]


def test_making_and_revoking_are_on_record(admin, tanks):
    made = admin.send("POST", "/read-tokens", NEW).get_json()
    admin.send("DELETE", f"/read-tokens/{made['id']}")

    entries = admin.get(f"/audit?about={made['id']}").get_json()["entries"]

    assert [(one["actor"], one["action"]) for one in entries] == [
        ("a-admin", "revoke-read-token"),
        ("a-admin", "make-read-token"),
    ]
    assert entries[1]["details"]["expires_at"] == "2026-12-23T00:30:00+00:00"


@pytest.mark.parametrize("role", ["viewer", "agronomist"])
def test_others_are_told_that_they_may_not(person, role):
    caller = person(role)

    assert caller.get("/read-tokens").status_code == 403
    assert caller.send("POST", "/read-tokens", NEW).status_code == 403
    assert caller.get("/users").status_code == 403
    assert caller.get("/audit").status_code == 403


def test_a_token_that_is_not_there_cannot_be_revoked(admin):
    answer = admin.send("DELETE", "/read-tokens/nobody")

    assert (answer.status_code, answer.get_json()["type"]) == (404, "/api/v1/problems/unknown-item")


def test_a_page_of_somebody_else_cannot_change_anything(server, admin):
    headers = {**admin.headers, "Sec-Fetch-Site": "cross-site"}
    answer = admin.client.post("/api/v1/read-tokens", json=NEW, headers=headers)

    assert (answer.status_code, answer.get_json()["type"]) == (403, "/api/v1/problems/forbidden")

"""Held readings over HTTP, by those who may decide about them."""

from datetime import timedelta

import pytest

from models.db import session_scope
from models.tokens import TokenKind, make_token
from models.write.devices import add_token


@pytest.fixture
def send(server, engine, now, tank):
    token = make_token(TokenKind.DEVICE)
    with session_scope(engine) as session:
        add_token(session, tank.id, token.id, token.digest, now=now)

    def send(*stamps):
        body = {"readings": [{"ts": ts, "ph": 6.0} for ts in stamps]}
        return server.test_client().post(
            "/api/v1/readings", json=body, headers={"Authorization": f"Bearer {token.text}"}
        )

    return send


def slug(answer):
    return answer.get_json()["type"].rpartition("/")[2]


def test_a_run_is_listed_and_given_its_time(agronomist, send, now):
    assert send("1970-01-01T00:01:00Z", "1970-01-01T00:02:00Z").get_json()["quarantined"] == 2

    (run,) = agronomist.get("/quarantine").get_json()["runs"]
    assert run["device"] == "pi-7"
    assert (run["first_ts"], run["last_ts"]) == ("1970-01-01T00:01:00.000Z", "1970-01-01T00:02:00.000Z")

    answer = agronomist.send("POST", f"/quarantine/{run['id']}/retime", {"shift_s": run["behind_s"]})

    assert answer.get_json() == {"accepted": 2, "duplicates": 0, "conflicts": 0}
    (newest,) = agronomist.get("/readings/latest").get_json()["readings"]
    assert newest["ts"] == now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_shift_into_the_future_is_refused_with_the_time_it_would_be(agronomist, send, now):
    send((now + timedelta(days=400)).isoformat())
    (run,) = agronomist.get("/quarantine").get_json()["runs"]

    answer = agronomist.send("POST", f"/quarantine/{run['id']}/retime", {"shift_s": 0})

    assert (answer.status_code, slug(answer)) == (422, "refused")
    assert "2027-12-28T00:30:00.000Z, which is in the future" in answer.get_json()["detail"]


def test_a_run_is_left_out_once(agronomist, send):
    send("1970-01-01T00:01:00Z")
    (run,) = agronomist.get("/quarantine").get_json()["runs"]
    address, why = f"/quarantine/{run['id']}/drop", {"reason": "bench test"}

    assert agronomist.send("POST", address, why).get_json() == {"dropped": 1}
    again = agronomist.send("POST", address, why)
    assert (again.status_code, slug(again)) == (404, "unknown-item")

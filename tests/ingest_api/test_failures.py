"""The database away, slow or full: the sender is asked to come back, and nothing is stored by half."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text

from ingest_api import create_blueprint
from ingest_api.failures import retry_after
from models.db import make_engine, session_scope
from models.read.readings import count_readings

BODY = {"stream": "a", "readings": [{"seq": 1, "ts": "2026-11-23T00:29:50Z", "ph": 6.0}]}


def assert_comes_back(answer, slug):
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert answer.get_json()["type"] == f"/api/v1/problems/{slug}"
    assert 1 <= int(answer.headers["Retry-After"]) <= 15


def test_a_database_that_is_not_there_is_a_503(pi):
    app = Flask("test")
    nowhere = make_engine("postgresql://nobody@127.0.0.1:1/none")
    app.register_blueprint(create_blueprint(nowhere, clock=lambda: datetime(2026, 11, 23, tzinfo=UTC)))

    answer = app.test_client().post("/api/v1/readings", json=BODY, headers=pi.headers)

    assert_comes_back(answer, "database-unavailable")


def test_a_database_without_a_free_connection_is_a_503(api, pi, database_url):
    small = make_engine(database_url, pool_size=1)
    small.pool._timeout = 0.05
    small.pool._max_overflow = 0
    api.engine = small
    api.__post_init__()
    with small.connect():
        answer = api.post(pi, BODY)
    small.dispose()

    assert_comes_back(answer, "busy")


def test_a_locked_table_is_a_503_after_the_statement_timeout(api, pi, engine, database_url):
    impatient = make_engine(database_url, statement_timeout_s=0.2)
    api.engine = impatient
    api.__post_init__()
    with engine.begin() as other:
        other.execute(text("LOCK TABLE device_state"))
        answer = api.post(pi, BODY)
    impatient.dispose()

    assert_comes_back(answer, "database-unavailable")
    with session_scope(engine) as session:
        assert count_readings(session) == 0


def test_killed_connections_cost_no_request(api, pi, engine, database_url):
    assert api.post(pi, BODY).status_code == 200
    administration = make_engine(database_url)
    with administration.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid()"
            )
        )
    administration.dispose()

    assert api.post(pi, BODY).get_json()["duplicates"] == 1


def test_a_defect_of_our_own_is_a_500_with_a_request_id_and_without_details(api, pi, engine, caplog):
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE device_state RENAME TO mislaid"))

    answer = api.post(pi, BODY)

    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert "device_state" not in answer.text
    assert "device_state" in caplog.text
    with session_scope(engine) as session:
        assert count_readings(session) == 0


@pytest.mark.parametrize("_", range(20))
def test_senders_are_spread_when_they_come_back(_):
    assert 5 <= int(retry_after(5, 15)["Retry-After"]) <= 15

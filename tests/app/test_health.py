"""Whether the process answers, and whether it can do its work."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app.jobs.partitions import PartitionJob
from app.server import create_server
from app.settings import Settings
from models.db import make_engine

NOBODY_THERE = "postgresql://nobody@127.0.0.1:1/nothing"


def test_a_working_server_is_alive_and_ready(client: FlaskClient):
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "OK")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert (answer.json["ready"], answer.json["problem"]) == (True, None)
    assert (answer.json["checks"]["database"], answer.json["checks"]["disk"]) == ("ok", "ok")


def test_the_months_to_come_have_a_table_once_the_job_has_looked(client: FlaskClient, engine: Engine, clock):
    assert (
        client.get("/readyz").json["checks"]["partitions"] == "the readings of 2026-11 have no table of their own yet"
    )

    PartitionJob(engine, 3600, clock=clock).run_once()

    assert client.get("/readyz").json["checks"]["partitions"] == "ok"


def test_a_full_disk_is_not_ready(client: FlaskClient, monkeypatch):
    monkeypatch.setattr("app.health.DISK_FULL", 0.0)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "full; free some space" in answer.json["checks"]["disk"]


def test_without_its_database_a_server_is_alive_but_not_ready(settings: Settings):
    client = create_server(settings, make_engine(NOBODY_THERE)).test_client()

    answer = client.get("/readyz")

    assert client.get("/healthz").status_code == 200
    assert (answer.status_code, answer.json["problem"]) == (503, "the database does not answer")
    assert "127.0.0.1" not in answer.text


def test_a_database_of_another_version_is_not_ready_and_says_what_to_run(client: FlaskClient, engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "is at revision 0001" in answer.json["problem"]
    assert "hydrofleet db upgrade" in answer.json["problem"]


def test_without_its_database_a_page_asks_for_patience_and_the_log_says_why(
    settings: Settings, caplog: pytest.LogCaptureFixture
):
    client = create_server(settings, make_engine(NOBODY_THERE)).test_client()
    client.set_cookie("hf", "somebody")

    answer = client.get("/")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "127.0.0.1" not in answer.text
    assert any("does not answer at /: connection failed" in line for line in caplog.messages), caplog.messages

"""Figures for a monitoring system, and who may read them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.jobs.background import BackgroundJob
from app.server import create_server
from app.settings import InvalidSettings, Settings, load_settings
from models.db import make_engine, session_scope
from models.write.devices import issue_token, register_device

TOKEN = "a-token-of-more-than-twenty-letters"
ELSEWHERE = {"REMOTE_ADDR": "192.168.1.7"}


def figures(client: FlaskClient, **options) -> dict[str, float]:
    answer = client.get("/metrics", **options)
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.fixture
def token(engine: Engine, now) -> str:
    with session_scope(engine) as session:
        register_device(session, "pi-1", now=now)
        register_device(session, "pi-2", now=now)
        return issue_token(session, "pi-1", now=now)


def test_readings_are_counted_by_what_became_of_them(client: FlaskClient, token: str):
    body = {"readings": [{"ts": "2026-11-22T10:00:00Z", "ph": 6.1}, {"ts": "2026-11-22T10:01:00Z", "ph": 6.2}]}
    for _ in range(2):
        sent = client.post("/api/v1/readings", json=body, headers={"Authorization": f"Bearer {token}"})
        assert sent.status_code < 300, sent.text

    found = figures(client)

    outcomes = {name: found[f'hydrofleet_readings_total{{outcome="{name}"}}'] for name in ("accepted", "duplicates")}
    assert outcomes == {"accepted": 2, "duplicates": 2}
    assert found["hydrofleet_dirty_hours"] == 1
    assert found['hydrofleet_devices{state="live"}'] == 1
    assert found['hydrofleet_devices{state="silent"}'] == 1
    assert found["hydrofleet_ingest_lag_seconds"] == 0


def test_requests_are_counted_by_their_route_not_by_what_was_asked_for(client: FlaskClient):
    client.get("/api/v1/devices/pi-1/readings")
    client.get("/api/v1/devices/pi-2/readings")
    client.get("/nobody/knows/this")

    found = figures(client)

    routes = {name: value for name, value in found.items() if "seconds_count" in name and "request" in name}
    assert [value for name, value in routes.items() if "/devices/<name>/readings" in name] == [2]
    assert not any("pi-1" in name or "nobody" in name for name in found)


def test_without_the_database_the_rest_is_told(settings: Settings):
    server = create_server(settings, make_engine("postgresql://nobody@127.0.0.1:1/nothing"))

    found = figures(server.test_client())

    assert found["hydrofleet_database_up"] == 0
    assert found["hydrofleet_disk_free_bytes"] > 0


def test_the_rounds_of_jobs_are_told(settings: Settings, engine: Engine):
    job = BackgroundJob("rollups", lambda _: 1 / 0, engine=engine, interval_s=60)
    job.run_once()

    found = figures(create_server(settings, engine, jobs=[job]).test_client())

    assert found['hydrofleet_job_rounds_total{job="rollups"}'] == 1
    assert found['hydrofleet_job_failures_total{job="rollups"}'] == 1


def with_token(engine: Engine, tmp_path, **settings) -> FlaskClient:
    server: Flask = create_server(load_settings(data_dir=tmp_path, log_format="console", **settings), engine)
    return server.test_client()


def test_strangers_on_other_machines_learn_nothing(client: FlaskClient):
    answer = client.get("/metrics", environ_overrides=ELSEWHERE)

    assert (answer.status_code, answer.text) == (401, "")


def test_a_token_opens_the_figures_from_anywhere_and_is_asked_of_everybody(engine: Engine, tmp_path):
    client = with_token(engine, tmp_path, metrics_token=TOKEN)

    assert figures(client, headers={"Authorization": f"Bearer {TOKEN}"}, environ_overrides=ELSEWHERE)
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}x"}).status_code == 401


def test_behind_a_proxy_nobody_is_taken_for_local(engine: Engine, tmp_path):
    assert with_token(engine, tmp_path, trusted_proxy="127.0.0.1").get("/metrics").status_code == 401


def test_a_guessable_token_is_refused_and_not_repeated(tmp_path):
    with pytest.raises(InvalidSettings) as refused:
        load_settings(data_dir=tmp_path, metrics_token="short-secret")

    assert "HYDROFLEET_METRICS_TOKEN" in str(refused.value)
    assert "short-secret" not in str(refused.value)

"""The request log."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.observability import configure_logging, install_request_log


@pytest.fixture
def json_log() -> Iterator[None]:
    """Log as JSON lines on standard error, as a server does."""
    configure_logging("json")
    yield
    configure_logging("console")


@pytest.fixture
def client() -> FlaskClient:
    server = Flask("app")
    install_request_log(server)
    server.add_url_rule("/hello", "hello", lambda: "hello")
    server.add_url_rule("/broken", "broken", lambda: 1 / 0)
    return server.test_client()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_each_request_is_one_line_with_its_duration(
    json_log: None, client: FlaskClient, capsys: pytest.CaptureFixture[str]
):
    client.get("/hello?secret=token")

    (line,) = lines(capsys)
    assert {name: line[name] for name in ("event", "level", "method", "path", "status", "bytes")} == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "path": "/hello",
        "status": 200,
        "bytes": 5,
    }
    assert line["duration_ms"] >= 0
    assert "secret" not in str(line)


def test_a_failure_is_logged_with_its_trace_and_answered_without(
    json_log: None, client: FlaskClient, capsys: pytest.CaptureFixture[str]
):
    answer = client.get("/broken")

    failure, request = lines(capsys)
    assert "ZeroDivisionError" in failure["exception"]
    assert request["status"] == 500
    assert failure["request_id"] == request["request_id"] == answer.headers["X-Request-Id"]
    assert "ZeroDivisionError" not in answer.text


def test_a_forged_line_stays_inside_its_field(json_log: None, client: FlaskClient, capsys: pytest.CaptureFixture[str]):
    client.get('/hello%0A{"event":"login"}')

    (line,) = lines(capsys)
    assert (line["event"], line["path"]) == ("request", '/hello\n{"event":"login"}')


@pytest.mark.parametrize(
    ("given", "kept"), [("a1b2c3d4-trace", True), ("short", False), ("with space in it", False), ("x" * 65, False)]
)
def test_a_sane_request_id_is_taken_over(client: FlaskClient, given: str, kept: bool):
    answer = client.get("/hello", headers={"X-Request-Id": given})

    assert (answer.headers["X-Request-Id"] == given) is kept


def test_static_files_do_not_fill_the_log(json_log: None, client: FlaskClient, capsys: pytest.CaptureFixture[str]):
    client.get("/assets/shell.js")

    assert lines(capsys) == []

"""The request log."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.observability import configure_logging, install_request_log

Lines = Callable[[], list[dict]]


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Lines]:
    """Log as JSON lines into a file, as a server does, and give what it holds."""
    file = tmp_path / "log"
    configure_logging("json", file)
    yield lambda: [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    configure_logging("console")


@pytest.fixture
def client() -> FlaskClient:
    server = Flask("app")
    install_request_log(server)
    server.add_url_rule("/hello", "hello", lambda: "hello")
    server.add_url_rule("/broken", "broken", lambda: 1 / 0)
    return server.test_client()


def test_each_request_is_one_line_with_its_duration(lines: Lines, client: FlaskClient):
    client.get("/hello?secret=token")

    (line,) = lines()
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


def test_a_failure_is_logged_with_its_trace_and_answered_without(lines: Lines, client: FlaskClient):
    answer = client.get("/broken")

    failure, request = lines()
    assert "ZeroDivisionError" in failure["exception"]
    assert request["status"] == 500
    assert failure["request_id"] == request["request_id"] == answer.headers["X-Request-Id"]
    assert "ZeroDivisionError" not in answer.text


def test_a_forged_line_stays_inside_its_field(lines: Lines, client: FlaskClient):
    client.get('/hello%0A{"event":"login"}')

    (line,) = lines()
    assert (line["event"], line["path"]) == ("request", '/hello\n{"event":"login"}')


@pytest.mark.parametrize(
    ("given", "kept"), [("a1b2c3d4-trace", True), ("short", False), ("with space in it", False), ("x" * 65, False)]
)
def test_a_sane_request_id_is_taken_over(client: FlaskClient, given: str, kept: bool):
    answer = client.get("/hello", headers={"X-Request-Id": given})

    assert (answer.headers["X-Request-Id"] == given) is kept


def test_static_files_do_not_fill_the_log(lines: Lines, client: FlaskClient):
    client.get("/assets/shell.js")

    assert lines() == []

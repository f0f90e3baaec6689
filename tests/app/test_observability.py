"""The request log."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

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
    assert (line["event"], line["path"]) == ("request", '/hello\\n{"event":"login"}')


@pytest.mark.parametrize("form", ["json", "console"])
def test_what_a_stranger_writes_neither_begins_a_line_nor_moves_a_cursor(
    tmp_path: Path, client: FlaskClient, form: Literal["json", "console"]
):
    configure_logging(form, tmp_path / "log")
    client.get("/hello%0D%0A%1B%5B2J%C2%9B31m%E2%80%A8forged")
    configure_logging("console")

    text = (tmp_path / "log").read_text()
    assert text.count("\n") == len(text.splitlines()) == 1
    assert not {"\x1b[2J", "\x9b", "\u2028", "\r"} & {text[i : i + n] for n in (1, 4) for i in range(len(text))}
    assert "forged" in text


@pytest.mark.parametrize("kind", ["hfd", "hfe", "hfr"])
def test_no_credential_reaches_the_log(lines: Lines, kind: str):
    secret = "Zx9_" * 10 + "abc"
    token = f"{kind}_a1b2c3d4_{secret}"

    logging.getLogger("any").warning("refused %s", token)
    try:
        raise ValueError(f"cannot read {token}")
    except ValueError:
        logging.getLogger("any").exception("failed")

    warning, failure = lines()
    assert warning["event"] == f"refused {kind}_a1b2c3d4_***"
    assert f"{kind}_a1b2c3d4_***" in failure["exception"]
    assert secret not in str([warning, failure])


def test_a_slow_request_is_a_warning_that_outlasts_the_others(tmp_path: Path):
    server = Flask("app")
    install_request_log(server, slow_s=0.0)
    configure_logging("json", tmp_path / "server.log")
    server.test_client().get("/hello")
    logging.getLogger("any").info("nothing special")
    configure_logging("console")

    (line,) = (json.loads(line) for line in (tmp_path / "server.errors.log").read_text().splitlines())
    assert (line["event"], line["level"], line["status"]) == ("slow request", "warning", 404)
    assert len((tmp_path / "server.log").read_text().splitlines()) == 2


def test_what_is_below_the_level_is_not_written(tmp_path: Path):
    configure_logging("json", tmp_path / "log", level="warning")
    logging.getLogger("any").info("nothing special")
    configure_logging("console")

    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    ("given", "kept"), [("a1b2c3d4-trace", True), ("short", False), ("with space in it", False), ("x" * 65, False)]
)
def test_a_sane_request_id_is_taken_over(client: FlaskClient, given: str, kept: bool):
    answer = client.get("/hello", headers={"X-Request-Id": given})

    assert (answer.headers["X-Request-Id"] == given) is kept


def test_static_files_do_not_fill_the_log(lines: Lines, client: FlaskClient):
    client.get("/assets/shell.js")

    assert lines() == []

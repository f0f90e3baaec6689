"""Exports through a real waitress: a reader who leaves, one who is cut off and goes on, and everybody else."""

import http.client
import io
import socket
import threading
import time
from datetime import date, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from app.listener import listen
from app.principal import COMMAND_LINE
from app.read_tokens import ReadTokens
from app.server import create_server
from app.settings import load_settings
from models.db import session_scope
from models.partitions import ensure_months
from models.write.devices import register_device

SPAN = "start=2026-11-01T00:00:00Z&end=2026-12-01T00:00:00Z&tz=UTC"
#: Some ten megabytes: more than the wire and every buffer on the way take.
READINGS = 100_000
DEADLINE_S = 30.0


@pytest.fixture
def port(engine, now, tmp_path):
    with session_scope(engine) as session:
        device = register_device(session, "pi-7", now=now - timedelta(days=60))
        ensure_months(session.connection(), [date(2026, 11, 1)])
        session.execute(
            text(
                "INSERT INTO readings (device_id, ts, ph, ec_us_cm, water_c, quality) "
                "SELECT :device, timestamptz '2026-11-01 00:00+00' + n * interval '25 s', 6 + n % 7 / 100.0, 1400, 21, "
                "273 FROM generate_series(0, :last) AS n"
            ),
            {"device": device.id, "last": READINGS - 1},
        )
    server = create_server(load_settings(data_dir=tmp_path, log_format="console"), engine, clock=lambda: now)
    listener = listen(server, load_settings(data_dir=tmp_path, port=0))
    # Of what a slow reader has not taken waitress keeps 16 MiB, more than a test should write.
    listener.adj.outbuf_high_watermark = 256 * 1024
    stopping = threading.Event()

    def serve():
        while not stopping.is_set():
            listener.asyncore.loop(timeout=0.05, count=1, map=listener._map, use_poll=True)

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.effective_port
    stopping.set()
    thread.join(DEADLINE_S)
    listener.task_dispatcher.shutdown()
    listener.close()


@pytest.fixture
def headers(engine, now):
    tokens = ReadTokens(engine, lambda: now)
    token = tokens.create("a test", expires_at=now + timedelta(days=1), devices=None, by=COMMAND_LINE)
    return {"Authorization": f"Bearer {token.text}"}


@pytest.fixture
def ask(port, headers):
    """Ask for a path; the answer is read by the test."""
    connections = []

    def ask(path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        connections.append(connection)
        connection.request("GET", f"/api/v1/{path}", headers=headers)
        return connection.getresponse()

    yield ask
    for connection in connections:
        connection.close()


def leave(answer):
    """Close the connection as a browser does whose reader presses "cancel"."""
    answer.fp.raw._sock.shutdown(socket.SHUT_RDWR)
    answer.close()


def wait_until(is_so):
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def state_of(engine):
    with engine.connect() as connection:
        return connection.execute(text("SELECT state FROM exports ORDER BY id DESC LIMIT 1")).scalar_one()


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "xlsx"])
def test_who_leaves_frees_the_server(engine, ask, kind):
    answer = ask(f"export.{kind}?{SPAN}")
    assert answer.read(4)

    leave(answer)

    wait_until(lambda: state_of(engine) != "running")
    wait_until(lambda: engine.pool.checkedout() == 0)


def test_who_was_cut_off_goes_on_behind_the_last_whole_line(ask):
    whole = ask(f"export.csv?{SPAN}").read()
    answer = ask(f"export.csv?{SPAN}")
    got = answer.read(3_000_000)
    leave(answer)

    lines = got[: got.rfind(b"\n") + 1]
    name, *_, last = lines.splitlines()[-1].decode().split(",")[:5]
    rest = ask(f"export.csv?{SPAN}&cursor={name},{last}").read()

    assert lines + rest == whole
    assert len(pd.read_csv(io.BytesIO(whole))) == READINGS


def test_a_database_that_goes_away_cuts_the_answer_and_never_ends_it_well(engine, ask):
    answer = ask(f"export.csv?{SPAN}")
    assert answer.read(1000)
    with engine.connect() as other:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND datname = :name"
        other.execute(text(query), {"name": engine.url.database})

    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()

    wait_until(lambda: state_of(engine) == "failed")


def test_readers_who_do_not_read_leave_room_for_everybody_else(ask):
    idle = [ask(f"export.csv?{SPAN}") for _ in range(2)]
    assert [one.read(10) for one in idle]

    assert ask(f"export.csv?{SPAN}").status == 503
    assert [ask("devices").status for _ in range(5)] == [200] * 5
    for one in idle:
        leave(one)


def test_the_first_bytes_come_before_anything_is_read(ask):
    head = ask(f"export.csv?{SPAN}").read(26)

    assert head == b"device,site,zone,time_loca"

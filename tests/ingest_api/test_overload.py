"""The database frozen, the disk full, too much at once: senders are asked to come back, in time, and do."""

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest
from sqlalchemy import text

from ingest_api import writer
from ingest_api.overload import Overloaded, Slots
from models.db import make_engine
from models.embedded import EmbeddedPostgres
from models.migrate import upgrade
from models.watchdog import watching


def ts(now, second):
    return (now - timedelta(hours=1) + timedelta(seconds=second)).isoformat()


def body(now, *seconds):
    return {"stream": "6f1c", "readings": [{"ts": ts(now, second), "ph": 6.0} for second in seconds]}


def until(condition: Callable[[], bool], *, within_s: float) -> float:
    """Wait until the condition holds and give the seconds it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < within_s
        time.sleep(0.02)
    return time.monotonic() - started


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[tuple[str, Path]]:
    """Address and data directory of a PostgreSQL of this module alone: stopping it stops nobody else."""
    with tempfile.TemporaryDirectory(prefix="hydrofleet-frozen-") as directory:
        Path(directory).chmod(0o711)
        server = EmbeddedPostgres.start(Path(directory) / "cluster", report=print)
        yield server.url, Path(directory)
        server.stop()


@pytest.fixture
def engine(own_cluster):
    fresh = make_engine(own_cluster[0])
    upgrade(fresh)
    yield fresh
    with fresh.begin() as connection:
        connection.execute(text("TRUNCATE readings, streams, dirty_hours, device_state"))
        connection.execute(text("TRUNCATE device_tokens, devices CASCADE"))
    fresh.dispose()


@contextmanager
def frozen(directory: Path) -> Iterator[None]:
    """Stop every process of a cluster, and let them go on at the end."""
    postmaster = int(next(directory.rglob("postmaster.pid")).read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    family = [postmaster, *map(int, children)]
    for each in family:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in family:
            os.kill(each, signal.SIGCONT)


def test_a_frozen_database_is_a_503_within_three_seconds_and_ingest_goes_on_by_itself(
    own_cluster, engine, api, pi, served
):
    def post(second):
        started = time.monotonic()
        answer = served.post("/api/v1/readings", json=body(api.now, second), headers=pi.headers)
        return answer, time.monotonic() - started

    with watching(engine), ThreadPoolExecutor(4) as clients:
        assert post(0)[0].status_code == 200
        with frozen(own_cluster[1]):
            caught = list(clients.map(post, range(1, 5)))
            later = post(5)
        thawed_at = time.monotonic()
        until(lambda: post(6)[0].status_code == 200, within_s=5)

    assert [answer.status_code for answer, _ in (*caught, later)] == [503] * 5
    assert all("Retry-After" in answer.headers for answer, _ in (*caught, later))
    assert max(took for _, took in caught) < 3
    assert later[1] < 0.5
    assert time.monotonic() - thawed_at < 5


def test_a_full_disk_is_a_503_of_its_own_kind(engine, api, pi, caplog):
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$"
            )
        )
        connection.execute(text("CREATE TRIGGER full_disk BEFORE INSERT ON device_state EXECUTE FUNCTION refuse()"))
    try:
        answer = api.post(pi, body(api.now, 1))
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP FUNCTION refuse CASCADE"))

    assert (answer.status_code, answer.get_json()["type"]) == (503, "/api/v1/problems/storage-full")
    assert "Retry-After" in answer.headers
    assert api.post(pi, body(api.now, 1)).get_json()["accepted"] == 1


def test_work_beyond_the_slots_waits_and_work_beyond_the_waiting_room_is_turned_away_at_once():
    slots, release, inside = Slots(1, waiting=1, patience_s=10), Event(), Barrier(2)

    def work():
        with slots.one():
            inside.wait(5)
            release.wait(5)
        return "done"

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(work)
        inside.wait(5)
        second = threads.submit(work)
        until(lambda: slots.waiting == 1, within_s=5)
        started = time.monotonic()
        with pytest.raises(Overloaded, match="too many"), slots.one():
            pass
        turned_away_after = time.monotonic() - started
        release.set()
        inside.wait(5)

    assert turned_away_after < 5  # those who wait have ten
    assert (first.result(), second.result()) == ("done", "done")


def test_nobody_waits_for_a_slot_longer_than_was_said():
    slots = Slots(1, waiting=5, patience_s=0.05)

    with slots.one(), pytest.raises(Overloaded, match="no turn came within"), slots.one():
        pass

    with slots.one():
        pass


def test_big_bodies_beyond_the_room_for_them_are_turned_away_and_small_ones_are_not(engine, api, pi, monkeypatch):
    monkeypatch.setattr(writer, "READ_AT_ONCE", 0)
    monkeypatch.setattr(writer, "BIG_WAITING", 0)
    crowded = type(api)(engine, api.now)

    big = crowded.post(pi, body(api.now, *range(60)))

    assert (big.status_code, big.get_json()["type"]) == (503, "/api/v1/problems/busy")
    assert 1 <= int(big.headers["Retry-After"]) <= 5
    assert crowded.post(pi, body(api.now, 1)).get_json()["accepted"] == 1


@pytest.mark.parametrize(
    ("path", "kind", "data"),
    [
        ("/api/v1/readings", "application/senml+json", json.dumps([{"n": "ph", "v": 6.0, "t": n} for n in range(150)])),
        ("/api/v2/write", "text/plain", "\n".join(f"tank ph=6.0 {1763856000 + n}000000000" for n in range(150))),
    ],
)
def test_other_doors_have_no_more_room_for_big_bodies(engine, api, pi, monkeypatch, path, kind, data):
    monkeypatch.setattr(writer, "READ_AT_ONCE", 0)
    monkeypatch.setattr(writer, "BIG_WAITING", 0)
    crowded = type(api)(engine, api.now)

    answer = crowded.client.post(path, data=data, headers={**pi.headers, "Content-Type": kind})

    assert (answer.status_code, answer.get_json()["type"]) == (503, "/api/v1/problems/busy")

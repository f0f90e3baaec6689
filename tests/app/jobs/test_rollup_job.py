"""The job beside the server: it serves, rests, survives, and works in one process only."""

import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import text

from app.jobs.rollup_job import RollupJob
from app.jobs.rollups import refresh_dirty_hours
from models.db import make_engine
from models.locks import Lock, trying

DEADLINE_S = 60
KILL_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@contextmanager
def running(job):
    job.start()
    try:
        yield
    finally:
        job.stop()


def wait_until(condition):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within a minute"
        time.sleep(0.02)


def test_killed_in_the_middle_and_run_again_it_ends_the_same(
    engine, database_url, now, register, send_rows, computed, assert_same, tank_log, dirty
):
    columns = tank_log(10)
    whole = register("pi-0")
    send_rows(whole, columns, slice(None))
    refresh_dirty_hours(engine, now=now)
    others = [register(f"pi-{number}") for number in range(1, 9)]
    for device in others:
        send_rows(device, columns, slice(None))
    marked = dirty()
    program = (
        "from datetime import UTC, datetime; from models.db import make_engine; "
        "from app.jobs.rollups import refresh_dirty_hours; "
        f"refresh_dirty_hours(make_engine({database_url!r}), now=datetime(2026, 11, 23, tzinfo=UTC))"
    )
    victim = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[3])
    wait_until(lambda: dirty() < marked)
    victim.kill()
    victim.wait()

    # PostgreSQL needs a moment to see that the victim is gone and to free the marks that it had taken.
    wait_until(lambda: refresh_dirty_hours(engine, now=now) == 0 and dirty() == 0)

    for device in others:
        assert_same(computed(device), computed(whole))


def test_readings_are_stored_while_hours_are_computed(
    engine, now, register, send_rows, computed, assert_same, tank_log, dirty
):
    columns = tank_log(12)
    whole, busy = register("pi-1"), register("pi-2")
    send_rows(whole, columns, slice(None))
    order = np.random.default_rng(1).permutation(columns["ts_ms"].size)

    with running(RollupJob(engine, interval_s=0.001)):
        # Every batch touches hours that are being computed, in an order of its own.
        for rows in np.array_split(order[:1200], 120):
            send_rows(busy, columns, rows)
        send_rows(busy, columns, slice(None))
        wait_until(lambda: dirty() == 0)

    assert_same(computed(busy), computed(whole))


def test_the_job_serves_what_is_marked_and_stops_when_told(engine, register, send_rows, tank_log, dirty):
    device = register("pi-1")
    with running(RollupJob(engine, interval_s=0.01)):
        for rows in (slice(0, 100), slice(100, 200)):
            send_rows(device, tank_log(1), rows)
            wait_until(lambda: dirty() == 0)

    send_rows(device, tank_log(1), slice(200, 250))
    assert dirty() > 0


def test_what_is_left_until_it_rests_is_served_before_the_next_round_would_begin(
    engine, now, register, send_rows, tank_log, dirty
):
    send_rows(register("pi-1"), tank_log(1), slice(0, 100))
    began = time.monotonic()

    with running(RollupJob(engine, interval_s=3600, clock=lambda: now + timedelta(seconds=time.monotonic() - began))):
        wait_until(lambda: dirty() == 0)


def test_tanks_that_wait_are_computed_together_once_the_oldest_has_waited_long_enough(
    engine, now, register, send_rows, tank_log, dirty
):
    early, late = register("pi-1"), register("pi-2")
    for device in (early, late):
        send_rows(device, tank_log(1), slice(None))
    with engine.begin() as connection:
        later = text("UPDATE dirty_hours SET marked_at = marked_at + interval '3 seconds' WHERE device_id = :id")
        connection.execute(later, {"id": late.id})
    moments = iter([now + timedelta(seconds=3.2), now + timedelta(seconds=3.25)])
    job = RollupJob(engine, interval_s=3600, clock=lambda: next(moments))

    assert job.run_once() is False
    assert dirty() == 48

    job.run_once()
    assert dirty() == 0


def test_the_job_outlives_the_loss_of_all_its_connections(engine, database_url, register, send_rows, tank_log, dirty):
    device = register("pi-1")
    administration = make_engine(database_url)
    with running(RollupJob(engine, interval_s=0.01)):
        for piece in range(5):
            with administration.begin() as connection:
                connection.execute(text(KILL_OTHERS))
            engine.dispose()
            send_rows(device, tank_log(1), slice(piece * 40, piece * 40 + 40))
        wait_until(lambda: dirty() == 0)
    administration.dispose()


def test_while_another_process_has_the_job_this_one_rests(engine, database_url, register, send_rows, tank_log, dirty):
    send_rows(register("pi-1"), tank_log(1), slice(None))
    job = RollupJob(engine, interval_s=0.01)
    other = make_engine(database_url)
    with trying(other, Lock.ROLLUP_JOB) as is_ours:
        assert is_ours
        assert job.run_once() is False
        assert dirty() == 24

    job.run_once()
    assert dirty() == 0
    other.dispose()


def test_a_device_that_cannot_be_computed_stops_no_other(
    engine, now, register, send_rows, computed, caplog, tank_log, dirty
):
    broken, sound = register("pi-1"), register("pi-2")
    for device in (broken, sound):
        send_rows(device, tank_log(1), slice(None))
    with engine.begin() as connection:
        # A flag that no version ever wrote.
        connection.execute(text("UPDATE readings SET quality = 7, ph = NULL WHERE device_id = :id"), {"id": broken.id})

    assert refresh_dirty_hours(engine, now=now) == 24

    assert (len(computed(broken)["hours"]), len(computed(sound)["hours"])) == (0, 24)
    assert "the hours of pi-1 cannot be computed" in caplog.text
    assert dirty() == 24

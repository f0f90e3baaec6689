"""The hour in progress: served at once for all tanks, and in the end as if it had been computed as a whole."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from analytics.flags import Test, unpack_flags, unpack_tests
from app.jobs.rollup_job import RollupJob
from app.jobs.rollups import refresh_dirty_hours

START = datetime(2026, 11, 1, tzinfo=UTC)
START_MS = 1_793_491_200_000
MINUTE_MS = 60_000


@pytest.fixture
def job(engine, clock):
    """The job's rounds, done by hand at the time that the test says."""
    return RollupJob(engine, interval_s=3600, clock=clock)


@pytest.fixture
def clock():
    class Clock:
        at = START

        def __call__(self):
            return self.at

    return Clock()


def serve(job, clock, minutes):
    """Do rounds at a moment until nothing is left to do."""
    clock.at = START + timedelta(minutes=minutes)
    while job.run_once():
        pass


def living(first, until, seed=5):
    """One reading a minute of a healthy tank."""
    minutes = np.arange(first, until)
    random = np.random.default_rng(seed)
    ph, ec, water = (random.normal(0, size, 2000)[minutes] for size in (0.02, 2.0, 0.2))
    return {"ts_ms": START_MS + minutes * MINUTE_MS, "ph": 6 + ph, "ec_us_cm": 1500 + ec, "water_c": 22 + water}


def send_all(send, device, columns):
    send(device, columns["ts_ms"], **{name: values for name, values in columns.items() if name != "ts_ms"})


def test_live_readings_of_many_tanks_are_served_as_if_each_had_been_computed_as_a_whole(
    engine, register, send, computed, assert_same, job, clock
):
    tanks = [register(f"pi-{number}", interval_s=60) for number in range(1, 5)]
    other = register("pi-5", interval_s=120)
    whole = register("pi-6", interval_s=60)
    for number, tank in enumerate([*tanks, other, whole]):
        send_all(send, tank, living(0, 125, seed=min(number, 3)))
    serve(job, clock, 125.1)
    refresh_dirty_hours(engine, now=clock.at, device_ids=[whole.id])
    for number, tank in enumerate([*tanks, other, whole]):
        columns = living(125, 131, seed=min(number, 3))
        columns["ph"][3] += 1.5
        send_all(send, tank, columns)
    serve(job, clock, 131.1)

    refresh_dirty_hours(engine, now=clock.at, device_ids=[whole.id])

    assert np.flatnonzero(unpack_tests(computed(tanks[0])["flags"]["tests"])[0] & Test.SPIKE).tolist() == [128]
    assert_same(computed(tanks[3]), computed(whole))
    assert computed(tanks[0])["hours"]["n"].tolist() == computed(other)["hours"]["n"].tolist() == [60, 60, 11]
    assert computed(tanks[0])["days"]["n"].tolist() == [131]


def test_the_mark_of_an_hour_in_progress_stays_until_the_whole_computation(register, send, job, clock, dirty):
    tank = register("pi-1", interval_s=60)
    send_all(send, tank, living(0, 65))
    serve(job, clock, 66)
    assert dirty() == 0

    send_all(send, tank, living(65, 70))
    serve(job, clock, 70)
    assert dirty() == 1
    serve(job, clock, 77)
    assert dirty() == 0


def test_an_hour_that_is_over_is_computed_as_a_whole(engine, register, send, computed, assert_same, job, clock, dirty):
    live, whole = register("pi-1", interval_s=60), register("pi-2", interval_s=60)
    send_all(send, whole, living(0, 125))
    for first in range(0, 125, 5):
        send_all(send, live, living(first, first + 5))
        serve(job, clock, first + 5)

    serve(job, clock, 190)

    assert dirty() == 0
    assert_same(computed(live), computed(whole))


def test_a_probe_that_was_stuck_stays_suspect_until_its_signal_moves(register, send, computed, job, clock):
    tank = register("pi-1", interval_s=60)
    columns = living(0, 1440)
    columns["water_c"][:] = 22.0625
    send_all(send, tank, columns)
    serve(job, clock, 1441)
    for first, values in ((1441, 22.0625), (1443, 24.0625), (1445, 22.0625)):
        columns = living(first, first + 2)
        columns["water_c"][:] = values
        send_all(send, tank, columns)
        serve(job, clock, first + 2)

    tests = unpack_tests(computed(tank)["flags"]["tests"])[2][1440:]
    assert (tests & Test.FLAT_LINE > 0).tolist() == [True, True, False, False, False, False]
    assert unpack_flags(computed(tank)["flags"]["quality"])[2][1440:1442].tolist() == [3, 3]


def test_a_tank_is_judged_by_all_tests_every_ten_minutes(register, send, job, clock, dirty):
    tank = register("pi-1", interval_s=60)
    left = []
    for minute in range(1, 25):
        send_all(send, tank, living(minute, minute + 1))
        serve(job, clock, minute + 1)
        left.append(dirty())

    # The first round of the process, and two more in 24 minutes.
    assert left.count(0) == 3

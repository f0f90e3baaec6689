"""Dirty hours served: whatever order readings come in, the result is that of having them all at once."""

import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from analytics.flags import Test, unpack_flags, unpack_tests
from app.jobs.rollups import RollupJob, refresh_dirty_hours
from models.db import make_engine, session_scope
from models.locks import Lock, trying
from models.write.rollups import mark_dirty

# 2026-11-01 00:00 UTC, a Sunday.
START = datetime(2026, 11, 1, tzinfo=UTC)
START_MS = 1_793_491_200_000
MINUTE_MS = 60_000
DEADLINE_S = 60
UNPACKERS = ((unpack_flags, "quality"), (unpack_tests, "tests"))
KILL_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def five_minutes(days, seed=7):
    """Readings of a tank with noise, two gaps, a stuck probe, spikes, a doubtful thermometer and error codes."""
    random = np.random.default_rng(seed)
    ts_ms = START_MS + np.arange(days * 288) * 5 * MINUTE_MS + random.integers(0, 4000, days * 288)
    day = (ts_ms - START_MS) / 86_400_000
    ph_mv = 1680 + 25 * np.sin(day * 5) + random.normal(0, 0.6, day.size)
    ec_mv = 1700 + 40 * np.sin(day * 2) + random.normal(0, 0.6, day.size)
    water_c = np.round((22 + 2 * np.sin(day * 6.28) + random.normal(0, 0.05, day.size)) * 16) / 16
    ph_mv[100:260] = 1671.25
    ph_mv[180] = 1690.0
    ph_mv[random.integers(0, day.size, 12)] += 200
    ec_mv[random.integers(0, day.size, 5)] = 3300
    water_c[random.integers(0, day.size, 8)] = 85.0
    water_c[400:420] = np.nan
    kept = np.ones(day.size, dtype=bool)
    kept[300:330] = kept[500:503] = False
    return {name: column[kept] for name, column in locals().items() if name in ("ts_ms", "ph_mv", "ec_mv", "water_c")}


def send_rows(send, device, columns, rows):
    send(device, columns["ts_ms"][rows], **{name: columns[name][rows] for name in ("ph_mv", "ec_mv", "water_c")})


def dirty(engine):
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM dirty_hours")).scalar_one()


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


def test_an_hour_is_summarised_with_the_band_valid_then(engine, now, register, send, computed):
    device = register("pi-1", interval_s=1200)
    minutes = np.array([0, 20, 40, 60])
    send(device, START_MS + minutes * MINUTE_MS, ph=[6.4, 6.6, 6.4, 6.4], water_c=[18.0, 17.9, 17.5, np.nan])

    assert refresh_dirty_hours(engine, now=now) == 2

    hours = computed(device)["hours"]
    assert [str(hour) for hour in hours["hour"]] == ["2026-11-01 00:00:00+00:00", "2026-11-01 01:00:00+00:00"]
    first = hours.iloc[0]
    # Generic crop: pH 5.5 to 6.5, water 18 to 26 °C; each reading holds for twenty minutes.
    assert first[["n", "n_suspect", "n_fail", "ph_n", "ph_min", "ph_max", "ph_first", "ph_last"]].tolist() == [
        3, 0, 0, 3, 6.4, 6.6, 6.4, 6.4,
    ]  # fmt: skip
    assert first[["ph_covered_s", "ph_below_s", "ph_above_s"]].tolist() == [3600.0, 0.0, 1200.0]
    assert first[["water_covered_s", "water_below_s", "water_above_s"]].tolist() == [3600.0, 2400.0, 0.0]
    assert first["ph_sum"] == pytest.approx(19.4)
    assert first["ph_sumsq"] == pytest.approx(125.48)
    # Seconds in bins of 0.1 pH from 6.4, of 0.5 °C from 17.5.
    assert list(first["ph_hist"]) == [64, 2400, 0, 1200]
    assert list(first["water_hist"]) == [35, 2400, 1200]
    assert (first["ec_n"], list(first["ec_hist"])) == (0, [])
    day = computed(device)["days"].iloc[0]
    assert (str(day["day"]), day["n"], day["ph_covered_s"]) == ("2026-11-01 00:00:00+00:00", 4, 4800.0)


def test_served_hours_are_clean_and_serving_nothing_is_nothing(engine, now, register, send):
    send_rows(send, register("pi-1"), five_minutes(1), slice(None))

    assert refresh_dirty_hours(engine, now=now) == 24
    assert dirty(engine) == 0
    assert refresh_dirty_hours(engine, now=now) == 0


def test_only_the_devices_asked_for_are_served(engine, now, register, send, computed):
    first, second = register("pi-1"), register("pi-2")
    for device in (first, second):
        send_rows(send, device, five_minutes(1), slice(None))

    assert refresh_dirty_hours(engine, now=now, device_ids=[second.id]) == 24
    assert (len(computed(first)["hours"]), len(computed(second)["hours"])) == (0, 24)


def test_a_limit_is_kept_and_the_rest_is_served_next_time(engine, now, register, send, computed, assert_same):
    whole, part = register("pi-1"), register("pi-2")
    for device in (whole, part):
        send_rows(send, device, five_minutes(3), slice(None))
    refresh_dirty_hours(engine, now=now, device_ids=[whole.id])

    served = [refresh_dirty_hours(engine, now=now, limit=30) for _ in range(4)]

    assert served == [30, 30, 10, 0]
    assert_same(computed(part), computed(whole))


def test_neighbours_in_time_change_flags_and_summaries(engine, now, register, send, computed):
    device = register("pi-1")
    ph = np.where(np.arange(288) == 100, 7.5, 6.0 + np.arange(288) % 7 / 100)
    send(device, START_MS + np.arange(288) * 5 * MINUTE_MS, ph=ph)
    assert unpack_flags(computed(device)["flags"]["quality"])[0].tolist() == [1] * 288

    refresh_dirty_hours(engine, now=now)

    result = computed(device)
    ph_flags, ph_tests = unpack_flags(result["flags"]["quality"])[0], unpack_tests(result["flags"]["tests"])[0]
    assert np.flatnonzero(ph_flags == 4).tolist() == [100]
    assert ph_tests[100] & Test.SPIKE
    hour = result["hours"].iloc[8]
    assert (hour["n"], hour["n_fail"], hour["ph_n"]) == (12, 1, 11)
    assert hour["ph_max"] < 6.1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_readings_in_any_order_end_as_if_they_had_come_at_once(
    engine, now, register, send, computed, assert_same, seed
):
    columns = five_minutes(6)
    whole, pieces = register("pi-1"), register("pi-2")
    send_rows(send, whole, columns, slice(None))
    refresh_dirty_hours(engine, now=now, device_ids=[whole.id])

    chunks = np.array_split(np.arange(columns["ts_ms"].size), 9)
    for number in np.random.default_rng(seed).permutation(9):
        send_rows(send, pieces, columns, chunks[number])
        refresh_dirty_hours(engine, now=now, device_ids=[pieces.id])

    assert_same(computed(pieces), computed(whole))


def test_coarse_values_of_a_river_end_the_same_in_any_order(engine, now, register, send, computed, assert_same):
    # Written to 0.1 pH every 15 minutes, stuck for two days, at a value that looks like a whole number.
    random = np.random.default_rng(5)
    ts_ms = START_MS + np.arange(20 * 96) * 15 * MINUTE_MS
    ph = np.round(8 + 0.3 * np.sin(np.arange(ts_ms.size) / 15) + random.normal(0, 0.05, ts_ms.size), 1)
    ph[900:1400] = 8.0
    whole, pieces = (register(name, medium="natural", interval_s=900) for name in ("log-1", "log-2"))
    send(whole, ts_ms, ph=ph)
    refresh_dirty_hours(engine, now=now)

    chunks = np.array_split(np.arange(ts_ms.size), 7)
    for number in (0, 6, 2, 1, 5, 3, 4):
        send(pieces, ts_ms[chunks[number]], ph=ph[chunks[number]])
        refresh_dirty_hours(engine, now=now)

    assert_same(computed(pieces), computed(whole))
    flat = unpack_tests(computed(whole)["flags"]["tests"])[0] & Test.FLAT_LINE
    # At 0.1 pH the limits are 120 h for suspect, so the stretch of 125 h shows at its very end.
    assert np.flatnonzero(flat).tolist() == list(range(1380, 1400))


def test_single_late_readings_end_as_if_they_had_come_in_time(engine, now, register, send, computed, assert_same):
    columns = five_minutes(4)
    late = np.array([0, 12, 99, 100, 180, 261, 299, 300, 301, 500, 777, columns["ts_ms"].size - 1])
    in_time = np.setdiff1d(np.arange(columns["ts_ms"].size), late)
    whole, gappy = register("pi-1"), register("pi-2")
    send_rows(send, whole, columns, slice(None))
    send_rows(send, gappy, columns, in_time)
    refresh_dirty_hours(engine, now=now)

    for row in late:
        send_rows(send, gappy, columns, np.array([row]))
        refresh_dirty_hours(engine, now=now)

    assert_same(computed(gappy), computed(whole))


def test_live_readings_one_by_one_end_as_if_they_had_come_at_once(engine, register, send, computed, assert_same):
    columns = five_minutes(2)
    size = columns["ts_ms"].size
    whole, live = register("pi-1"), register("pi-2")
    send_rows(send, whole, columns, slice(None))
    send_rows(send, live, columns, slice(0, size - 30))
    for row in range(size - 30, size):
        send_rows(send, live, columns, np.array([row]))
        moment = datetime.fromtimestamp(columns["ts_ms"][row] / 1000, UTC)
        refresh_dirty_hours(engine, now=moment)

    refresh_dirty_hours(engine, now=START + timedelta(days=3))
    assert_same(computed(live), computed(whole))


def test_corrected_and_deleted_readings_end_as_if_they_had_always_been_so(
    engine, now, register, send, computed, assert_same
):
    columns = five_minutes(4)
    gone = np.zeros(columns["ts_ms"].size, dtype=bool)
    gone[[50, 51, 52, 333]] = gone[600:700] = True
    clean, edited = register("pi-1"), register("pi-2")
    send_rows(send, clean, columns, ~gone)
    send_rows(send, edited, columns, slice(None))
    refresh_dirty_hours(engine, now=now)

    with session_scope(engine) as session:
        for ts_ms in columns["ts_ms"][gone]:
            moment = datetime.fromtimestamp(int(ts_ms) / 1000, UTC)
            session.execute(
                text("DELETE FROM readings WHERE device_id = :id AND ts = :ts"), {"id": edited.id, "ts": moment}
            )
            mark_dirty(session, edited.id, moment, moment + timedelta(seconds=1), now=now)
        for device in (clean, edited):
            raised = "UPDATE readings SET ph = ph + 0.6 WHERE device_id = :id AND ts >= :start AND ts < :end"
            span = {"start": START + timedelta(hours=30), "end": START + timedelta(hours=33)}
            session.execute(text(raised), {"id": device.id, **span})
            mark_dirty(session, device.id, *span.values(), now=now)
    refresh_dirty_hours(engine, now=now)

    assert_same(computed(edited), computed(clean))


def test_an_hour_that_lost_its_last_reading_disappears(engine, now, register, send, computed):
    device = register("pi-1")
    send_rows(send, device, five_minutes(1), slice(0, 12))
    refresh_dirty_hours(engine, now=now)

    with session_scope(engine) as session:
        session.execute(text("DELETE FROM readings"))
        mark_dirty(session, device.id, START, START + timedelta(hours=1), now=now)
    refresh_dirty_hours(engine, now=now)

    assert (len(computed(device)["hours"]), len(computed(device)["days"])) == (0, 0)


def test_the_first_reading_after_a_silence_is_told_when_the_silence_is_filled(engine, now, register, send, computed):
    device = register("pi-1")
    send(device, START_MS + np.arange(12) * 5 * MINUTE_MS + 20 * 86_400_000, ph=np.full(12, 6.0))
    refresh_dirty_hours(engine, now=now)

    def gaps():
        return np.flatnonzero(unpack_tests(computed(device)["flags"]["tests"])[0] & Test.GAP).tolist()

    assert gaps() == []
    send(device, START_MS + np.arange(12) * 5 * MINUTE_MS, ph=np.full(12, 6.0))
    refresh_dirty_hours(engine, now=now)
    assert gaps() == [12]


def test_a_reading_holds_into_the_gap_behind_it_once_something_follows(engine, now, register, send, computed):
    device = register("pi-1")
    covered = []
    # Interval 5 minutes: alone it holds 5 minutes, before a gap 15; a reading at 01:02 gives the hour its last 10.
    for minute in (50, 3 * 24 * 60, 62):
        send(device, START_MS + np.array([minute]) * MINUTE_MS, ph=[6.0])
        refresh_dirty_hours(engine, now=now)
        covered.append(computed(device)["hours"]["ph_covered_s"].iloc[0])

    assert covered == [300.0, 600.0, 600.0]


def test_a_silence_of_days_leaves_no_trace_of_the_order(engine, now, register, send, computed, assert_same):
    columns = five_minutes(8)
    columns["water_c"][columns["ts_ms"] > START_MS + 3 * 86_400_000] = np.nan
    hours = (columns["ts_ms"] - START_MS) // 3_600_000
    parts = [hours < 40, (hours > 100) & (hours < 104), hours > 170]
    at_once, in_order, backwards, taken_back = (register(f"pi-{number}") for number in range(4))
    send_rows(send, at_once, columns, parts[0] | parts[1] | parts[2])
    for device, order in ((in_order, (0, 1, 2)), (backwards, (2, 1, 0)), (taken_back, (0, 2))):
        for number in order:
            send_rows(send, device, columns, parts[number])
            refresh_dirty_hours(engine, now=now)
    assert_same(computed(in_order), computed(at_once))
    assert_same(computed(backwards), computed(at_once))

    with session_scope(engine) as session:
        start, end = START + timedelta(hours=100), START + timedelta(hours=105)
        span = {"id": in_order.id, "start": start, "end": end}
        session.execute(text("DELETE FROM readings WHERE device_id = :id AND ts >= :start AND ts < :end"), span)
        mark_dirty(session, in_order.id, start, end, now=now)
    refresh_dirty_hours(engine, now=now)

    assert_same(computed(in_order), computed(taken_back))


def test_a_spike_at_the_end_of_an_hour_is_known_when_the_next_hour_begins(engine, now, register, send, computed):
    device = register("pi-1")
    minutes = np.arange(0, 65, 5)
    ph = np.where(minutes == 55, 7.5, 6.0)
    fails = []
    for rows in (slice(0, 12), slice(12, 13)):
        send(device, START_MS + minutes[rows] * MINUTE_MS, ph=ph[rows])
        refresh_dirty_hours(engine, now=START + timedelta(hours=2))
        fails.append(int(computed(device)["hours"]["n_fail"].iloc[0]))

    assert fails == [0, 1]


def test_why_a_value_is_missing_is_not_forgotten(engine, now, register, send, computed):
    device = register("pi-1")
    hints = np.array([0, Test.RAIL, 0], dtype=np.uint16)
    send(device, START_MS + np.arange(3) * 5 * MINUTE_MS, ph_mv=[1600.0, np.nan, 1600.0], ph_hints=hints)

    refresh_dirty_hours(engine, now=now)

    assert unpack_tests(computed(device)["flags"]["tests"])[0][1] == Test.RAIL | Test.MISSING


def test_plausible_values_among_impossible_ones_are_doubted(engine, now, register, send, computed):
    device = register("pi-1")
    send(device, START_MS + np.arange(8) * 5 * MINUTE_MS, ph=[15.2, 15.2, 15.2, 6.0, 15.2, 6.0, 15.2, 6.0])

    refresh_dirty_hours(engine, now=now)

    ph_flags, ph_tests = (unpack(computed(device)["flags"][column])[0] for unpack, column in UNPACKERS)
    assert ph_flags.tolist() == [4, 4, 4, 3, 4, 3, 4, 3]
    assert (ph_tests[[3, 5, 7]] & Test.NOISY).all()


def test_a_value_that_was_impossible_stays_so_however_often_it_is_judged(engine, now, register, send, computed):
    device = register("pi-1")
    send(device, START_MS + np.arange(3) * 5 * MINUTE_MS, ph=[6.0, 15.2, 6.0], water_c=[20.0, 85.0, 20.0])
    before = computed(device)["flags"]

    refresh_dirty_hours(engine, now=now)

    after = computed(device)["flags"]
    assert after.iloc[1].tolist() == before.iloc[1].tolist()
    assert after["quality"].iloc[1] == 0x494


def test_killed_in_the_middle_and_run_again_it_ends_the_same(
    engine, database_url, now, register, send, computed, assert_same
):
    columns = five_minutes(10)
    whole = register("pi-0")
    send_rows(send, whole, columns, slice(None))
    refresh_dirty_hours(engine, now=now)
    others = [register(f"pi-{number}") for number in range(1, 9)]
    for device in others:
        send_rows(send, device, columns, slice(None))
    marked = dirty(engine)
    program = (
        "from datetime import UTC, datetime; from models.db import make_engine; "
        "from app.jobs.rollups import refresh_dirty_hours; "
        f"refresh_dirty_hours(make_engine({database_url!r}), now=datetime(2026, 11, 23, tzinfo=UTC))"
    )
    victim = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[3])
    wait_until(lambda: dirty(engine) < marked)
    victim.kill()
    victim.wait()

    # PostgreSQL needs a moment to see that the victim is gone and to free the marks that it had taken.
    wait_until(lambda: refresh_dirty_hours(engine, now=now) == 0 and dirty(engine) == 0)

    for device in others:
        assert_same(computed(device), computed(whole))


def test_readings_are_stored_while_hours_are_computed(engine, now, register, send, computed, assert_same):
    columns = five_minutes(12)
    whole, busy = register("pi-1"), register("pi-2")
    send_rows(send, whole, columns, slice(None))
    order = np.random.default_rng(1).permutation(columns["ts_ms"].size)

    with running(RollupJob(engine, interval_s=0.001)):
        # Every batch touches hours that are being computed, in an order of its own.
        for rows in np.array_split(order[:1200], 120):
            send_rows(send, busy, columns, rows)
        send_rows(send, busy, columns, slice(None))
        wait_until(lambda: dirty(engine) == 0)

    assert_same(computed(busy), computed(whole))


def test_the_job_serves_what_is_marked_and_stops_when_told(engine, register, send):
    device = register("pi-1")
    with running(RollupJob(engine, interval_s=0.01)):
        for rows in (slice(0, 100), slice(100, 200)):
            send_rows(send, device, five_minutes(1), rows)
            wait_until(lambda: dirty(engine) == 0)

    send_rows(send, device, five_minutes(1), slice(200, 250))
    assert dirty(engine) > 0


def test_a_job_between_two_rounds_stops_at_once(engine):
    job = RollupJob(engine, interval_s=3600)
    job.start()

    job.stop()

    assert not job._thread.is_alive()


def test_a_job_that_was_never_started_can_be_stopped(engine):
    RollupJob(engine, interval_s=1).stop()


def test_the_job_outlives_the_loss_of_all_its_connections(engine, database_url, register, send):
    device = register("pi-1")
    administration = make_engine(database_url)
    with running(RollupJob(engine, interval_s=0.01)):
        for piece in range(5):
            with administration.begin() as connection:
                connection.execute(text(KILL_OTHERS))
            engine.dispose()
            send_rows(send, device, five_minutes(1), slice(piece * 40, piece * 40 + 40))
        wait_until(lambda: dirty(engine) == 0)
    administration.dispose()


def test_while_another_process_has_the_job_this_one_rests(engine, database_url, register, send):
    send_rows(send, register("pi-1"), five_minutes(1), slice(None))
    job = RollupJob(engine, interval_s=0.01)
    other = make_engine(database_url)
    with trying(other, Lock.ROLLUP_JOB) as is_ours:
        assert is_ours
        assert job._serve_once() == 0
        assert dirty(engine) == 24

    assert job._serve_once() == 24
    other.dispose()


def test_a_device_that_cannot_be_computed_stops_no_other(engine, now, register, send, computed, caplog):
    broken, sound = register("pi-1"), register("pi-2")
    for device in (broken, sound):
        send_rows(send, device, five_minutes(1), slice(None))
    with engine.begin() as connection:
        # A flag that no version ever wrote.
        connection.execute(text("UPDATE readings SET quality = 7, ph = NULL WHERE device_id = :id"), {"id": broken.id})

    assert refresh_dirty_hours(engine, now=now) == 24

    assert (len(computed(broken)["hours"]), len(computed(sound)["hours"])) == (0, 24)
    assert "the hours of pi-1 cannot be computed" in caplog.text
    assert dirty(engine) == 24

"""Whatever order readings come in, the result is that of having them all at once."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from analytics.flags import Test, unpack_tests
from app.jobs.rollups import refresh_dirty_hours
from models.db import session_scope
from models.write.rollups import mark_dirty

START = datetime(2026, 11, 1, tzinfo=UTC)
START_MS = 1_793_491_200_000
MINUTE_MS = 60_000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_readings_in_any_order_end_as_if_they_had_come_at_once(
    engine, now, register, send_rows, computed, assert_same, seed, tank_log
):
    columns = tank_log(6)
    whole, pieces = register("pi-1"), register("pi-2")
    send_rows(whole, columns, slice(None))
    refresh_dirty_hours(engine, now=now, device_ids=[whole.id])

    chunks = np.array_split(np.arange(columns["ts_ms"].size), 9)
    for number in np.random.default_rng(seed).permutation(9):
        send_rows(pieces, columns, chunks[number])
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


def test_single_late_readings_end_as_if_they_had_come_in_time(
    engine, now, register, send_rows, computed, assert_same, tank_log
):
    columns = tank_log(4)
    late = np.array([0, 12, 99, 100, 180, 261, 299, 300, 301, 500, 777, columns["ts_ms"].size - 1])
    in_time = np.setdiff1d(np.arange(columns["ts_ms"].size), late)
    whole, gappy = register("pi-1"), register("pi-2")
    send_rows(whole, columns, slice(None))
    send_rows(gappy, columns, in_time)
    refresh_dirty_hours(engine, now=now)

    for row in late:
        send_rows(gappy, columns, np.array([row]))
        refresh_dirty_hours(engine, now=now)

    assert_same(computed(gappy), computed(whole))


def test_live_readings_one_by_one_end_as_if_they_had_come_at_once(
    engine, register, send_rows, computed, assert_same, tank_log
):
    columns = tank_log(2)
    size = columns["ts_ms"].size
    whole, live = register("pi-1"), register("pi-2")
    send_rows(whole, columns, slice(None))
    send_rows(live, columns, slice(0, size - 30))
    for row in range(size - 30, size):
        send_rows(live, columns, np.array([row]))
        moment = datetime.fromtimestamp(columns["ts_ms"][row] / 1000, UTC)
        refresh_dirty_hours(engine, now=moment)

    refresh_dirty_hours(engine, now=START + timedelta(days=3))
    assert_same(computed(live), computed(whole))


def test_corrected_and_deleted_readings_end_as_if_they_had_always_been_so(
    engine, now, register, send_rows, computed, assert_same, tank_log
):
    columns = tank_log(4)
    gone = np.zeros(columns["ts_ms"].size, dtype=bool)
    gone[[50, 51, 52, 333]] = gone[600:700] = True
    clean, edited = register("pi-1"), register("pi-2")
    send_rows(clean, columns, ~gone)
    send_rows(edited, columns, slice(None))
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


def test_a_silence_of_days_leaves_no_trace_of_the_order(
    engine, now, register, send_rows, computed, assert_same, tank_log
):
    columns = tank_log(8)
    columns["water_c"][columns["ts_ms"] > START_MS + 3 * 86_400_000] = np.nan
    hours = (columns["ts_ms"] - START_MS) // 3_600_000
    parts = [hours < 40, (hours > 100) & (hours < 104), hours > 170]
    at_once, in_order, backwards, taken_back = (register(f"pi-{number}") for number in range(4))
    send_rows(at_once, columns, parts[0] | parts[1] | parts[2])
    for device, order in ((in_order, (0, 1, 2)), (backwards, (2, 1, 0)), (taken_back, (0, 2))):
        for number in order:
            send_rows(device, columns, parts[number])
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

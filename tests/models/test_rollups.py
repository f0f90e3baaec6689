from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select, text

from models.db import session_scope
from models.errors import BadReadings
from models.read.fleet import sparkline_hours
from models.read.readings import readings_frame
from models.read.rollups import days_frame, hours_frame
from models.tables import ROLLUP_QUANTITIES, DeviceState
from models.write.devices import register_device
from models.write.flags import update_flags
from models.write.readings import ReadingRows, store_readings
from models.write.rollups import (
    clear_dirty_hours,
    mark_dirty,
    replace_days,
    replace_hours,
    take_dirty_hours,
)

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
DAY = (MIDNIGHT, MIDNIGHT + timedelta(days=1))


def put(session, device, frame, covering=DAY):
    """Put hours in place of what a device has in a span."""
    replace_hours(session, frame.assign(device_id=device.id, hour=frame.index), covering=[(device.id, *covering)])


def rollups(starts: pd.DatetimeIndex, *, ph_sum: float = 12.0) -> pd.DataFrame:
    """Rollups of two readings each, with pH only."""
    frame = pd.DataFrame({"n": 2, "n_suspect": 1, "n_fail": 0}, index=starts)
    for quantity in ROLLUP_QUANTITIES:
        measured = quantity == "ph"
        frame[f"{quantity}_n"] = 2 if measured else 0
        for name in ("sum", "sumsq", "min", "max", "first", "last", "covered_s", "below_s", "above_s"):
            frame[f"{quantity}_{name}"] = ph_sum if measured else np.nan
        frame[f"{quantity}_hist"] = [
            np.array([60, 1800, place] if measured else [], dtype=np.int32) for place in range(len(starts))
        ]
    return frame


def hours(n: int, start: datetime = MIDNIGHT) -> pd.DatetimeIndex:
    return pd.date_range(start, periods=n, freq="h")


def test_hours_come_back_as_they_were_written(session, device):
    written = rollups(hours(3))

    put(session, device, written)

    read = hours_frame(session, [device.id], *DAY)
    assert read["hour"].tolist() == list(hours(3))
    for name in written.columns:
        if name.endswith("_hist"):
            assert [part.tolist() for part in read[name]] == [part.tolist() for part in written[name]]
        else:
            np.testing.assert_array_equal(read[name], written[name], err_msg=name)


def test_hours_without_readings_any_more_disappear_and_others_stay(session, device, other_device):
    put(session, device, rollups(hours(5)))
    put(session, other_device, rollups(hours(5)))

    covering = (MIDNIGHT + timedelta(hours=1), MIDNIGHT + timedelta(hours=3))
    put(session, device, rollups(hours(1, MIDNIGHT + timedelta(hours=2)), ph_sum=99.0), covering)

    read = hours_frame(session, [device.id], *DAY, columns=["ph_sum"])
    assert [(hour.hour, ph_sum) for hour, ph_sum in zip(read["hour"], read["ph_sum"], strict=True)] == [
        (0, 12.0),
        (2, 99.0),
        (3, 12.0),
        (4, 12.0),
    ]
    assert len(hours_frame(session, [other_device.id], *DAY)) == 5


def test_many_devices_are_written_at_once_each_in_its_own_span(session, device, other_device):
    for one in (device, other_device):
        put(session, one, rollups(hours(5)))
    new = rollups(hours(1), ph_sum=99.0)
    both = pd.concat([new.assign(device_id=one.id, hour=new.index) for one in (device, other_device)])

    spans = [(device.id, MIDNIGHT, MIDNIGHT + timedelta(hours=2)), (other_device.id, *DAY)]
    replace_hours(session, both, covering=spans)

    read = hours_frame(session, [device.id, other_device.id], *DAY, columns=["ph_sum"])
    assert read["ph_sum"].tolist() == [99.0, 12.0, 12.0, 12.0, 99.0]


def test_an_hour_that_stayed_what_it_was_is_not_written_again(session, device):
    put(session, device, rollups(hours(3)))
    versions = text("SELECT array_agg(ctid::text ORDER BY hour) FROM reading_hours")
    before = session.scalar(versions)

    changed = rollups(hours(3))
    changed.loc[changed.index[1], "ph_below_s"] = np.nan
    put(session, device, changed)

    assert [old == new for old, new in zip(before, session.scalar(versions), strict=True)] == [True, False, True]


def test_a_span_can_be_emptied(session, device):
    put(session, device, rollups(hours(2)))

    put(session, device, rollups(hours(0)))

    assert hours_frame(session, [device.id], *DAY).shape == (0, 38)


def test_days_come_back_as_they_were_written(session, device):
    written = rollups(pd.date_range(MIDNIGHT, periods=2, freq="D"))

    days = written.assign(device_id=device.id, day=written.index)
    replace_days(session, days, covering=[(device.id, MIDNIGHT, MIDNIGHT + timedelta(days=2))])

    read = days_frame(session, [device.id], date(2026, 11, 1), date(2026, 12, 1))
    assert read["day"].tolist() == [pd.Timestamp("2026-11-22", tz="UTC"), pd.Timestamp("2026-11-23", tz="UTC")]
    assert [part.tolist() for part in read["ph_hist"]] == [[60, 1800, 0], [60, 1800, 1]]


@pytest.mark.parametrize("quantity", ROLLUP_QUANTITIES)
def test_what_a_map_of_days_shows_is_read_from_their_key_alone(session, quantity):
    columns = ", ".join(f"{quantity}_{name}" for name in ("n", "sum", "covered_s", "below_s", "above_s"))
    # The table is empty: reading it from end to end would be cheaper.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL enable_bitmapscan = off"))

    plan = session.scalars(
        text(
            f"EXPLAIN SELECT device_id, day, {columns} FROM reading_days "  # noqa: S608 (names of columns)
            "WHERE device_id = ANY('{1,2}') AND day >= '2026-01-01' ORDER BY device_id, day"
        )
    ).all()

    assert plan[0].startswith("Index Only Scan using pk_reading_days")


def test_a_missing_column_is_named(session, device):
    with pytest.raises(BadReadings, match="ec_sumsq"):
        put(session, device, rollups(hours(1)).drop(columns="ec_sumsq"))


def test_a_mark_set_again_while_it_is_served_stays(engine, now):
    with session_scope(engine) as session:
        device = register_device(session, "pi-1", now=now)
        mark(session, device.id, now)
    with session_scope(engine) as session:
        taken = take_dirty_hours(session, limit=10)
    with session_scope(engine) as session:
        mark(session, device.id, now)  # the same clock reading, as two posts in one millisecond have

    with session_scope(engine) as session:
        clear_dirty_hours(session, taken)

    with session_scope(engine) as session:
        assert len(take_dirty_hours(session, limit=10)) == 1


def test_served_marks_are_removed(session, device, now):
    mark(session, device.id, now)

    clear_dirty_hours(session, take_dirty_hours(session, limit=10))

    assert take_dirty_hours(session, limit=10).empty


def test_a_mark_that_is_being_set_is_neither_waited_for_nor_removed(engine, now):
    with session_scope(engine) as session:
        device_id = register_device(session, "pi-1", now=now).id
        mark(session, device_id, now)

    with session_scope(engine) as storing, session_scope(engine) as serving:
        taken = take_dirty_hours(serving, limit=10)
        mark(storing, device_id, now)
        clear_dirty_hours(serving, taken)

    with session_scope(engine) as session:
        assert len(take_dirty_hours(session, limit=10)) == 1


def test_marks_can_be_taken_for_some_devices_only(session, device, other_device, now):
    mark(session, device.id, now)
    mark(session, other_device.id, now)

    taken = take_dirty_hours(session, limit=10, device_ids=[other_device.id])

    assert taken["device_id"].tolist() == [other_device.id]
    assert taken["hour"].tolist() == [pd.Timestamp(MIDNIGHT)]


def test_marking_a_span_marks_hours_with_readings_or_rollups_only(session, device, minutes_ms, now):
    store_readings(session, ReadingRows.of(device.id, minutes_ms(61)), now=now)
    put(session, device, rollups(hours(1, MIDNIGHT + timedelta(hours=5))))
    session.execute(text("DELETE FROM dirty_hours"))

    mark_dirty(session, device.id, MIDNIGHT + timedelta(minutes=30), DAY[1], now=now)

    assert [hour.hour for hour in take_dirty_hours(session, limit=10)["hour"]] == [0, 1, 5]


def test_only_flags_that_change_are_written_and_the_newest_reading_follows(session, device, minutes_ms, now):
    store_readings(session, ReadingRows.of(device.id, minutes_ms(3), quality=0x222, tests=0), now=now)
    flags = {"quality": [0x222, 0x221, 0x113], "tests": [0, 0, 32]}
    judged = pd.DataFrame({"device_id": device.id, "ts_ms": minutes_ms(3), **flags})

    changed = update_flags(session, judged)
    again = update_flags(session, judged)

    frame = readings_frame(session, device.id, columns=("quality", "tests"))
    state = session.scalars(select(DeviceState)).one()
    assert (changed, again) == (2, 0)
    assert frame["quality"].tolist() == [0x222, 0x221, 0x113]
    assert frame["tests"].tolist() == [0, 0, 32]
    assert (state.quality, state.tests) == (0x113, 32)


def test_sparklines_are_hourly_means_and_gaps_where_nothing_counted(session, device):
    put(session, device, rollups(hours(2)))

    sparks = sparkline_hours(session, *DAY)

    assert sparks["ph"].tolist() == [6.0, 6.0]
    assert sparks["n"].tolist() == [2, 2]
    assert sparks["ec_us_cm"].isna().all()


def mark(session, device_id: int, now: datetime) -> None:
    statement = (
        "INSERT INTO dirty_hours VALUES (:id, '2026-11-22 00:00+00', :now) ON CONFLICT (device_id, hour) DO UPDATE "
        "SET marked_at = greatest(excluded.marked_at, dirty_hours.marked_at + interval '1 microsecond')"
    )
    session.execute(text(statement), {"id": device_id, "now": now})

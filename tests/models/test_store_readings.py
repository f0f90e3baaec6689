from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.errors import BadReadings
from models.read.readings import count_readings, readings_frame, span
from models.tables import DeviceState, Reading
from models.write.readings import ReadingRows, StoreOutcome, bulk_load, store_readings

STORED, DUPLICATE, CONFLICT = StoreOutcome
EVERYTHING = (
    *("water_c", "ph", "ec_us_cm", "ph_sent", "ec_sent", "ph_mv", "ec_mv"),
    *("quality", "tests", "seq", "ph_calibration_id", "ec_calibration_id", "stream", "clock"),
)


def partitions(session: Session) -> list[str]:
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'readings'::regclass ORDER BY 1"
    return list(session.scalars(text(query)))


def dirty(session: Session) -> list[tuple[int, datetime]]:
    return list(map(tuple, session.execute(text("SELECT device_id, hour FROM dirty_hours ORDER BY 1, 2"))))


def test_a_batch_is_stored_and_read_back_unchanged(session, device, minutes_ms, now):
    rows = ReadingRows.of(
        device.id,
        minutes_ms(3),
        ph=[5.91, np.nan, 14.0],
        ec_us_cm=[1431.7, 0.0, 100_000.0],
        water_c=[21.4375, -55.0, np.nan],
        ph_mv=[1655.25, np.nan, -10_000.0],
        quality=[0x111, 0x919, 0x444],
        tests=[0, 1 << 47, 3],
        seq=[412, -1, 2**31 - 1],
        stream=[1, 1, -1],
        clock=[1, 0, -1],
    )

    outcome = store_readings(session, rows, now=now)

    frame = readings_frame(session, device.id, columns=EVERYTHING)
    assert outcome.tolist() == [STORED, STORED, STORED]
    for name in EVERYTHING:
        np.testing.assert_array_equal(frame[name].to_numpy(), getattr(rows, name), err_msg=name)
    assert frame.index.tolist() == [datetime(2026, 11, 22, 0, minute, tzinfo=UTC) for minute in range(3)]


def test_the_same_batch_again_is_all_duplicates(session, device, minutes_ms, now):
    rows = ReadingRows.of(device.id, minutes_ms(50), ph_mv=1655.2, water_c=21.4, ph=6.1)
    store_readings(session, rows, now=now)

    again = store_readings(session, rows, now=now)

    assert set(again) == {DUPLICATE}
    assert count_readings(session, device.id) == 50


def test_other_values_at_the_same_time_are_conflicts_and_the_first_stands(session, device, minutes_ms, now):
    store_readings(session, ReadingRows.of(device.id, minutes_ms(2), ph_sent=6.0, ph=6.0), now=now)

    outcome = store_readings(
        session, ReadingRows.of(device.id, minutes_ms(3), ph_sent=[6.0, 6.5, 7.0], ph=6.5), now=now
    )

    assert outcome.tolist() == [DUPLICATE, CONFLICT, STORED]
    assert readings_frame(session, device.id)["ph"].tolist() == [6.0, 6.0, 6.5]


def test_a_value_where_there_was_none_is_a_conflict(session, device, minutes_ms, now):
    store_readings(session, ReadingRows.of(device.id, minutes_ms(1), water_c=21.0), now=now)

    outcome = store_readings(session, ReadingRows.of(device.id, minutes_ms(1), water_c=21.0, ec_mv=800.0), now=now)

    assert outcome.tolist() == [CONFLICT]


def test_recalibrated_values_do_not_make_a_repetition_a_conflict(session, device, minutes_ms, now):
    store_readings(session, ReadingRows.of(device.id, minutes_ms(1), ph_mv=1500.0, ph=7.0), now=now)

    outcome = store_readings(session, ReadingRows.of(device.id, minutes_ms(1), ph_mv=1500.0, ph=6.9), now=now)

    assert outcome.tolist() == [DUPLICATE]


def test_inside_one_batch_the_first_wins_too(session, device, midnight_ms, now):
    rows = ReadingRows.of(
        device.id, [midnight_ms, midnight_ms, midnight_ms, midnight_ms + 1], ph_sent=[6.0, 6.0, 6.2, 6.2], ph=6.0
    )

    outcome = store_readings(session, rows, now=now)

    assert outcome.tolist() == [STORED, DUPLICATE, CONFLICT, STORED]


def test_outcomes_come_in_the_order_of_the_batch_not_of_time(session, device, other_device, midnight_ms, now):
    store_readings(session, ReadingRows.of(other_device.id, [midnight_ms], ph_sent=6.0), now=now)
    devices = [other_device.id, device.id, other_device.id, device.id]
    stamps = [midnight_ms + 60_000, midnight_ms, midnight_ms, midnight_ms]

    outcome = store_readings(session, ReadingRows.of(devices, stamps, ph_sent=[6.0, 6.0, 6.1, 6.0]), now=now)

    assert outcome.tolist() == [STORED, STORED, CONFLICT, DUPLICATE]


def test_two_devices_may_measure_at_the_same_moment(session, device, other_device, midnight_ms, now):
    rows = ReadingRows.of([device.id, other_device.id], [midnight_ms, midnight_ms], ph=[6.0, 7.0])

    assert store_readings(session, rows, now=now).tolist() == [STORED, STORED]


def test_milliseconds_are_kept_apart(session, device, midnight_ms, now):
    rows = ReadingRows.of(device.id, [midnight_ms, midnight_ms + 1, midnight_ms + 999])

    store_readings(session, rows, now=now)

    assert readings_frame(session, device.id).index.microsecond.tolist() == [0, 1000, 999000]


def test_bulk_loading_stores_the_same_as_storing(session, device, other_device, minutes_ms, now):
    generator = np.random.default_rng(20261123)
    columns = {
        name: np.where(generator.random(500) < 0.2, np.nan, generator.random(500) * 10) for name in EVERYTHING[:7]
    }
    columns |= {"tests": generator.integers(0, 3, 500), "seq": generator.integers(-1, 9, 500)}

    store_readings(session, ReadingRows.of(device.id, minutes_ms(500), **columns), now=now)
    bulk_load(session, ReadingRows.of(other_device.id, minutes_ms(500), **columns), now=now)

    stored = readings_frame(session, device.id, columns=EVERYTHING)
    loaded = readings_frame(session, other_device.id, columns=EVERYTHING)
    assert stored.equals(loaded)
    assert len(stored) == 500


def test_hours_of_rows_in_any_order_are_marked_once(session, device, other_device, minutes_ms, now):
    minutes = minutes_ms(180)[[0, 60, 1, 61, 0, 2]]

    bulk_load(session, ReadingRows.of([device.id] * 4 + [other_device.id] * 2, minutes, ph=6.0), now=now)

    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    assert dirty(session) == [
        (device.id, midnight),
        (device.id, midnight.replace(hour=1)),
        (other_device.id, midnight),
    ]


def test_bulk_loading_what_is_there_already_is_refused_whole(session, device, minutes_ms, now):
    store_readings(session, ReadingRows.of(device.id, minutes_ms(1)), now=now)

    with pytest.raises(IntegrityError), session.begin_nested():
        bulk_load(session, ReadingRows.of(device.id, minutes_ms(10)), now=now)

    assert count_readings(session, device.id) == 1


def test_an_empty_batch_is_nothing(session, device, now):
    assert store_readings(session, ReadingRows.of(device.id, []), now=now).tolist() == []


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(BadReadings, match="one length"):
        ReadingRows(**{**ReadingRows.of(1, [1, 2]).columns(), "ph": np.zeros(3)})


def test_partitions_are_made_for_the_month_of_each_reading(session, device, now):
    stamps = [datetime(year, month, 3, tzinfo=UTC).timestamp() * 1000 for year, month in ((2012, 2), (2031, 12))]

    store_readings(session, ReadingRows.of(device.id, stamps, ph=6.0), now=now)

    assert partitions(session) == ["readings_2012_02", "readings_2031_12", "readings_default"]
    assert session.scalar(text("SELECT count(*) FROM readings_default")) == 0
    assert count_readings(session, device.id, start=datetime(2031, 12, 1, tzinfo=UTC)) == 1


def test_rows_of_the_default_partition_move_when_their_month_is_made(session, device, midnight_ms, now):
    session.execute(text("INSERT INTO readings (device_id, ts, quality) VALUES (1, '2026-11-05 12:00+00', 273)"))

    store_readings(session, ReadingRows.of(device.id, [midnight_ms]), now=now)

    assert session.scalar(text("SELECT count(*) FROM readings_default")) == 0
    assert session.scalar(text("SELECT count(*) FROM readings_2026_11")) == 2


def test_exactly_the_touched_hours_are_marked_and_only_for_stored_rows(session, device, other_device, midnight_ms, now):
    hour = 3_600_000
    store_readings(session, ReadingRows.of(other_device.id, [midnight_ms], ph_sent=6.0), now=now)
    session.execute(text("DELETE FROM dirty_hours"))
    devices = [device.id, device.id, device.id, other_device.id]
    stamps = [midnight_ms + hour - 1, midnight_ms + hour, midnight_ms + 2 * hour - 1, midnight_ms]

    store_readings(session, ReadingRows.of(devices, stamps, ph_sent=6.0), now=now)

    assert dirty(session) == [
        (device.id, datetime(2026, 11, 22, 0, tzinfo=UTC)),
        (device.id, datetime(2026, 11, 22, 1, tzinfo=UTC)),
    ]


def test_the_newest_reading_is_remembered_and_late_ones_do_not_replace_it(session, device, midnight_ms, now):
    store_readings(session, ReadingRows.of(device.id, [midnight_ms, midnight_ms - 60_000], ph=[6.2, 6.1]), now=now)
    store_readings(session, ReadingRows.of(device.id, [midnight_ms - 120_000], ph=[6.0]), now=now)

    state = session.scalars(select(DeviceState)).one()

    assert (state.ts, state.ph) == (datetime(2026, 11, 22, tzinfo=UTC), 6.2)
    assert state.last_seen_at == now


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("ph", -0.01),
        ("ph", 14.01),
        ("ph", np.inf),
        ("ec_us_cm", -1.0),
        ("ec_us_cm", 100_000.1),
        ("water_c", -55.1),
        ("water_c", 125.1),
        ("ph_mv", 10_000.1),
        ("ec_mv", -np.inf),
        ("ph_sent", 1.1e6),
        ("ec_sent", -1.1e6),
    ],
)
def test_the_table_refuses_what_no_probe_can_measure(session, device, minutes_ms, now, column, value):
    with pytest.raises(IntegrityError, match=f"ck_readings_{column}"), session.begin_nested():
        store_readings(session, ReadingRows.of(device.id, minutes_ms(1), **{column: value}), now=now)


@pytest.mark.parametrize("moment", ["1989-12-31 23:59+00", "2100-01-01 00:00+00", "infinity", "9999-01-01"])
def test_the_table_refuses_times_outside_its_century(session, moment):
    statement = text("INSERT INTO readings (device_id, ts, quality) VALUES (1, CAST(:moment AS timestamptz), 273)")

    with pytest.raises(IntegrityError, match="ck_readings_ts"), session.begin_nested():
        session.execute(statement, {"moment": moment})


@pytest.mark.parametrize("column", ["ph", "ec_us_cm", "water_c", "ph_mv", "ec_mv", "ph_sent", "ec_sent"])
def test_the_table_refuses_nan(session, midnight_ms, column):
    values = {
        "device_id": 1,
        "ts": datetime.fromtimestamp(midnight_ms / 1000, UTC),
        "quality": 273,
        column: float("nan"),
    }

    with pytest.raises(IntegrityError, match=f"ck_readings_{column}"), session.begin_nested():
        session.execute(insert(Reading).values(values))


def test_a_year_9999_leaves_no_partition_behind(session, device, now):
    with pytest.raises(IntegrityError, match="ck_readings_ts"), session.begin_nested():
        store_readings(session, ReadingRows.of(device.id, [253_370_764_800_000]), now=now)

    assert partitions(session) == ["readings_default"]


def test_a_span_is_half_open_and_other_devices_stay_out(session, device, other_device, minutes_ms, now):
    store_readings(session, ReadingRows.of(device.id, minutes_ms(5), ph=np.arange(5.0)), now=now)
    store_readings(session, ReadingRows.of(other_device.id, minutes_ms(5), ph=9.0), now=now)
    start, end = datetime(2026, 11, 22, 0, 1, tzinfo=UTC), datetime(2026, 11, 22, 0, 4, tzinfo=UTC)

    frame = readings_frame(session, device.id, start, end)

    assert frame["ph"].tolist() == [1.0, 2.0, 3.0]
    assert list(frame.columns) == ["ph", "ec_us_cm", "water_c", "quality"]
    assert (str(frame.index.dtype), frame.index.name) == ("datetime64[ms, UTC]", "ts")
    assert span(session, device.id) == (datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 22, 0, 4, tzinfo=UTC))


def test_a_device_without_readings_gives_an_empty_frame_of_the_same_shape(session, device):
    frame = readings_frame(session, device.id)

    assert frame.shape == (0, 4)
    assert str(frame.index.dtype) == "datetime64[ms, UTC]"
    assert span(session, device.id) is None


def test_a_column_that_readings_do_not_have_is_refused(session, device):
    with pytest.raises(BadReadings, match="salinity"):
        readings_frame(session, device.id, columns=("ph", "salinity"))


def test_other_months_are_not_opened(session, device, now):
    stamps = [datetime(2026, month, 3, tzinfo=UTC).timestamp() * 1000 for month in range(1, 12)]
    store_readings(session, ReadingRows.of(device.id, stamps), now=now)

    plan = "\n".join(
        session.scalars(
            text("EXPLAIN SELECT * FROM readings WHERE device_id = :id AND ts >= :start AND ts < :end ORDER BY ts"),
            {"id": device.id, "start": datetime(2026, 3, 1, tzinfo=UTC), "end": datetime(2026, 4, 1, tzinfo=UTC)},
        )
    )

    assert "readings_2026_03" in plan
    assert "readings_2026_04" not in plan
    assert "readings_default" not in plan

"""What is done to a tank is found in its readings, stored once, and no reason to doubt them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.flags import Test, unpack_flags, unpack_tests
from app.jobs.rollups import refresh_dirty_hours
from models.db import session_scope
from models.read.events import events_frame
from models.write.events import EventRow, add_event, change_event, hide_event
from models.write.rollups import mark_dirty

START = datetime(2026, 11, 1, tzinfo=UTC)
START_MS = 1_793_491_200_000
MINUTE_MS = 60_000


def tank(days=3, every_min=5):
    """A tank with a dose of 240 µS/cm at 06:00, a top-up of -90 at 15:00, acid of -0.5 pH at 30:00 (hours)."""
    random = np.random.default_rng(3)
    ts_ms = START_MS + np.arange(days * 1440 // every_min) * every_min * MINUTE_MS
    hours = (ts_ms - START_MS) / 3_600_000

    def mixed(at, size):
        return size * (1 - np.exp(-np.clip(hours - at, 0, None) * 3600 / 300))

    ec = 1500 - 2 * hours + mixed(6, 240) + mixed(15, -90) + random.normal(0, 1.5, hours.size)
    ph = 5.9 + 0.01 * hours + mixed(6, -0.04) + mixed(30, -0.5) + random.normal(0, 0.005, hours.size)
    return {"ts_ms": ts_ms, "ph": ph, "ec_us_cm": ec, "water_c": 22 + random.normal(0, 0.05, hours.size)}


def send_rows(send, device, columns, rows=slice(None)):
    values = {name: column[rows] for name, column in columns.items() if name != "ts_ms"}
    send(device, columns["ts_ms"][rows], **values)


@pytest.fixture
def events(engine):
    """Read all events of a device."""

    def read(device, **options):
        with session_scope(engine) as session:
            return events_frame(session, device.id, START, START + timedelta(days=60), **options)

    return read


def test_a_dose_a_top_up_and_acid_are_stored_with_their_size(engine, now, register, send, events):
    device = register("pi-1")
    send_rows(send, device, tank())

    refresh_dirty_hours(engine, now=now)

    found = events(device)
    assert found["kind"].tolist() == ["dose", "top-up", "acid"]
    assert set(found["origin"]) == {"detected"}
    hours = (found["started_at"] - START).dt.total_seconds() / 3600
    assert hours.tolist() == pytest.approx([6, 15, 30], abs=0.17)
    assert found["ec_change"][:2].tolist() == pytest.approx([240, -90], abs=15)
    assert found["ph_change"][2] == pytest.approx(-0.5, abs=0.05)
    assert (found["ended_at"] > found["started_at"]).all()
    assert found["confidence"].between(0.5, 1).all()


def test_a_dose_is_no_reason_to_doubt_a_reading(engine, now, register, send, computed):
    device = register("pi-1")
    send_rows(send, device, tank())

    refresh_dirty_hours(engine, now=now)

    flags = computed(device)["flags"]
    assert [sorted(set(one.tolist())) for one in unpack_flags(flags["quality"])] == [[1], [1], [1]]


def test_a_fast_change_that_nobody_made_stays_doubtful(engine, now, register, send, computed):
    device = register("pi-1")
    columns = tank()
    # A jump of one reading: too small for a spike, too short for a level, 1.1 pH per hour within a quarter of an hour.
    columns["ph"][576] += 0.28
    send_rows(send, device, columns)

    refresh_dirty_hours(engine, now=now)

    doubted = np.flatnonzero(unpack_tests(computed(device)["flags"]["tests"])[0] & Test.RATE_OF_CHANGE)
    assert 576 in doubted
    assert set(doubted) <= {576, 579}


def test_the_water_of_a_river_has_no_events(engine, now, register, send, events):
    device = register("log-1", medium="natural")
    send_rows(send, device, tank())

    refresh_dirty_hours(engine, now=now)

    assert events(device).empty


def test_a_probe_that_comes_back_to_life_is_no_event(engine, now, register, send, events):
    device = register("pi-1")
    columns = tank(days=4)
    # Stuck from hour 40 to 70, while the EC goes on falling; then 90 µS/cm at once.
    columns["ec_us_cm"][480:840] = columns["ec_us_cm"][480]
    columns["ec_us_cm"][840:] -= 30
    send_rows(send, device, columns)

    refresh_dirty_hours(engine, now=now)

    assert events(device)["kind"].tolist() == ["dose", "top-up", "acid"]


@pytest.mark.parametrize("seed", [1, 2])
def test_readings_in_any_order_have_the_same_events(engine, now, register, send, computed, assert_same, events, seed):
    columns = tank(days=4)
    whole, pieces = register("pi-1"), register("pi-2")
    send_rows(send, whole, columns)
    refresh_dirty_hours(engine, now=now, device_ids=[whole.id])

    chunks = np.array_split(np.arange(columns["ts_ms"].size), 11)
    for number in np.random.default_rng(seed).permutation(11):
        send_rows(send, pieces, columns, chunks[number])
        refresh_dirty_hours(engine, now=now, device_ids=[pieces.id])

    assert_same(computed(pieces), computed(whole))
    pd.testing.assert_frame_equal(events(pieces), events(whole))
    assert events(whole)["kind"].tolist() == ["dose", "top-up", "acid"]


def test_a_dose_of_a_tank_read_every_ten_seconds_is_found_while_it_mixes(engine, register, send, computed, events):
    device = register("pi-1", interval_s=10)
    columns = tank(days=1, every_min=1)
    columns["ts_ms"] = START_MS + np.arange(1440) * 10_000 + 4 * 3_600_000
    hours = (columns["ts_ms"] - START_MS) / 3_600_000
    columns["ec_us_cm"] = 1500 + 240 * (1 - np.exp(-np.clip(hours - 6, 0, None) * 12)) + np.arange(1440) % 5
    moments = [6 + minutes / 60 for minutes in range(0, 60, 4)]

    for since, until in zip([0, *moments], moments, strict=False):
        send_rows(send, device, columns, np.flatnonzero((hours >= since) & (hours < until)))
        refresh_dirty_hours(engine, now=START + timedelta(hours=until))

    found = events(device)
    assert found["kind"].tolist() == ["dose"]
    assert abs(found["started_at"][0] - (START + timedelta(hours=6))) <= timedelta(minutes=6)
    assert set(unpack_flags(computed(device)["flags"]["quality"])[1].tolist()) == {1}


def test_an_event_goes_when_its_readings_are_corrected(engine, now, register, send, events):
    device = register("pi-1")
    send_rows(send, device, tank(days=1), slice(0, 150))
    refresh_dirty_hours(engine, now=now)
    assert events(device)["kind"].tolist() == ["dose"]

    with session_scope(engine) as session:
        session.connection().exec_driver_sql("UPDATE readings SET ec_us_cm = 1490 + extract(minute FROM ts) / 10")
        mark_dirty(session, device.id, START, START + timedelta(days=1), now=now)
    refresh_dirty_hours(engine, now=now)

    assert events(device).empty


def test_a_hidden_event_is_not_detected_again(engine, now, register, send, events):
    device = register("pi-1")
    send_rows(send, device, tank(), slice(0, 500))
    refresh_dirty_hours(engine, now=now)
    dose = events(device).iloc[0]
    with session_scope(engine) as session:
        hide_event(session, device.id, (dose["started_at"].to_pydatetime(), "dose"), now=now)

    send_rows(send, device, tank())
    late = tank()
    send(device, late["ts_ms"][60:90] + 70_000, ec_us_cm=late["ec_us_cm"][60:90], ph=late["ph"][60:90])
    refresh_dirty_hours(engine, now=now)

    assert events(device)["kind"].tolist() == ["top-up", "acid"]
    assert events(device, with_hidden=True)["kind"].tolist() == ["dose", "top-up", "acid"]


def test_what_a_person_changed_stays_and_keeps_the_detected_one_out(engine, now, register, send, events):
    device = register("pi-1")
    send_rows(send, device, tank(), slice(0, 500))
    refresh_dirty_hours(engine, now=now)
    dose = events(device).iloc[0]
    told = EventRow("acid", START + timedelta(hours=7), note="phosphoric, 40 ml")
    with session_scope(engine) as session:
        change_event(session, device.id, (dose["started_at"].to_pydatetime(), "dose"), told, now=now)

    send_rows(send, device, tank())
    late = tank()
    send(device, late["ts_ms"][60:90] + 70_000, ec_us_cm=late["ec_us_cm"][60:90], ph=late["ph"][60:90])
    refresh_dirty_hours(engine, now=now)

    found = events(device)
    assert found[["kind", "origin"]].to_numpy().tolist() == [
        ["acid", "manual"],
        ["top-up", "detected"],
        ["acid", "detected"],
    ]
    assert found["note"][0] == "phosphoric, 40 ml"


def test_a_dose_that_was_noted_is_not_listed_twice(engine, now, register, send, events):
    device = register("pi-1")
    with session_scope(engine) as session:
        add_event(session, device.id, EventRow("dose", START + timedelta(hours=5, minutes=50)), now=now)
    send_rows(send, device, tank())

    refresh_dirty_hours(engine, now=now)

    assert events(device)[["kind", "origin"]].to_numpy().tolist() == [
        ["dose", "manual"], ["top-up", "detected"], ["acid", "detected"],
    ]  # fmt: skip


def test_computing_again_writes_no_event(engine, now, register, send, events):
    device = register("pi-1")
    send_rows(send, device, tank())
    refresh_dirty_hours(engine, now=now)
    written = "SELECT array_agg(xmin::text ORDER BY started_at) FROM events"
    with engine.connect() as connection:
        before = connection.exec_driver_sql(written).scalar_one()

    late = tank()
    send(device, late["ts_ms"][400:401] + 1000, ec_us_cm=late["ec_us_cm"][400:401])
    refresh_dirty_hours(engine, now=now)

    with engine.connect() as connection:
        assert connection.exec_driver_sql(written).scalar_one() == before
    assert len(before) == 3

"""Devices that are computed in one pass end as if each had been computed alone."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from app.jobs import rollups
from app.jobs.rollups import group_devices, refresh_dirty_hours
from models.db import session_scope
from models.read.dirty import readings_per_marked_hour
from models.read.events import events_frame
from models.write.rollups import take_dirty_hours

START = datetime(2026, 11, 1, tzinfo=UTC)
START_MS = 1_793_491_200_000
MINUTE_MS = 60_000


def dosed(seed):
    """Finished values every five minutes, with a dose, a top-up and acid at hours of their own."""
    random, n = np.random.default_rng(seed), np.arange(2 * 288)
    hours = n / 12
    ec = 1500 + 240 * (hours > 5 + seed) - 120 * (hours > 20 + seed) + random.normal(0, 1.5, n.size)
    ph = 6 - 0.5 * (hours > 30 + seed) + random.normal(0, 0.005, n.size)
    return START_MS + n * 5 * MINUTE_MS, {"ph": ph, "ec_us_cm": ec, "water_c": 22 + random.normal(0, 0.05, n.size)}


def rough(seed, count):
    """A few readings of a probe that jumps about: all there is of the device."""
    random = np.random.default_rng(seed)
    stamps = START_MS + np.arange(count) * 5 * MINUTE_MS + 7 * 3_600_000
    return stamps, {"ph": 6 + random.normal(0, 0.4, count), "ec_us_cm": 1500 + random.normal(0, 200, count)}


def coarse():
    """A river written to 0.1 pH every 15 minutes, stuck for a day and a half."""
    n = np.arange(4 * 96)
    ph = np.round(8 + 0.3 * np.sin(n / 15) + np.random.default_rng(5).normal(0, 0.05, n.size), 1)
    ph[100:260] = 8.0
    return START_MS + n * 15 * MINUTE_MS, {"ph": ph}


@pytest.fixture
def fleet(register, tank_log):
    """Devices of many kinds, each twice: (name, how to register it, times, values)."""

    def log(days, seed):
        columns = tank_log(days, seed)
        return columns.pop("ts_ms"), columns

    kinds = [
        *(({}, *log(3, seed)) for seed in (7, 8)),
        *(({}, *dosed(seed)) for seed in (1, 2, 3)),
        *(({}, *rough(seed, count)) for seed, count in ((1, 3), (2, 6), (3, 9), (4, 14), (5, 14))),
        ({"medium": "natural", "interval_s": 900}, *coarse()),
        ({"interval_s": 60}, *dosed(4)),
    ]
    return [
        tuple((register(f"{side}-{number}", **options), stamps, values) for side in ("pi", "log"))
        for number, (options, stamps, values) in enumerate(kinds, 1)
    ]


def overrule(engine, devices):
    """Let a person have decided about the pH of some devices, for longer than there are readings."""
    statement = (
        "INSERT INTO flag_overrides (device_id, quantity, start_at, end_at, flag, reason, created_at) "
        "VALUES (:id, 'ph', :start, :end, 4, 'told', :start)"
    )
    with session_scope(engine) as session:
        for device in devices:
            span = {"start": START + timedelta(hours=20), "end": START + timedelta(days=300)}
            session.execute(text(statement), {"id": device.id, **span})


def events_of(engine, device):
    with session_scope(engine) as session:
        return events_frame(session, device.id, START, START + timedelta(days=60))


def test_many_at_once_end_as_each_alone_in_whatever_pieces_they_come(
    engine, now, fleet, send, computed, assert_same, dirty
):
    overrule(engine, [one[0] for one in fleet[1]] + [one[0] for one in fleet[3]])
    for part in (1, 0):
        for pair in fleet:
            for device, stamps, values in pair:
                chosen = np.array_split(np.arange(stamps.size), 2)[part]
                send(device, stamps[chosen], **{name: column[chosen] for name, column in values.items()})
        refresh_dirty_hours(engine, now=now, device_ids=[together[0].id for together, _ in fleet])
        for _, alone in fleet:
            refresh_dirty_hours(engine, now=now, device_ids=[alone[0].id])

    assert dirty() == 0
    for together, alone in fleet:
        assert_same(computed(together[0]), computed(alone[0]))
        pd.testing.assert_frame_equal(events_of(engine, together[0]), events_of(engine, alone[0]))
    # The acid of one is hidden by what a person said of its pH.
    assert [len(events_of(engine, together[0])) for together, _ in fleet[2:5]] == [3, 2, 3]


def test_one_that_cannot_be_computed_keeps_its_marks_and_stops_no_other(
    engine, now, register, send, dirty, monkeypatch, caplog
):
    bad, good = register("pi-1"), register("pi-2")
    for device in (bad, good):
        send(device, START_MS + np.arange(10) * 5 * MINUTE_MS, ph=np.full(10, 6.0))
    compute = rollups.compute_hours

    def fail_on_bad(session, dirty_hours, **options):
        if bad in [device for device, _ in dirty_hours]:
            raise ValueError("odd readings")
        compute(session, dirty_hours, **options)

    monkeypatch.setattr(rollups, "compute_hours", fail_on_bad)

    assert refresh_dirty_hours(engine, now=now) == 1
    assert dirty() == 1
    assert "the hours of pi-1 cannot be computed" in caplog.text


def test_devices_are_grouped_by_what_there_is_to_read(register):
    minutes, tens = register("pi-1", interval_s=60), register("pi-2", interval_s=10)
    others = [register(f"pi-{number}", interval_s=60) for number in range(3, 60)]

    groups = list(group_devices({minutes: 24, tens: 800, **dict.fromkeys(others, 1)}, {}))

    assert [len(group) for group in groups] == [1, 1, 57]


def test_devices_that_measure_faster_than_they_were_told_to_are_grouped_by_what_they_sent(register):
    devices = [register(f"pi-{number}", interval_s=60) for number in range(1, 5)]

    groups = list(group_devices(dict.fromkeys(devices, 10), {devices[1].id: 1800.0, devices[2].id: 1800.0}))

    assert [len(group) for group in groups] == [2, 2]


def test_no_more_is_computed_at_once_than_fits(engine, now, register, send, dirty, monkeypatch):
    device = register("pi-1", interval_s=60)
    send(device, START_MS + np.arange(48 * 720) * 5000, ph=6 + np.arange(48 * 720) % 7 / 10)
    pieces, compute = [], rollups.compute_hours
    monkeypatch.setattr(rollups, "_READINGS", 20_000)

    def note(session, dirty_hours, **options):
        pieces.append(len(dirty_hours[0][1]))
        compute(session, dirty_hours, **options)

    monkeypatch.setattr(rollups, "compute_hours", note)

    assert refresh_dirty_hours(engine, now=now) == 48
    assert (pieces, dirty()) == ([27, 21], 0)


def test_the_readings_of_marked_hours_are_counted(engine, register, send):
    often, seldom = register("pi-1"), register("pi-2")
    send(often, START_MS + np.arange(9 * 720) * 5000, ph=np.full(9 * 720, 6.0))
    send(seldom, START_MS + np.arange(3) * 30 * MINUTE_MS, ph=np.full(3, 6.0))

    with session_scope(engine) as session:
        held = readings_per_marked_hour(session, take_dirty_hours(session, limit=100))

    assert held == {often.id: 720.0, seldom.id: 1.5}

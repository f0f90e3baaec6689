"""What happens where a device has readings already."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.imports import ImportRefused, Mode
from app.imports import load as loading
from app.jobs.rollups import refresh_dirty_hours
from models.db import session_scope
from models.read.devices import find_device
from models.read.readings import newest_at, readings_frame

FIRST = "time,ph\n2026-01-01 00:00,6.0\n2026-01-01 00:10,6.1\n2026-01-01 00:20,6.2\n2026-01-01 02:00,6.3\n"


def values(engine, name="log-1"):
    with session_scope(engine) as session:
        frame = readings_frame(session, find_device(session, name).id, columns=("ph",))
    return {stamp.strftime("%H:%M"): value for stamp, value in frame["ph"].items()}


def asked(engine, query):
    with engine.connect() as connection:
        return connection.execute(text(query)).all()


def test_backfill_fills_gaps_and_nothing_else(engine, load):
    load(FIRST)

    report = load(
        "time,ph\n2026-01-01 00:08,7.0\n2026-01-01 00:40,7.1\n2026-01-01 00:41,7.2\n2026-01-01 02:00,7.3\n",
        mode=Mode.BACKFILL,
    )

    assert (report.lines, report.accepted, report.left_out) == (4, 2, 2)
    assert values(engine) == {
        "00:00": 6.0, "00:10": 6.1, "00:20": 6.2, "00:40": 7.1, "00:41": 7.2, "02:00": 6.3,
    }  # fmt: skip


def test_backfill_of_an_empty_device_loads_all(engine, load):
    assert load(FIRST, mode=Mode.BACKFILL).accepted == 4


def test_a_replaced_span_holds_the_files_readings_alone(engine, load):
    load(FIRST)

    report = load("time,ph\n2026-01-01 00:05,7.0\n2026-01-01 00:20,7.1\n", mode=Mode.REPLACE_SPAN)

    assert (report.accepted, report.replaced, report.left_out) == (2, 2, 0)
    assert values(engine) == {"00:00": 6.0, "00:05": 7.0, "00:20": 7.1, "02:00": 6.3}


def test_what_was_replaced_is_kept_apart_as_it_was_sent(engine, load):
    load(FIRST)

    load("time,ph\n2026-01-01 00:20,7.1\n", mode=Mode.REPLACE_SPAN)

    kept = asked(engine, "SELECT ts, reason, reading, resolved_at IS NOT NULL FROM quarantine")
    assert kept == [("2026-01-01T00:20:00.000Z", "replaced", {"ph": 6.2}, True)]
    (told,) = asked(engine, "SELECT details FROM audit_log WHERE action = 'replace-readings'")
    assert told[0]["readings"] == 1


def test_a_span_that_is_said_is_replaced_as_said(engine, load, now):
    load(FIRST)
    midnight = now.replace(month=1, day=1, hour=0, minute=0)

    report = load(
        "time,ph\n2026-01-01 00:20,7.0\n2026-01-01 02:00,7.1\n",
        mode=Mode.REPLACE_SPAN,
        span_start=midnight,
        span_end=midnight + timedelta(hours=1),
    )

    assert (report.accepted, report.replaced, report.left_out) == (1, 3, 1)
    assert values(engine) == {"00:20": 7.0, "02:00": 6.3}


def test_a_time_that_cannot_be_true_makes_no_room(engine, load):
    load(FIRST)

    report = load("time,ph\n1980-01-01 00:00,7.0\n2026-01-01 00:10,7.1\n2099-01-01 00:00,7.2\n", mode=Mode.REPLACE_SPAN)

    assert (report.replaced, report.accepted) == (1, 1)
    assert values(engine) == {"00:00": 6.0, "00:10": 7.1, "00:20": 6.2, "02:00": 6.3}


def test_the_newest_reading_is_that_of_what_is_left(engine, load):
    load(FIRST)

    load("time,ph\n2026-01-01 00:20,7.0\n2026-01-01 02:00,\n", mode=Mode.REPLACE_SPAN)
    load("time,ph\n2026-01-01 01:00,7.5\n2026-01-01 01:59,7.6\n", mode=Mode.REPLACE_SPAN, span_end=None)

    with session_scope(engine) as session:
        device = find_device(session, "log-1")
        assert newest_at(session, device.id).isoformat() == "2026-01-01T02:00:00+00:00"
    assert asked(engine, "SELECT ph FROM device_state") == [(None,)]


def test_the_hours_agree_with_what_was_put_in_place(engine, load, now):
    load(FIRST)
    load("time,ph\n2026-01-01 00:00,7.0\n2026-01-01 00:59,7.2\n", mode=Mode.REPLACE_SPAN)

    refresh_dirty_hours(engine, now=now)

    hours = asked(engine, "SELECT n FROM reading_hours ORDER BY hour")
    assert hours == [(2,), (1,)]


def test_a_replacement_that_fails_on_its_way_changes_nothing(engine, load, monkeypatch):
    load(FIRST)
    calls = []

    def fail_at_the_second(*given, **named):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the power is gone")
        return store(*given, **named)

    store = loading.take_in
    monkeypatch.setattr(loading, "take_in", fail_at_the_second)
    with pytest.raises(RuntimeError):
        load("time,ph\n2026-01-01 00:00,7.0\n2026-01-01 00:20,7.1\n", mode=Mode.REPLACE_SPAN, piece_lines=1)

    assert values(engine) == {"00:00": 6.0, "00:10": 6.1, "00:20": 6.2, "02:00": 6.3}
    assert asked(engine, "SELECT * FROM quarantine") == []


def test_a_dry_run_replaces_nothing(engine, load):
    load(FIRST)

    report = load("time,ph\n2026-01-01 00:20,7.1\n", mode=Mode.REPLACE_SPAN, dry_run=True)

    assert (report.replaced, report.accepted) == (1, 1)
    assert values(engine)["00:20"] == 6.2


def test_a_file_without_a_reading_replaces_nothing(engine, load):
    load(FIRST)

    with pytest.raises(ImportRefused, match="holds no reading that could take the place of others"):
        load("time,ph\nx,7.1\n2026-01-01 00:00,y\n", mode=Mode.REPLACE_SPAN, time_format="%Y-%m-%d %H:%M")


def test_a_file_of_several_devices_is_loaded_in_one_go(engine, load):
    report = load(
        "pi,time,ph\npi-1,2026-01-01 00:00,6.0\npi-2,2026-01-01 00:00,6.5\nPI 3,2026-01-01 00:00,7\n"
        "pi-1,2026-01-01 00:30,6.1\n",
        device=None,
        device_column="pi",
    )

    assert (report.accepted, report.rejected_count) == (3, 1)
    assert report.rejected[0].reason == "'PI 3' is no name of a device: lower-case letters, digits and hyphens"
    assert dict(report.devices) == {"pi-1": 2, "pi-2": 1}
    assert report.new_devices == ["pi-1", "pi-2"]
    assert values(engine, "pi-1") == {"00:00": 6.0, "00:30": 6.1}
    assert values(engine, "pi-2") == {"00:00": 6.5}

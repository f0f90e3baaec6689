"""Statistics, steps and heatmap over HTTP: the numbers of the pages."""

from datetime import UTC, datetime, timedelta

import pytest

from app.pages.device.period import Period
from app.pages.device.source import DatabaseDevices
from app.pages.device.statistics import summarise_readings
from models.db import session_scope
from models.read.devices import find_device
from models.write.devices import register_device

#: Half an hour each at pH 6 and at pH 7, the last reading at 00:29; the generic band is 5.5 to 6.5.
PH = [6.0] * 30 + [7.0] * 30
HOUR = "start=2026-11-22T23:30:00Z&end=2026-11-23T00:30:00Z"


@pytest.fixture
def measured(tank, send_minutes):
    send_minutes(tank, ph=PH, water_c=[21.0] * 60)
    return tank


def test_statistics_are_those_of_a_period(program, measured):
    body = program().get(f"/stats?{HOUR}").get_json()

    ph = body["devices"][0]["statistics"]["ph"]
    assert (body["start"], body["end"], body["next"]) == ("2026-11-22T23:30:00.000Z", "2026-11-23T00:30:00.000Z", None)
    assert (body["devices"][0]["device"], body["devices"][0]["level"]) == ("pi-7", "readings")
    assert (ph["mean"], ph["low"], ph["high"], ph["used"], ph["left_out"]) == (6.5, 6.0, 7.0, 60, 0)
    assert (ph["inside"], ph["above"], ph["below"], ph["coverage"]) == (0.5, 0.5, 0.0, 1.0)
    assert ph["std"] == pytest.approx(0.504219484, rel=1e-8)


def test_what_was_not_measured_is_null_and_not_zero(program, measured):
    ec = program().get(f"/stats?{HOUR}").get_json()["devices"][0]["statistics"]["ec_us_cm"]

    assert (ec["mean"], ec["inside"], ec["used"], ec["coverage"]) == (None, None, 0, 0.0)


def test_statistics_are_those_of_the_device_page(program, engine, clock, measured, now):
    period = Period(now - timedelta(hours=1), now)
    source = DatabaseDevices(engine, clock)
    with session_scope(engine) as session:
        device = find_device(session, "pi-7")
    readings = source.readings(device.id, period.widened(timedelta(hours=6)))
    page = summarise_readings(readings, source.bands(device.id, period), period, interval_s=60)

    statistics = program().get(f"/stats?{HOUR}").get_json()["devices"][0]["statistics"]

    assert {name: one["mean"] for name, one in statistics.items() if one["mean"] is not None} == {
        str(quantity): one.mean for quantity, one in page.items() if one.used
    }
    assert statistics["ph"]["median"] == page["ph"].median


def test_hours_are_current_the_moment_a_reading_is_stored(program, measured):
    path = "/devices/pi-7/readings?resolution=1h&fields=ph&start=2026-11-22T23:00:00Z"

    body = program().get(path).get_json()

    assert "hours_to_compute" not in body
    assert [(one["ts"], one["n"], one["ph"], one["ph_high"]) for one in body["readings"]] == [
        ("2026-11-22T23:00:00.000Z", 30, 6.0, 6.0),
        ("2026-11-23T00:00:00.000Z", 30, 7.0, 7.0),
    ]


def test_days_are_those_of_utc(program, measured):
    body = program().get("/devices/pi-7/readings?resolution=1d&fields=ph&start=2026-11-22T00:00:00Z").get_json()

    assert [(one["ts"][:10], one["ph"], one["ph_count"]) for one in body["readings"]] == [
        ("2026-11-22", 6.0, 30),
        ("2026-11-23", 7.0, 30),
    ]


def test_pages_of_hours_join_without_a_seam(program, measured):
    reader, path = program(), "/devices/pi-7/readings?resolution=1h&fields=ph&start=2026-11-22T23:00:00Z&limit=1"

    first = reader.get(path).get_json()
    second = reader.get(f"{path}&cursor={first['next']}").get_json()

    assert [one["ph"] for one in first["readings"] + second["readings"]] == [6.0, 7.0]
    assert second["next"] is None


def test_a_heatmap_has_a_row_for_every_device_and_a_column_for_every_hour(program, engine, measured, now):
    with session_scope(engine) as session:
        register_device(session, "pi-10", now=now)

    body = program().get("/heatmap?start=2026-11-22T22:30:00Z").get_json()

    assert body["starts"] == ["2026-11-22T22:00:00.000Z", "2026-11-22T23:00:00.000Z", "2026-11-23T00:00:00.000Z"]
    assert body["devices"] == [
        {"device": "pi-7", "mean": [None, 6.0, 7.0], "outside": [None, 0.0, 1.0]},
        {"device": "pi-10", "mean": [None, None, None], "outside": [None, None, None]},
    ]


def test_a_heatmap_does_not_judge_where_there_is_no_target(program, engine, send_minutes, now):
    with session_scope(engine) as session:
        river = register_device(session, "river", origin="import", medium="natural", interval_s=60, now=now)
    send_minutes(river, ph=PH)

    body = program().get("/heatmap?start=2026-11-22T23:30:00Z").get_json()

    assert body["devices"] == [{"device": "river", "mean": [6.0, 7.0], "outside": [None, None]}]


def test_devices_come_page_by_page(program, engine, now):
    with session_scope(engine) as session:
        for number in (10, 2, 1):
            register_device(session, f"pi-{number}", now=now)
    reader = program()

    for path in ("/heatmap", "/stats"):
        first = reader.get(f"{path}?limit=2").get_json()
        second = reader.get(f"{path}?limit=2&cursor={first['next']}").get_json()
        names = [one["device"] for one in first["devices"] + second["devices"]]
        assert (names, second["next"]) == (["pi-1", "pi-2", "pi-10"], None)


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/heatmap?start=1990-01-01T00:00:00Z&resolution=1h", "start"),
        ("/heatmap?start=0001-01-01T00:00:00Z", "start"),
        ("/heatmap?quantity=salinity", "quantity"),
        ("/heatmap?cursor=nobody", "cursor"),
        ("/stats?start=0001-01-01T00:00:00Z", "start"),
        ("/stats?limit=26", "limit"),
        ("/events?cursor=1.2", "cursor"),
        ("/events?cursor=99999999999999999999.1.dose", "cursor"),
        ("/audit?start=x", "start"),
    ],
)
def test_what_cannot_be_asked_is_named(admin, tank, path, parameter):
    answer = admin.get(path)

    assert (answer.status_code, answer.get_json()["errors"][0]["parameter"]) == (400, parameter)


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("2026-11-23T05:15:00%2B05:45", datetime(2026, 11, 22, 23, 30, tzinfo=UTC)),
        ("2026-11-22T20:00:00-03:30", datetime(2026, 11, 22, 23, 30, tzinfo=UTC)),
        # A wall clock that shows 01:30 twice in that night: the offset says which of the two it is.
        ("2026-11-01T01:30:00-04:00", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("2026-11-01T01:30:00-05:00", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_every_offset_round_trips(program, tank, start, first):
    body = program().get(f"/devices/pi-7/readings?start={start}").get_json()

    assert datetime.fromisoformat(body["start"]) == first

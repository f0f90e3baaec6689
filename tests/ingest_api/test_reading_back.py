"""What people and programs may read: devices, newest readings, history."""

from datetime import timedelta

import pytest

from ingest_api.principals import Reader
from models.db import session_scope
from models.write.devices import register_device, retire_device

NEWEST = {
    "seq": 1,
    "ts": "2026-11-23T00:29:50.000Z",
    "ph": 15.2,
    "ec_us_cm": 1500.0,
    "water_c": None,
}


@pytest.fixture
def reader(api):
    api.is_person = True
    return api


def get(api, path):
    return api.client.get(f"/api/v1{path}")


def post_minutes(api, pi, count):
    start = api.now - timedelta(minutes=count)
    items = [{"ts": (start + timedelta(minutes=one)).isoformat(), "ph": 6 + one / 1000} for one in range(count)]
    assert api.post(pi, {"readings": items}).get_json()["accepted"] == count


@pytest.mark.parametrize("path", ["/devices", "/devices/pi-7", "/devices/pi-7/readings", "/readings/latest"])
def test_only_people_who_are_logged_in_may_read(api, pi, path):
    assert get(api, path).status_code == 401
    assert api.client.get(f"/api/v1{path}", headers=pi.headers).status_code == 401

    api.is_person = True

    assert get(api, path).status_code == 200


def test_a_reader_may_be_limited_to_some_devices():
    assert Reader().may_read("pi-1")
    assert Reader(frozenset({"pi-1"})).may_read("pi-1")
    assert not Reader(frozenset({"pi-1"})).may_read("pi-2")


def test_a_device_is_told_with_its_bands_and_its_newest_reading(reader, pi):
    reader.post(pi, {"agent": "1.2", "sent_at": "2026-11-23T00:30:01Z", "readings": [NEWEST]})

    assert get(reader, "/devices/pi-7").get_json() == {
        "name": "pi-7",
        "site": None,
        "zone": None,
        "crop": None,
        "stage": None,
        "status": "active",
        "origin": "agent",
        "time_zone": None,
        "interval_s": 60.0,
        "agent": "1.2",
        "skew_ms": 1000,
        "clock_suspect": False,
        "config_damaged": False,
        "bands": {"ph": [5.5, 6.5], "ec_us_cm": [1000.0, 2400.0], "water_c": [18.0, 26.0]},
        "latest": {
            "device": "pi-7",
            "last_seen_at": "2026-11-23T00:30:00.000Z",
            "ts": "2026-11-23T00:29:50.000Z",
            "ph": None,
            "ec_us_cm": 1500.0,
            "water_c": None,
            "flags": {"ph": 4, "ec_us_cm": 1, "water_c": 9},
            "tests": {"ph": ["impossible"], "water_c": ["missing"]},
        },
    }


def test_a_clock_that_is_a_minute_off_is_suspect(reader, pi):
    reader.post(pi, {"sent_at": "2026-11-23T00:31:00Z", "readings": [NEWEST]})

    told = get(reader, "/devices/pi-7").get_json()

    assert (told["skew_ms"], told["clock_suspect"]) == (60_000, True)


def test_a_damaged_configuration_is_told_until_the_device_no_longer_says_so(reader, pi):
    def told_after(**envelope):
        reader.post(pi, {"readings": [NEWEST], **envelope})
        return get(reader, "/devices/pi-7").get_json()["config_damaged"]

    assert told_after(config_damaged=True) is True
    assert told_after() is False
    assert told_after(config_damaged=True) is True
    assert told_after(config_damaged=False) is False


def test_a_configuration_is_damaged_or_not_and_nothing_in_between(reader, pi):
    answer = reader.post(pi, {"readings": [NEWEST], "config_damaged": "yes"})

    (rejected,) = answer.get_json()["rejected"]
    assert (rejected["code"], rejected["pointer"]) == ("config-damaged-invalid", "/config_damaged")


def test_a_device_that_never_sent_anything_has_no_reading(reader, pi):
    latest = get(reader, "/devices/pi-7").get_json()["latest"]

    assert (latest["ts"], latest["ph"], latest["flags"], latest["last_seen_at"]) == (None, None, None, None)


def test_devices_are_listed_in_their_natural_order_and_page_by_page(reader, now):
    with session_scope(reader.engine) as session:
        for number in (10, 2, 1, 3):
            register_device(session, f"pi-{number}", now=now)
        register_device(session, "pi-0", now=now)
        retire_device(session, "pi-0", now=now)

    first = get(reader, "/devices?limit=3").get_json()
    second = get(reader, f"/devices?limit=3&cursor={first['next']}").get_json()

    assert [one["name"] for one in first["devices"]] == ["pi-1", "pi-2", "pi-3"]
    assert ([one["name"] for one in second["devices"]], second["next"]) == (["pi-10"], None)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("site=north", ["pi-1", "pi-2"]),
        ("site=north&zone=b", ["pi-2"]),
        ("site=south", []),
        ("status=active&q=I-2", ["pi-2"]),
        ("q=.", []),
    ],
)
def test_devices_are_filtered(reader, now, query, names):
    with session_scope(reader.engine) as session:
        for number, zone in ((1, "a"), (2, "b")):
            register_device(session, f"pi-{number}", site="north", zone=zone, now=now)
        register_device(session, "pi-3", now=now)

    assert [one["name"] for one in get(reader, f"/devices?{query}").get_json()["devices"]] == names
    assert [one["device"] for one in get(reader, f"/readings/latest?{query}").get_json()["readings"]] == names


def test_history_comes_page_by_page_without_loss_or_repetition(reader, pi):
    post_minutes(reader, pi, 25)
    path, values, cursor = "/devices/pi-7/readings?limit=10&fields=ph", [], ""
    for _ in range(3):
        body = get(reader, path + cursor).get_json()
        values += [one["ph"] for one in body["readings"]]
        cursor = f"&cursor={body['next']}"

    assert body["next"] is None
    assert values == [6 + one / 1000 for one in range(25)]


def test_history_is_cut_to_the_span_and_the_fields_asked_for(reader, pi):
    post_minutes(reader, pi, 25)

    body = get(
        reader, "/devices/pi-7/readings?start=2026-11-23T07:10:00%2B07:00&end=2026-11-23T07:12:00+07:00&fields=ph"
    ).get_json()

    assert body == {
        "device": "pi-7",
        "start": "2026-11-23T00:10:00.000Z",
        "end": "2026-11-23T00:12:00.000Z",
        "resolution": "raw",
        "readings": [
            {"ts": "2026-11-23T00:10:00.000Z", "ph": 6.005, "flags": {"ph": 1}},
            {"ts": "2026-11-23T00:11:00.000Z", "ph": 6.006, "flags": {"ph": 1}},
        ],
        "next": None,
    }


def test_history_of_long_ago_is_found_across_a_long_silence(reader):
    old = reader.register("log-1", has_history=True)
    items = [{"ts": f"{year}-01-01T00:00:00Z", "ph": 6.0} for year in (2012, 2020)]
    reader.post(old, {"readings": items})

    body = get(reader, "/devices/log-1/readings?start=2000-01-01T00:00:00Z&limit=2").get_json()

    assert [one["ts"][:4] for one in body["readings"]] == ["2012", "2020"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("start=yesterday", "start"),
        ("end=2026-11-23", "end"),
        ("limit=0", "limit"),
        ("limit=10001", "limit"),
        ("limit=1e3", "limit"),
        ("limit=%D9%A1", "limit"),
        ("fields=ph,salinity", "fields"),
        ("resolution=2h", "resolution"),
        ("start=2026-11-24T00:00:00Z", "start"),
        ("limti=5", "limti"),
        ("limit=5&limit=6", "limit"),
        ("limit=00000000001", "limit"),
        ("cursor=x", "cursor"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(reader, pi, query, parameter):
    answer = get(reader, f"/devices/pi-7/readings?{query}")

    assert (answer.status_code, answer.get_json()["type"]) == (400, "/api/v1/problems/malformed-parameter")
    assert [one["parameter"] for one in answer.get_json()["errors"]] == [parameter]


def test_a_refused_parameter_comes_with_what_it_may_be(reader, pi):
    errors = [
        get(reader, f"/devices/pi-7/readings?{query}").get_json()["errors"][0] for query in ("resolution=2h", "sort=up")
    ]

    assert errors[0] == {
        "parameter": "resolution",
        "detail": "'2h' is not one of raw, 1m, 5m, 1h, 1d",
        "allowed": ["raw", "1m", "5m", "1h", "1d"],
    }
    assert errors[1]["allowed"] == ["start", "end", "resolution", "fields", "limit", "cursor"]


@pytest.mark.parametrize("stamp", ["2026-11-23T06:05:00+05:45", "2026-11-22T20:50:00-03:30", "2026-11-23T00:20:00Z"])
def test_any_offset_means_the_same_moment(reader, pi, stamp):
    post_minutes(reader, pi, 25)

    body = get(reader, f"/devices/pi-7/readings?limit=1&start={stamp.replace('+', '%2B')}").get_json()

    assert body["readings"][0]["ts"] == "2026-11-23T00:20:00.000Z"


def test_steps_hold_the_means_of_usable_readings(reader, pi):
    items = [
        {"ts": "2026-11-23T00:10:00Z", "ph": 6.0},
        {"ts": "2026-11-23T00:10:30Z", "ph": 6.5},
        {"ts": "2026-11-23T00:10:40Z", "ph": 15.2},
        {"ts": "2026-11-23T00:14:59Z", "ph": 7.0},
        {"ts": "2026-11-23T00:20:00Z", "ph": None},
    ]
    reader.post(pi, {"readings": items})

    minutes = get(reader, "/devices/pi-7/readings?resolution=1m&fields=ph").get_json()["readings"]
    fives = get(reader, "/devices/pi-7/readings?resolution=5m&fields=ph").get_json()["readings"]

    assert minutes[0] == {
        "ts": "2026-11-23T00:10:00.000Z", "n": 3, "ph": 6.25, "ph_low": 6.0, "ph_high": 6.5, "ph_count": 2,
    }  # fmt: skip
    assert [one["ts"][14:16] for one in minutes] == ["10", "14", "20"]
    assert [(one["ts"][14:16], one["n"], one["ph"], one["ph_count"]) for one in fives] == [
        ("10", 4, 6.5, 3),
        ("20", 1, None, 0),
    ]


@pytest.mark.parametrize("resolution", ["raw", "1m", "5m"])
def test_pages_join_without_a_seam_at_any_resolution(reader, pi, resolution):
    post_minutes(reader, pi, 25)
    path = f"/devices/pi-7/readings?resolution={resolution}&fields=ph"
    whole = get(reader, path).get_json()["readings"]

    pieces, cursor = [], ""
    while cursor is not None:
        page = get(reader, f"{path}&limit=2{cursor}").get_json()
        pieces += page["readings"]
        cursor = page["next"] and f"&cursor={page['next']}"

    assert pieces == whole
    assert len(whole) == {"raw": 25, "1m": 25, "5m": 5}[resolution]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("name", ["pi-2", "pi-10"]),
        ("-name", ["pi-10", "pi-2"]),
        ("last_seen_at", ["pi-10", "pi-2"]),
        ("-last_seen_at", ["pi-10", "pi-2"]),
    ],
)
def test_devices_come_in_the_order_asked_for(reader, order, names):
    reader.register("pi-2")
    reader.post(reader.register("pi-10"), {"readings": [NEWEST]})

    assert [one["name"] for one in get(reader, f"/devices?order={order}").get_json()["devices"]] == names


@pytest.mark.parametrize("name", ["pi-8", "PI-7", "pi%00", "%F0%9F%8D%93", "..", "pi'--"])
@pytest.mark.parametrize("rest", ["", "/readings"])
def test_a_device_that_is_not_there_is_unknown(reader, pi, name, rest):
    answer = get(reader, f"/devices/{name}{rest}")

    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")

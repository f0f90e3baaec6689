"""SenML packs, stored like any other readings."""

import json

import pytest
from sqlalchemy import text

from ingest_api.problems import Problem
from ingest_api.senml import gather_senml

NOW_MS = 1_795_393_800_000


def gather(*records):
    return gather_senml(json.dumps(records).encode(), now_ms=NOW_MS)


def readings(*records):
    return list(gather(*records).readings.values())


def test_base_fields_hold_for_the_records_after_them():
    pack = (
        {"bn": "urn:dev:mac:0024befffe804ff1:", "bt": 1795393790, "n": "ph", "u": "pH", "v": 6.08},
        {"n": "temp", "u": "Cel", "v": 21.44},
        {"n": "ph", "u": "pH", "t": 10, "v": 6.1},
        {"bt": 1795393795, "bu": "Cel", "bv": 20, "n": "temp", "v": 1.5},
    )

    assert readings(*pack) == [
        {"ts": "2026-11-23T00:29:50.000Z", "ph": 6.08, "water_c": 21.44},
        {"ts": "2026-11-23T00:30:00.000Z", "ph": 6.1},
        {"ts": "2026-11-23T00:29:55.000Z", "water_c": 21.5},
    ]


@pytest.mark.parametrize(
    ("record", "channel", "value"),
    [
        ({"n": "conductivity", "u": "S/m", "v": 0.15}, "ec_us_cm", 1500.0),
        ({"n": "tank7/ph", "u": "V", "v": 1.5}, "ph_mv", 1500.0),
        ({"n": "tank7.tds", "u": "mV", "v": 812.5}, "ec_mv", 812.5),
        ({"n": "x", "u": "Cel", "v": -3}, "water_c", -3.0),
        ({"n": "tank:tds_ppm", "v": 750}, "tds_ppm", 750.0),
    ],
)
def test_unit_and_name_say_what_was_measured(record, channel, value):
    (reading,) = readings(record)

    assert reading[channel] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("time", "ts"),
    [
        ({}, "2026-11-23T00:30:00.000Z"),
        ({"t": -5}, "2026-11-23T00:29:55.000Z"),
        ({"bt": -3.5, "t": 1}, "2026-11-23T00:29:57.500Z"),
        ({"t": 1795393790.25}, "2026-11-23T00:29:50.250Z"),
        ({"t": 268435456}, "1978-07-04T21:24:16.000Z"),
    ],
)
def test_small_times_are_relative_to_now(time, ts):
    (reading,) = readings({"u": "pH", "v": 6, **time})

    assert reading["ts"] == ts


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"u": "K", "v": 294}, "unit-unknown"),
        ({"u": "V", "n": "battery", "v": 3.3}, "name-unknown"),
        ({"n": "salinity", "v": 1}, "name-unknown"),
        ({"u": "pH", "vs": "six"}, "no-number"),
        ({"u": "pH", "v": "6"}, "v-not-a-number"),
        ({"u": "pH", "v": True}, "v-not-a-number"),
        ({"u": "pH", "v": 10**400}, "v-not-a-number"),
        ({"u": "S/m", "v": 1e308}, "v-not-a-number"),
        ({"u": "pH", "v": 6, "t": 1e300}, "ts-invalid"),
        ({"u": "pH", "v": 6, "t": -1e11}, "ts-invalid"),
        ({"u": 5, "v": 6}, "u-not-text"),
    ],
)
def test_a_record_that_cannot_be_used_is_named(record, code):
    gathered = gather({"n": "ph", "u": "pH", "v": 6}, record)

    assert [(fault.index, fault.code) for fault in gathered.rejected] == [(1, code)]
    assert len(gathered.readings) == 1


@pytest.mark.parametrize(
    "pack", [{}, [1], [{"bver": 11, "u": "pH", "v": 6}], [{"u": "pH", "v": 6, "secret_": 1}], None]
)
def test_a_pack_that_must_not_be_guessed_at_is_refused(pack):
    with pytest.raises(Problem) as caught:
        gather_senml(json.dumps(pack).encode(), now_ms=NOW_MS)

    assert caught.value.kind.slug == "not-a-batch"


def test_a_pack_is_stored_and_answered_like_a_batch(api, pi):
    pack = [{"bt": 1795393790, "u": "pH", "v": 6.08}, {"u": "Cel", "v": 21.44}, {"u": "K", "v": 294.5}]

    answer = api.post(pi, pack, Content_Type="application/senml+json")

    body = answer.get_json()
    assert (answer.status_code, body["accepted"]) == (200, 1)
    assert [(one["index"], one["code"], one["pointer"]) for one in body["rejected"]] == [(2, "unit-unknown", "/2")]
    with api.engine.connect() as connection:
        assert connection.execute(text("SELECT ph, water_c FROM readings")).all() == [(6.08, 21.44)]


def test_a_pack_without_any_usable_record_is_refused_as_a_whole(api, pi):
    answer = api.post(pi, [{"u": "K", "v": 294.5}], Content_Type="application/senml+json")

    assert (answer.status_code, answer.get_json()["type"]) == (422, "/api/v1/problems/no-reading-accepted")

"""What stands in a row of the fleet."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pandas as pd
import pytest
from flask import Flask

from analytics.quantities import Quantity
from app.components import ConductivityUnit
from app.i18n import init_languages
from app.pages.fleet.rows import Row, judged, row_of, sparks_by_device, writings_of

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
Write = Callable[..., Row]


@pytest.fixture
def write(make_record: Callable[..., dict], no_hours: pd.DataFrame) -> Write:
    """Write the row of one device, with ``changes`` to what the database says."""

    def write(unit: str = "ppm500", hours: pd.DataFrame = no_hours, **changes: object) -> Row:
        (device,) = judged(pd.DataFrame([make_record("pi-2", **changes)]), hours, NOW)
        return row_of(device, writings_of(ConductivityUnit(unit)), {"lettuce": "Lettuce"})

    return write


@pytest.fixture
def in_indonesian() -> Iterator[None]:
    server = Flask("app")
    init_languages(server, "id")
    with server.test_request_context():
        yield


def test_a_row_names_the_device_its_place_and_its_crop(write: Write):
    row = write()

    assert {name: row[name] for name in ("device", "site", "zone", "crop", "crop_text")} == {
        "device": "pi-2",
        "site": "Lembang",
        "zone": "GH 10",
        "crop": "lettuce",
        "crop_text": "Lettuce",
    }


def test_what_is_unknown_about_a_place_is_empty_not_a_word(write: Write):
    row = write(site=None, zone=None, crop=None)

    assert (row["site"], row["zone"], row["crop"], row["crop_text"]) == ("", "", "", "")


def test_values_are_written_with_the_digits_that_the_probes_justify(write: Write):
    row = write(ph=6.1, ec_us_cm=1700.0, water_c=22.04)

    assert (row["ph"]["text"], row["ec"]["text"], row["water"]["text"]) == ("6.10", "850", "22.0")


@pytest.mark.parametrize(
    ("unit", "text"),
    [("ppm500", "850"), ("ppm640", "1,088"), ("ppm700", "1,190"), ("ms-cm", "1.70"), ("us-cm", "1,700")],
)
def test_conductivity_is_written_in_the_readers_unit(write: Write, unit: str, text: str):
    assert write(unit, ec_us_cm=1700.0)["ec"]["text"] == text


def test_a_value_outside_its_band_says_which_side_and_what_the_band_is(write: Write):
    row = write(ph=6.94)

    assert row["ph"]["mark"] == "high"
    assert row["ph"]["title"] == "pH high · target 5.50 to 6.50"
    assert (row["state"], row["state_text"], row["reason"]) == ("out", "Out of range", "pH high")


def test_the_reason_names_conductivity_as_the_reader_calls_it(write: Write):
    assert write("ppm500", ec_us_cm=900.0)["reason"] == "TDS low"
    assert write("us-cm", ec_us_cm=900.0)["reason"] == "EC low"


def test_a_missing_value_is_empty_and_never_zero(write: Write):
    row = write(ph=None, quality=0x119)

    assert (row["ph"]["value"], row["ph"]["text"], row["ph"]["mark"]) == (None, "", "missing")
    assert row["reason"] == "pH missing"


def test_a_silent_device_keeps_its_last_values_without_a_reason(write: Write):
    row = write(ph=6.94, last_seen_at=pd.Timestamp("2026-11-22T20:00:00Z"))

    assert (row["state"], row["reason"], row["ph"]["text"]) == ("silent", "", "6.94")


def test_a_clock_that_is_a_minute_off_is_suspect_whatever_the_values_say(write: Write):
    assert write(ph=6.94, skew_ms=-60_000)["reason"] == "pH high, clock suspect"
    assert write(skew_ms=60_000)["reason"] == "clock suspect"
    assert write(skew_ms=59_999)["reason"] == ""
    assert write(skew_ms=None)["reason"] == ""


def test_an_older_configuration_is_told_whatever_the_values_say(write: Write):
    assert write(ph=6.94, config_damaged=True)["reason"] == "pH high, older configuration"
    assert write(config_damaged=True)["reason"] == "older configuration"


def test_last_seen_is_the_moment_of_the_last_post(write: Write):
    assert write(last_seen_at=pd.Timestamp("2026-11-23T00:29:40Z"))["seen_ms"] == 1795393780000


def test_an_imported_log_is_as_old_as_its_newest_reading(write: Write):
    row = write(origin="import", ts=pd.Timestamp("2019-06-01T00:00:00Z"))

    assert (row["state"], row["seen_ms"]) == ("history", 1559347200000)


def test_hours_lie_where_they_belong_and_a_missing_hour_stays_empty():
    hours = pd.DataFrame(
        {
            "device_id": [2, 2],
            "hour": pd.to_datetime(["2026-11-22T01:00Z", "2026-11-23T00:00Z"]),
            "ph": [6.0, 6.2],
            "ec_us_cm": [1500.0, float("nan")],
            "water_c": [22.0, 22.5],
        }
    )

    sparks = sparks_by_device(hours, NOW)

    assert sparks[2][Quantity.PH] == (6.0, *[None] * 22, 6.2)
    assert sparks[2][Quantity.EC] == (1500.0, *[None] * 23)


def test_numbers_words_and_crops_follow_the_language(write: Write, in_indonesian: None):
    row = write(ph=6.94, ec_us_cm=2600.0)

    assert (row["ph"]["text"], row["ec"]["text"]) == ("6,94", "1.300")
    assert (row["state_text"], row["reason"]) == ("Di luar rentang", "pH tinggi, TDS tinggi")

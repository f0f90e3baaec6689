"""``models.connect()``: what the database says and what the server says are the same frames."""

import subprocess
import sys
from collections.abc import Callable

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import models
from models.errors import BadQuestion, HydrofleetError, NotConnected
from models.frames.columns import BANDS, CALIBRATION_IDS, HOUR_COLUMNS, READING_COLUMNS, USUAL_READING_COLUMNS
from models.frames.fleet import Fleet

Ask = Callable[[Fleet], pd.DataFrame]
QUESTIONS: dict[str, Ask] = {
    "every reading": lambda fleet: fleet.readings(),
    "a range, a span": lambda fleet: fleet.readings("pi-2..pi-3", "2026-11-21T20:07+07:00", "2026-11-22T00:00Z"),
    "some columns": lambda fleet: fleet.readings(["pi-3"], columns=["ec_us_cm", "ec_flag", *CALIBRATION_IDS, *BANDS]),
    "flags alone": lambda fleet: fleet.readings("pi-1", columns=["water_flag"]),
    "a span without a reading": lambda fleet: fleet.readings("pi-1", None, "2026-01-01T00:00Z"),
    "hours": lambda fleet: fleet.hourly(start="2026-11-20T00:00Z"),
    "hours with bands": lambda fleet: fleet.hourly("pi-1", "2026-11-22T00:30Z", columns=list(HOUR_COLUMNS)),
    "events": lambda fleet: fleet.events(),
    "notes of two tanks": lambda fleet: fleet.events("pi-1..pi-2", kind="note"),
    "calibrations": lambda fleet: fleet.calibrations(),
    "calibrations of one": lambda fleet: fleet.calibrations("pi-2"),
    "targets": lambda fleet: fleet.targets(),
    "plantings": lambda fleet: fleet.plantings(),
    "plantings of one": lambda fleet: fleet.plantings("pi-3"),
    "devices": lambda fleet: fleet.devices(),
}


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_the_server_gives_the_frames_of_the_database(database: Fleet, http: Fleet, ask: Ask):
    assert_frame_equal(ask(http), ask(database))


@pytest.mark.parametrize(
    "name", ["every reading", "hours", "events", "calibrations", "targets", "plantings", "devices"]
)
def test_the_frames_are_not_empty(database: Fleet, name: str):
    assert len(QUESTIONS[name](database)) > 2


def test_readings_are_typed(database: Fleet):
    frame = database.readings("pi-2", "2026-11-22T00:00Z", "2026-11-22T01:00Z", columns=list(READING_COLUMNS))

    assert len(frame) == 12
    assert str(frame.index.dtype) == "datetime64[ms, UTC]"
    assert frame.index.name == "time"
    assert frame.index[0] == pd.Timestamp("2026-11-22T00:00Z")
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {"device": "category", **READING_COLUMNS}
    assert frame["device"].unique().tolist() == ["pi-2"]
    assert frame["ph_flag"].unique().tolist() == [1]
    assert frame["ph_calibration_id"].min() > 0
    assert frame["ph_mv"].between(1000, 2500).all()
    assert (frame["ph_band_low"] == 5.5).all()


def test_devices_come_in_the_order_in_which_people_count(database: Fleet):
    fleet = database.devices()

    assert fleet.index.tolist() == ["pi-1", "pi-2", "pi-3"]
    assert fleet["last_seen_at"].dt.tz is not None
    assert fleet["ec_us_cm_band_high"].between(1700, 2200).all()


def test_a_question_the_server_cannot_answer_names_the_columns(http: Fleet):
    with pytest.raises(BadQuestion, match="ph_mv, ph_tests cannot be had over HTTP"):
        http.readings("pi-1", columns=["ph_mv", "ph_tests"])


def test_hours_over_http_want_a_start(http: Fleet):
    with pytest.raises(BadQuestion, match="want a start"):
        http.hourly("pi-1")


@pytest.mark.parametrize("ask", [lambda f: f.readings("pi-9"), lambda f: f.calibrations("pi-9")])
def test_a_name_that_is_not_there_is_said(database: Fleet, http: Fleet, ask: Ask):
    for fleet in (database, http):
        with pytest.raises(HydrofleetError, match="pi-9"):
            ask(fleet)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pi-1", "2026-11-21"), "has no offset"),
        (("pi-1", "yesterday-ish"), "is no time"),
        (("pi-1", "2026-11-21T00:00Z", "2026-11-20T00:00Z"), "is after the end"),
        (("PI 1",), "cannot be a device's name"),
    ],
)
def test_what_cannot_be_meant_is_refused(database: Fleet, arguments: tuple[str, ...], words: str):
    with pytest.raises(HydrofleetError, match=words):
        database.readings(*arguments)


def test_an_unknown_column_is_named_with_those_there_are(database: Fleet):
    with pytest.raises(BadQuestion, match="no column tds; there are ph, ec_us_cm"):
        database.readings("pi-1", columns=["tds"])


def test_a_server_refuses_in_its_own_words(over_http):
    with pytest.raises(NotConnected, match="token"), over_http("hfr_nobody") as fleet:
        fleet.devices()


def test_a_server_wants_a_token():
    with pytest.raises(NotConnected, match="keys read create"):
        models.connect("https://farm.local")


def test_a_folder_without_a_database_says_what_to_start(tmp_path):
    with pytest.raises(NotConnected, match="hydrofleet demo"):
        models.connect(tmp_path)


def test_without_an_address_the_environment_names_the_database(farm: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HYDROFLEET_DATABASE_URL", farm)

    with models.connect() as fleet:
        assert len(fleet.devices()) == 3
        assert "hydrofleet_test" in repr(fleet)
        assert "@" not in repr(fleet) or "***" in repr(fleet)


def test_importing_models_loads_no_library():
    check = (
        "import sys, models; print(sorted({'pandas', 'numpy', 'sqlalchemy', 'psycopg', 'httpx'} & set(sys.modules)))"
    )

    told = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60, check=True)

    assert told.stdout.strip() == "[]"


def test_reading_over_http_needs_no_database_library():
    check = (
        "import sys, models; models.connect('http://127.0.0.1:9', token='hfr_x'); "
        "print(sorted({'sqlalchemy', 'psycopg', 'flask'} & set(sys.modules)))"
    )

    told = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60, check=True)

    assert told.stdout.strip() == "[]"


def test_the_usual_columns_are_values_and_flags():
    assert USUAL_READING_COLUMNS == ("ph", "ec_us_cm", "water_c", "ph_flag", "ec_flag", "water_flag")

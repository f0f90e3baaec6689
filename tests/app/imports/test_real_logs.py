"""Real logs of rivers, estuaries and a pond, with noise, gaps and error codes, through the product's own door.

The counts were made with the csv module alone. The files are not part of the product: set HYDROFLEET_SHARED_DATA to
the folder that holds them, or keep it at ../shared/data.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

from analytics.rolling import rolling_stats
from app.imports import propose
from models.db import session_scope
from models.read.devices import find_device
from models.read.readings import readings_frame

DATA = Path(os.environ.get("HYDROFLEET_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real logs are not in {DATA}")

RIVER = {
    "time_column": "datetime",
    "time_zone": "-07:00",
    "ph_column": "ph",
    "ec_column": "cond",
    "water_column": "temp",
}
APALACHICOLA = {
    "time_column": "datetime_utc",
    "time_zone": "UTC",
    "ph_column": "ph",
    "ec_column": "spcond",
    "ec_unit": "mS/cm",
    "water_column": "temp",
}
GRAND_BAY = {
    "time_column": "DateTimeStamp",
    "time_zone": "-06:00",
    "ph_column": "pH",
    "ec_column": "SpCond",
    "ec_unit": "mS/cm",
    "water_column": "Temp",
}
POND = {"time_column": "Date", "time_zone": "UTC", "water_column": "Temperature"}
CHANNELS = ("ph", "ec_us_cm", "water_c")
EC_GAPS = {"ph_column": None, "ec_column": "gap"}
VISITS = {"time_column": "start", "time_zone": "-07:00"}


def frame(engine, *columns):
    with session_scope(engine) as session:
        return readings_frame(session, find_device(session, "log-1").id, columns=columns)


@pytest.mark.parametrize(
    ("name", "options", "lines", "missing", "impossible", "conflicts"),
    [
        ("lro/MS2017.csv", RIVER, 35_019, {"water_c": 13}, {}, 0),
        ("lro/FB2017.csv", RIVER, 35_032, {"water_c": 37}, {}, 0),
        ("lro/MainStreet2019.csv", RIVER, 25_881, {"water_c": 30}, {"ph": 38, "ec_us_cm": 253, "water_c": 99}, 0),
        ("lro/TonyGrove2020.csv", RIVER, 8_736, {"water_c": 2}, {}, 0),
        ("lro/WaterLab2020.csv", RIVER, 8_736, {"water_c": 11}, {}, 0),
        ("lro/Mendon2020.csv", RIVER, 8_730, {"water_c": 6}, {}, 0),
        ("lro/BlackSmithFork2020.csv", RIVER, 8_736, {"water_c": 2}, {}, 0),
        ("lro/MainStreet_ph_calib_dates.csv", {**VISITS, "ph_column": "gap"}, 45, {}, {"ph": 36}, 2),
        ("lro/MainStreet_cond_calib_dates.csv", {**VISITS, **EC_GAPS}, 45, {}, {"ec_us_cm": 16}, 1),
        ("nerrs/apacpwq_2012_2013.csv", APALACHICOLA, 70_176, dict.fromkeys(CHANNELS, 102), {"ph": 1061}, 0),
        ("nerrs/gndblwq2021.csv", GRAND_BAY, 5_856, dict.fromkeys(CHANNELS, 523), {}, 0),
        ("pond/pond_30cm.csv", {**POND, "ph_column": "pH"}, 9_623, {}, {}, 0),
        ("pond/pond_60cm.csv", {**POND, "ph_column": None}, 9_623, {}, {}, 0),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_every_line_of_every_file_is_accounted_for(load, name, options, lines, missing, impossible, conflicts):
    report = load(DATA / name, **options)

    assert (report.lines, report.accepted, report.conflicts) == (lines, lines - conflicts, conflicts)
    assert (report.rejected_count, report.quarantined) == (0, 0)
    assert dict(report.missing) == missing
    assert {quantity: count for (quantity, test), count in report.flagged.items() if test == "impossible"} == impossible


@pytest.mark.parametrize(
    ("name", "columns", "unit", "asked"),
    [
        ("lro/MainStreet2019.csv", ("datetime", "ph", "cond", "temp"), "uS/cm", {"time_zone"}),
        ("nerrs/apacpwq_2012_2013.csv", ("datetime_utc", "ph", "spcond", "temp"), None, {"ec_unit"}),
        ("nerrs/gndblwq2021.csv", ("DateTimeStamp", "pH", "SpCond", "Temp"), "mS/cm", {"time_zone"}),
        ("pond/pond_30cm.csv", ("Date", "pH", None, "Temperature"), None, {"time_zone"}),
        ("pond/pond_60cm.csv", ("Date", None, None, "Temperature"), None, {"time_zone"}),
    ],
)
def test_how_a_file_is_to_be_read_is_proposed_and_no_more_is_asked_than_it_leaves_open(name, columns, unit, asked):
    proposal = propose(DATA / name)

    fields = ("time_column", "ph_column", "ec_column", "water_column")
    assert tuple(proposal.given.get(field) for field in fields) == columns
    assert proposal.given.get("ec_unit") == unit
    assert set(proposal.questions) == asked


def test_a_rivers_year_comes_back_as_it_was_printed(engine, load):
    load(DATA / "lro/MS2017.csv", **RIVER)

    readings = frame(engine, "ec_us_cm", "ph", "water_c")
    assert len(readings) == 35_019
    assert readings.iloc[-1].tolist() == [381.9, 8.47, 2.23]
    assert [str(readings.index[row]) for row in (0, -1)] == ["2017-01-01 07:00:00+00:00", "2018-01-01 06:45:00+00:00"]


def test_rolling_means_of_a_river_agree_with_plain_arithmetic(engine, load):
    load(DATA / "lro/MS2017.csv", **RIVER)

    readings = frame(engine, "ph", "ec_us_cm", "water_c")
    means = pd.DataFrame({name: rolling_stats(readings[name], "24h")["mean"] for name in readings})
    # math.fsum over the rows of (t - 24 h, t] of the file, divided by their number.
    assert means.loc["2017-01-02 08:15:00+00:00"].tolist() == pytest.approx(
        [8.584, 410.9526315789474, 1.621263157894737], rel=1e-9
    )
    assert means.loc["2017-07-28 20:15:00+00:00"].tolist() == pytest.approx(
        [8.517083333333334, 359.746875, 12.5340625], rel=1e-9
    )
    assert means.iloc[-1].tolist() == pytest.approx([8.511770833333333, 379.040625, 3.5986458333333338], rel=1e-9)


@pytest.mark.parametrize(
    ("name", "column", "quantity", "described", "outside"),
    [
        ("30cm", "ph_column", "ph", (7.757886, 0.443601, 6.98, 7.38, 7.74, 8.23, 8.43), None),
        ("30cm", "water_column", "water_c", (20.004782, 2.049986, 15.6, 18.35, 19.95, 21.59, 23.81), None),
        ("60cm", "water_column", "water_c", (21.512562, 1.579493, 18.08, 20.375, 21.44, 22.87, 24.21), 2239),
    ],
)
def test_the_ponds_printed_statistics_come_out_of_the_database(
    engine, load, name, column, quantity, described, outside
):
    columns = {"ph_column": None, column: "pH" if quantity == "ph" else "Temperature"}
    load(DATA / f"pond/pond_{name}.csv", **{**POND, "water_column": None, **columns})

    values = frame(engine, quantity)[quantity]
    summary = values.describe()
    assert summary["count"] == 9_623
    assert [round(one, 6) for one in summary.iloc[1:]] == list(described)
    if outside is not None:
        assert int(((values < 16) | (values > 23)).sum()) == outside


def test_error_codes_in_a_river_log_are_flagged_and_never_averaged(engine, load):
    load(DATA / "lro/MainStreet2019.csv", **RIVER)

    readings = frame(engine, "ph", "ec_us_cm", "water_c", "ph_sent", "ec_sent", "quality")
    assert readings["ph_sent"].max() == 15.2
    assert (readings["ph"].min() > 0, readings["ph"].max() < 14) == (True, True)
    assert int((readings["ec_sent"] == 7999).sum()) == 252
    assert readings["ec_us_cm"].max() < 7999
    assert readings["water_c"].max() < 85
    codes = readings["ec_sent"] == 7999
    assert set(readings.loc[codes, "quality"].to_numpy() >> 4 & 15) == {4}

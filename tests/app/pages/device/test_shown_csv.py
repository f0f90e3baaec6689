"""The CSV: whole bodies, from readings and from hours."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from app.components import ConductivityUnit
from app.pages.device.period import Level, Period
from app.pages.device.shown_csv import csv_of_period, file_name, lines

JAKARTA = ZoneInfo("Asia/Jakarta")


def test_readings_are_written_with_units_offset_and_flags(make: SimpleNamespace) -> None:
    frame = make.readings([6.1, np.nan, 9.123456789], flags=[1, 9, 3])
    period = Period(make.START, make.START + timedelta(minutes=3))

    body = "".join(csv_of_period(lambda _: frame, period, Level.READINGS, unit=ConductivityUnit.PPM_700, zone=JAKARTA))

    assert body == (
        "time_local,time_utc,ph,tds_ppm_700,water_c,ph_flag,ec_flag,water_flag\r\n"
        "2026-11-23T00:00:00.000+07:00,2026-11-22T17:00:00.000Z,6.1,980,22.0,1,1,1\r\n"
        "2026-11-23T00:01:00.000+07:00,2026-11-22T17:01:00.000Z,,980,22.0,9,1,1\r\n"
        "2026-11-23T00:02:00.000+07:00,2026-11-22T17:02:00.000Z,9.123456789,980,22.0,3,1,1\r\n"
    )


def test_hours_are_written_with_mean_extremes_and_counts(make: SimpleNamespace) -> None:
    frame = make.hours([{"n_fail": 4, "ph_n": 56, "ph_sum": 56 * 6.5, "ph_min": 6.25, "ph_max": 7.0}])
    period = Period(make.START, make.START + timedelta(hours=1))

    body = "".join(csv_of_period(lambda _: frame, period, Level.HOURS, unit=ConductivityUnit.MS_CM, zone=JAKARTA))

    assert body == (
        "hour_local,hour_utc,readings,ph_mean,ph_min,ph_max,ec_ms_cm_mean,ec_ms_cm_min,ec_ms_cm_max,"
        "water_c_mean,water_c_min,water_c_max,ph_readings_used,ec_readings_used,water_readings_used\r\n"
        "2026-11-23T00:00:00.000+07:00,2026-11-22T17:00:00.000Z,60,6.5,6.25,7.0,1.4,1.4,1.4,"
        "22.0,22.0,22.0,56,60,60\r\n"
    )


def test_an_hour_without_a_usable_reading_is_empty_and_not_zero(make: SimpleNamespace) -> None:
    frame = make.hours([{"ph_n": 0, "ph_sum": 0.0, "ph_min": np.nan, "ph_max": np.nan}])

    (row,) = lines(frame, Level.HOURS, ConductivityUnit.US_CM, JAKARTA)

    assert row.split(",")[3:6] == ["", "", ""]


def test_offsets_follow_the_clocks_of_the_site(make: SimpleNamespace) -> None:
    index = pd.DatetimeIndex(["2026-10-25 00:30", "2026-10-25 01:30"], tz="UTC").as_unit("ms")
    frame = make.readings([6.0, 6.0], index=index)

    rows = list(lines(frame, Level.READINGS, ConductivityUnit.US_CM, ZoneInfo("Europe/Berlin")))

    assert [row.split(",")[0] for row in rows] == ["2026-10-25T02:30:00.000+02:00", "2026-10-25T02:30:00.000+01:00"]


def test_offsets_west_of_greenwich_and_of_half_hours_are_written(make: SimpleNamespace) -> None:
    frame = make.readings([6.0])

    stamps = [
        next(iter(lines(frame, Level.READINGS, ConductivityUnit.US_CM, ZoneInfo(zone)))).split(",")[0]
        for zone in ("America/St_Johns", "Asia/Kolkata")
    ]

    assert stamps == ["2026-11-22T13:30:00.000-03:30", "2026-11-22T22:30:00.000+05:30"]


def test_a_long_period_is_fetched_in_pieces_that_do_not_overlap(make: SimpleNamespace) -> None:
    asked: list[Period] = []

    def fetch(piece: Period) -> pd.DataFrame:
        asked.append(piece)
        return make.readings([6.0]).iloc[:0]

    period = Period(make.START, make.START + timedelta(days=70))
    body = list(csv_of_period(fetch, period, Level.READINGS, unit=ConductivityUnit.US_CM, zone=JAKARTA))

    assert [piece.width.days for piece in asked] == [30, 30, 10]
    assert (asked[0].start, asked[0].end, asked[2].end) == (period.start, asked[1].start, period.end)
    assert len(body) == 1  # the head alone


def test_a_file_is_named_by_its_local_days() -> None:
    period = Period(datetime(2026, 10, 31, 17, 0, tzinfo=UTC), datetime(2026, 11, 23, 17, 0, tzinfo=UTC))

    assert file_name("pi-52", period, JAKARTA) == "pi-52_2026-11-01_2026-11-23.csv"

import numpy as np
import pandas as pd
import pytest

from analytics.diurnal import diurnal_profile, diurnal_profiles, hours_of_day


def four_days(zone: str = "Asia/Jakarta") -> pd.Series:
    """The hour of the day plus the day: 7 o'clock reads 7, 8, 9 and 10."""
    index = pd.date_range("2026-04-01 00:30", periods=96, freq="h", tz=zone)
    return pd.Series(index.hour + (index.day - 1), index=index, dtype=float)


def test_an_hour_of_the_day_has_a_median_and_the_middle_half_of_its_days() -> None:
    table = hours_of_day(four_days())

    assert table.loc[7].tolist() == pytest.approx([8.5, 7.75, 9.25, 4])


def test_the_hours_are_those_of_the_clock_of_the_index() -> None:
    table = hours_of_day(four_days().tz_convert("UTC"))

    # 7 o'clock in Jakarta is midnight in UTC
    assert table.loc[0, "median"] == pytest.approx(8.5)


def test_an_hour_nobody_measured_is_nan_with_no_days() -> None:
    readings = four_days()
    readings[readings.index.hour == 3] = np.nan

    table = hours_of_day(readings)

    assert table.loc[3, ["median", "low", "high"]].isna().all()
    assert table.loc[3, "days"] == 0
    assert len(hours_of_day(readings.iloc[:0])) == 24


def test_the_patterns_of_many_tanks_are_those_of_each() -> None:
    index = pd.date_range("2026-04-01 00:30", periods=120, freq="h", tz="Asia/Jakarta")
    swing = pd.Series(np.sin(np.arange(120) / 24 * 2 * np.pi), index=index)
    both = pd.DataFrame({1: swing, 2: 3 * swing.where(index.day != 3)})

    patterns = diurnal_profiles(both)

    assert (patterns[1].days, patterns[2].days) == (5, 4)
    for name, pattern in patterns.items():
        pd.testing.assert_series_equal(pattern.hours, diurnal_profile(both[name]).hours, check_names=False)


def test_a_tank_without_readings_has_no_pattern() -> None:
    index = pd.date_range("2026-04-01", periods=48, freq="h", tz="UTC")

    (pattern,) = diurnal_profiles(pd.DataFrame({1: np.nan}, index=index)).values()

    assert pattern.days == 0
    assert pattern.hours.isna().all()

import math

import numpy as np
import pandas as pd
import pytest

from analytics.resample import resample_count, resample_max, resample_mean, resample_min


def frame(stamps: list[str], ph: list[float], zone: str = "UTC") -> pd.DataFrame:
    return pd.DataFrame({"ph": ph}, index=pd.DatetimeIndex(stamps, tz=zone))


HALF_HOURLY = frame(
    ["2026-01-01 00:10", "2026-01-01 00:50", "2026-01-01 02:00", "2026-01-01 02:59"], [6.0, 7.0, math.nan, 5.0]
)


def test_an_hour_without_readings_is_a_gap() -> None:
    hourly = resample_mean(HALF_HOURLY, "1h")

    assert [str(stamp) for stamp in hourly.index] == [
        "2026-01-01 00:00:00+00:00", "2026-01-01 01:00:00+00:00", "2026-01-01 02:00:00+00:00"
    ]  # fmt: skip
    np.testing.assert_equal(hourly["ph"].to_numpy(), [6.5, math.nan, 5.0])


def test_lowest_highest_and_count_per_hour() -> None:
    np.testing.assert_equal(resample_min(HALF_HOURLY, "1h")["ph"].to_numpy(), [6.0, math.nan, 5.0])
    np.testing.assert_equal(resample_max(HALF_HOURLY, "1h")["ph"].to_numpy(), [7.0, math.nan, 5.0])
    assert resample_count(HALF_HOURLY, "1h")["ph"].tolist() == [2, 0, 1]


def test_a_step_of_nothing_but_failed_reads_is_missing() -> None:
    np.testing.assert_equal(resample_max(frame(["2026-01-01"], [math.nan]), "1h")["ph"].to_numpy(), [math.nan])


def test_days_follow_the_zone_of_the_index_when_clocks_change() -> None:
    # Berlin, 2026-03-29 has 23 hours: it begins at 23:00 UTC and ends at 22:00 UTC.
    index = pd.date_range("2026-03-28 23:00", "2026-03-30 21:00", freq="1h", tz="UTC").tz_convert("Europe/Berlin")

    daily = resample_count(pd.DataFrame({"ph": 6.0}, index=index), "D")

    assert daily["ph"].tolist() == [23, 24]
    assert [str(day) for day in daily.index] == ["2026-03-29 00:00:00+01:00", "2026-03-30 00:00:00+02:00"]


def test_hours_are_labelled_in_the_zone_of_the_index() -> None:
    hourly = resample_mean(frame(["2026-01-01 07:20"], [6.0], "Asia/Jakarta"), "1h")

    assert str(hourly.index[0]) == "2026-01-01 07:00:00+07:00"


def test_agrees_with_pandas_on_a_month_with_holes() -> None:
    rng = np.random.default_rng(3)
    index = pd.date_range("2026-01-01", periods=3000, freq="7min", tz="UTC")[rng.random(3000) > 0.4]
    readings = pd.DataFrame({"ph": rng.normal(6, 0.1, index.size), "ec_us_cm": rng.normal(1400, 9, index.size)}, index)

    for ours, theirs in ((resample_mean, "mean"), (resample_min, "min"), (resample_max, "max")):
        pd.testing.assert_frame_equal(ours(readings, "1h"), readings.resample("1h").agg(theirs), check_freq=False)


def test_no_readings_give_no_steps() -> None:
    assert resample_mean(frame([], []), "1h").empty


def test_steps_longer_than_a_day_are_refused() -> None:
    with pytest.raises(ValueError, match="longer than a day"):
        resample_mean(HALF_HOURLY, "48h")

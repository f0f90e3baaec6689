import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import theilslopes

from analytics.diurnal import diurnal_profile, pattern_at, without_pattern
from analytics.trends import daily_trend, theil_sen

RNG = np.random.default_rng(21)


def test_a_straight_line_is_found_exactly() -> None:
    trend = theil_sen([0, 1, 2, 3], [1.0, 3.0, 5.0, 7.0])

    assert (trend.slope, trend.at(10.0), trend.count) == (2.0, 21.0, 4)
    assert trend.certain


def test_the_slope_is_the_median_of_all_slopes() -> None:
    # pairs: 1, 1, 4/3, 1, 1.5, 2 -> median of 1 1 1 1.33 1.5 2
    assert theil_sen([0, 1, 2, 3], [0.0, 1.0, 2.0, 4.0]).slope == pytest.approx((1 + 4 / 3) / 2)


def test_a_quarter_of_wild_readings_does_not_turn_the_trend() -> None:
    x = np.arange(100.0)
    y = 6.0 + 0.01 * x
    y[::4] = 14.0

    assert theil_sen(x, y).slope == pytest.approx(0.01, abs=0.001)


def test_missing_readings_are_left_out() -> None:
    assert theil_sen([0, 1, 2, 3], [0.0, math.nan, 2.0, 3.0]).count == 3


@pytest.mark.parametrize("y", [[], [1.0], [1.0, 2.0], [math.nan] * 9])
def test_fewer_than_three_readings_have_no_trend(y: list[float]) -> None:
    trend = theil_sen(np.arange(len(y)), y)

    assert math.isnan(trend.slope)
    assert not trend.certain


def test_readings_all_at_one_time_have_no_trend() -> None:
    assert math.isnan(theil_sen([1, 1, 1], [1.0, 2.0, 3.0]).slope)


def test_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="3 and 2"):
        theil_sen([1, 2, 3], [1.0, 2.0])


@settings(deadline=None, max_examples=40)
@given(st.integers(5, 120), st.integers(0, 10_000), st.booleans())
def test_agrees_with_scipy(count: int, seed: int, rounded: bool) -> None:
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 100, count))
    y = 0.3 * x + rng.normal(0, 5, count)
    y = y.round() if rounded else y

    ours, theirs = theil_sen(x, y), theilslopes(y, x, alpha=0.95)

    assert (ours.slope, ours.low, ours.high) == pytest.approx((theirs.slope, theirs.low_slope, theirs.high_slope))


def test_thousands_of_readings_keep_slope_and_interval_near_the_exact_ones() -> None:
    x = np.arange(3000.0)
    y = 0.5 * x + RNG.normal(0, 50, 3000)

    ours, exact = theil_sen(x, y), theilslopes(y, x)

    assert ours.count == 3000
    assert ours.slope == pytest.approx(exact.slope, abs=exact.high_slope - exact.low_slope)
    assert ours.high - ours.low == pytest.approx(exact.high_slope - exact.low_slope, rel=0.5)


def test_a_daily_trend_counts_in_days_whatever_the_sampling() -> None:
    index = pd.date_range("2026-04-01", periods=2880, freq="1min", tz="UTC")
    readings = pd.Series(1429 - 7.75 * np.arange(2880) / 1440, index=index)  # 1429 -> 1398 in 4 days

    assert daily_trend(readings).slope == pytest.approx(-7.75)
    assert math.isnan(daily_trend(readings.iloc[:0]).slope)


def local_days(count: int, values: np.ndarray | None = None) -> pd.Series:
    index = pd.date_range("2026-04-01", periods=count * 144, freq="10min", tz="Asia/Jakarta")
    clock = (index.hour + index.minute / 60).to_numpy()
    return pd.Series(20 + 2 * np.cos((clock - 15) / 24 * 2 * np.pi), index=index)


def test_the_pattern_of_a_day_peaks_at_its_local_hour() -> None:
    profile = diurnal_profile(local_days(6))

    assert profile.hours.idxmax() in (14, 15)
    assert profile.hours.idxmin() in (2, 3)
    assert profile.amplitude == pytest.approx(4.0, abs=0.1)
    assert profile.hours.mean() == pytest.approx(0.0, abs=1e-9)


def test_a_trend_is_no_pattern() -> None:
    readings = local_days(6)
    readings += np.arange(readings.size) / 144.0

    profile = diurnal_profile(readings)

    assert profile.amplitude == pytest.approx(4.0, abs=0.15)
    assert profile.hours.mean() == pytest.approx(0.0, abs=1e-9)


def test_one_odd_day_is_no_pattern() -> None:
    readings = local_days(9)
    readings.iloc[4 * 144 + 60 : 4 * 144 + 90] += 30

    assert diurnal_profile(readings).amplitude == pytest.approx(4.0, abs=0.3)


def test_taking_the_pattern_out_leaves_the_level() -> None:
    readings = local_days(6)

    flat = without_pattern(readings, diurnal_profile(readings))

    assert flat.std() < 0.1
    assert flat.mean() == pytest.approx(20.0, abs=0.05)


def test_without_data_there_is_no_pattern() -> None:
    profile = diurnal_profile(local_days(1).iloc[:20])

    assert profile.days == 0
    assert math.isnan(profile.amplitude)
    assert pattern_at(local_days(1).index[:2], profile).tolist() == [0.0, 0.0]


def test_a_day_of_25_hours_keeps_the_local_clock() -> None:
    # Berlin, clocks go back on 2026-10-25: noon is an hour later in UTC from then on.
    index = pd.date_range("2026-10-21", "2026-10-29", freq="30min", tz="Europe/Berlin", inclusive="left")
    readings = pd.Series(np.where(index.hour == 12, 30.0, 20.0), index=index)

    assert diurnal_profile(readings).hours.idxmax() == 12
    assert diurnal_profile(readings).hours.drop(12).max() < 0.5

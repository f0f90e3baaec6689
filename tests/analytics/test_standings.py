import numpy as np
import pandas as pd
import pytest

from analytics.standings import standings

DAY = 86_400_000
NAN = np.nan


def rows(*given: dict[str, float]) -> pd.DataFrame:
    """Give days; what one does not say is a whole day of two readings of 6, in a band of 5.5 to 6.5."""
    usual = {"trace": 0, "at_ms": 0, "n": 2, "sum": 12.0, "sumsq": 72.0, "min": 6.0, "max": 6.0}
    usual |= {"covered_s": 86_400.0, "below_s": 0.0, "above_s": 0.0, "low": 5.5, "high": 6.5}
    return pd.DataFrame([usual | one for one in given])


def test_mean_and_spread_are_those_of_the_readings_behind_the_sums() -> None:
    # Readings 5 7 and 6 6: mean 6, deviations 1 1 0 0, variance 2 / 3.
    table = standings(rows({"sumsq": 74.0}, {"at_ms": DAY}), 1, period_s=2 * 86_400)

    assert table.loc[0, "mean"] == 6.0
    assert table.loc[0, "std"] == pytest.approx((2 / 3) ** 0.5)


def test_time_in_range_and_coverage_are_weighted_by_time() -> None:
    day = rows({"covered_s": 40_000.0, "below_s": 10_000.0, "above_s": 2_000.0})

    table = standings(day, 1, period_s=80_000.0)

    assert table.loc[0, ["below", "inside", "above"]].tolist() == [0.25, 0.7, 0.05]
    assert table.loc[0, "coverage"] == 0.5


def test_time_without_a_band_is_covered_and_not_judged() -> None:
    table = standings(rows({"low": NAN, "high": NAN, "below_s": NAN, "above_s": NAN}), 1, period_s=86_400)

    assert np.isnan(table.loc[0, "inside"])
    assert table.loc[0, "coverage"] == 1.0


def test_drift_is_the_middle_slope_of_the_daily_means() -> None:
    # Means 6.0 6.1 6.2 9.0: slopes 0.1 0.1 0.1 1.0 1.45 2.8, their median (0.1 + 1.0) / 2.
    means = [6.0, 6.1, 6.2, 9.0]
    table = standings(rows(*({"at_ms": day * DAY, "sum": 2 * mean} for day, mean in enumerate(means))), 1, period_s=1)

    assert table.loc[0, "drift"] == pytest.approx(0.55)


def test_two_days_have_no_drift() -> None:
    table = standings(rows({}, {"at_ms": DAY, "sum": 14.0}), 1, period_s=1)

    assert table.loc[0, ["drift", "drift_low", "drift_high"]].isna().all()


def test_the_worst_is_the_value_farthest_outside_the_band_of_its_own_day() -> None:
    days = rows(
        {"max": 7.0},
        {"at_ms": DAY, "min": 4.7},
        # Farther from the first band, but within its own.
        {"at_ms": 2 * DAY, "max": 8.0, "high": 8.5},
    )

    table = standings(days, 1, period_s=1)

    assert table.loc[0, "worst"] == 4.7
    assert table.loc[0, "worst_ms"] == DAY
    assert table.loc[0, "worst_by"] == pytest.approx(0.8)


def test_each_series_has_its_own_line_and_one_without_readings_an_empty_one() -> None:
    table = standings(rows({"sum": 10.0}, {"trace": 2, "sum": 14.0, "max": 7.0}), 3, period_s=[86_400, 1, 172_800])

    assert table["mean"].tolist()[::2] == [5.0, 7.0]
    assert np.isnan(table.loc[1, "mean"])
    assert table["coverage"].tolist() == [1.0, 0.0, 0.5]
    assert table["worst"].isna().tolist() == [True, True, False]

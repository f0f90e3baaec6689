"""The numbers under the figure."""

from datetime import timedelta
from math import isnan, nan
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analytics.histogram import add_histograms
from analytics.quantities import Quantity
from app.pages.device.bands import band_steps, limits_at
from app.pages.device.channels import PREFIX
from app.pages.device.period import Period
from app.pages.device.statistics import Summaries, summarise_readings, summarise_rollups


def of_hours(hours: pd.DataFrame, bands: pd.DataFrame, period: Period) -> Summaries:
    """Summarise hours that hold their histograms."""
    seconds = {quantity: add_histograms(list(hours[f"{prefix}_hist"])) for quantity, prefix in PREFIX.items()}
    return summarise_rollups(hours, bands, period, seconds)


def test_readings_are_described_without_the_flagged_ones(make: SimpleNamespace) -> None:
    frame = make.readings([6.0, 6.2, 6.4, 13.0], flags=[1, 1, 2, 3])
    period = Period(make.START, make.START + timedelta(minutes=4))

    summary = summarise_readings(frame, make.bands(), period, interval_s=60)[Quantity.PH]

    assert (summary.mean, summary.median, summary.std) == pytest.approx((6.2, 6.2, 0.2))
    assert (summary.low, summary.high) == (6.0, 6.4)
    assert (summary.used, summary.left_out) == (3, 1)


def test_time_in_range_is_judged_by_the_band_valid_then(make: SimpleNamespace) -> None:
    frame = make.readings([6.0, 6.0, 6.0, 6.0])
    period = Period(make.START, make.START + timedelta(minutes=4))
    change = make.START + timedelta(minutes=3)
    table = make.bands(("ph", make.START, change, 5.5, 6.5), ("ph", change, period.end, 6.2, 6.8))

    summary = summarise_readings(frame, table, period, interval_s=60)[Quantity.PH]

    assert (summary.inside, summary.below, summary.above) == (0.75, 0.25, 0.0)


def test_without_a_band_nothing_is_in_or_out_of_range(make: SimpleNamespace) -> None:
    frame = make.readings([6.0, 6.0])
    period = Period(make.START, make.START + timedelta(minutes=2))

    summary = summarise_readings(frame, make.bands(), period, interval_s=60)[Quantity.PH]

    assert isnan(summary.inside)
    assert summary.coverage == 1.0


def test_coverage_leaves_gaps_out(make: SimpleNamespace) -> None:
    # Ten minutes, of which readings at 0, 1 and 9 speak for 1 + 3 + 1 minutes.
    frame = make.readings([6.0, 6.0, 6.0], index=make.minutes(10)[[0, 1, 9]])
    period = Period(make.START, make.START + timedelta(minutes=10))

    assert summarise_readings(frame, make.bands(), period, interval_s=60)[Quantity.PH].coverage == 0.5


def test_a_reading_before_the_period_holds_into_it_but_is_not_counted(make: SimpleNamespace) -> None:
    frame = make.readings([9.0, 6.0], index=make.minutes(3)[[0, 2]])
    period = Period(make.START + timedelta(minutes=1), make.START + timedelta(minutes=3))
    table = make.bands(("ph", make.START, period.end, 5.5, 6.5))

    summary = summarise_readings(frame, table, period, interval_s=60)[Quantity.PH]

    assert (summary.used, summary.mean) == (1, 6.0)
    assert (summary.inside, summary.above) == (0.5, 0.5)


def test_no_readings_at_all_give_no_numbers(make: SimpleNamespace) -> None:
    period = Period(make.START, make.START + timedelta(minutes=2))

    summary = summarise_readings(make.readings([6.0]).iloc[:0], make.bands(), period, interval_s=60)[Quantity.PH]

    assert isnan(summary.mean)
    assert (summary.used, summary.left_out, summary.coverage) == (0, 0, 0.0)


def test_what_no_reading_holds_is_not_measured_and_nothing_was_left_out(make: SimpleNamespace) -> None:
    missing = make.readings([nan, nan], flags=[9, 9])
    period = Period(make.START, make.START + timedelta(minutes=2))

    summaries = summarise_readings(missing, make.bands(), period, interval_s=60)

    ph, water = summaries[Quantity.PH], summaries[Quantity.WATER]
    assert (ph.is_measured, ph.used, ph.left_out) == (False, 0, 0)
    assert (water.is_measured, water.used, water.left_out) == (True, 2, 0)


def test_what_failed_every_test_was_measured_and_left_out(make: SimpleNamespace) -> None:
    failed = make.readings([nan, 15.0], flags=[9, 4])
    period = Period(make.START, make.START + timedelta(minutes=2))

    summary = summarise_readings(failed, make.bands(), period, interval_s=60)[Quantity.PH]

    assert (summary.is_measured, summary.used, summary.left_out) == (True, 0, 2)


@pytest.mark.parametrize(("n_fail", "is_measured", "left_out"), [(0, False, 0), (7, False, 0), (120, True, 120)])
def test_hours_without_a_probe_are_told_from_hours_of_a_broken_one(
    make: SimpleNamespace, n_fail: int, is_measured: bool, left_out: int
) -> None:
    hours = make.hours([{"n": 120, "n_fail": n_fail, "ph_n": 0, "ph_sum": 0.0, "ph_sumsq": 0.0, "ph_hist": None}])
    period = Period(make.START, make.START + timedelta(hours=1))

    summary = of_hours(hours, make.bands(), period)[Quantity.PH]

    assert (summary.is_measured, summary.left_out) == (is_measured, left_out)


def test_hours_give_the_numbers_of_their_readings(make: SimpleNamespace) -> None:
    # The readings 6, 7 | 8, 9: mean 7.5, deviation sqrt(5 / 3).
    first = {"n": 3, "ph_n": 2, "ph_sum": 13.0, "ph_sumsq": 85.0, "ph_min": 6.0, "ph_max": 7.0, "ph_below_s": 900.0}
    second = {"n": 2, "ph_n": 2, "ph_sum": 17.0, "ph_sumsq": 145.0, "ph_min": 8.0, "ph_max": 9.0, "ph_above_s": 1800.0}
    period = Period(make.START, make.START + timedelta(hours=2))
    table = make.bands(("ph", period.start, period.end, 5.5, 6.5))

    summary = of_hours(make.hours([first, second]), table, period)[Quantity.PH]

    assert (summary.mean, summary.std) == pytest.approx((7.5, 1.2909944487358056))
    assert (summary.low, summary.high) == (6.0, 9.0)
    assert (summary.below, summary.inside, summary.above) == (0.125, 0.625, 0.25)
    assert (summary.used, summary.left_out, summary.coverage) == (4, 1, 1.0)


def test_the_median_of_hours_lies_where_half_of_the_time_lies_below(make: SimpleNamespace) -> None:
    # Bins of 0.1 pH: 1800 s in 6.0..6.1, 5400 s in 6.1..6.2. Half of 7200 s is 1800 s of 5400 s into the second bin.
    histogram = np.array([60, 1800, 5400], dtype=np.int32)
    period = Period(make.START, make.START + timedelta(hours=2))

    summary = of_hours(make.hours([{"ph_hist": histogram}]), make.bands(), period)[Quantity.PH]

    assert summary.median == pytest.approx(6.1 + 0.1 / 3)
    assert not summary.median_is_exact


def test_hours_without_a_band_say_nothing_about_the_range(make: SimpleNamespace) -> None:
    period = Period(make.START, make.START + timedelta(hours=1))

    assert isnan(of_hours(make.hours([{}]), make.bands(), period)[Quantity.PH].inside)


def test_no_hours_give_no_numbers(make: SimpleNamespace) -> None:
    period = Period(make.START, make.START + timedelta(hours=1))

    summary = of_hours(make.hours([{}]).iloc[:0], make.bands(), period)[Quantity.PH]

    assert isnan(summary.mean)
    assert isnan(summary.median)
    assert (summary.used, summary.coverage) == (0, 0.0)


def test_limits_are_those_valid_at_each_time(make: SimpleNamespace) -> None:
    change = make.START + timedelta(minutes=2)
    end = make.START + timedelta(minutes=3)
    table = make.bands(("ph", make.START, change, 5.5, 6.5), ("ph", change, end, 5.8, 6.2))

    low, high = limits_at(make.minutes(4), table, Quantity.PH)

    np.testing.assert_array_equal(low, [5.5, 5.5, 5.8, np.nan])
    np.testing.assert_array_equal(high, [6.5, 6.5, 6.2, np.nan])


def test_equal_bands_that_follow_each_other_are_one_step(make: SimpleNamespace) -> None:
    middle, end = (make.START + timedelta(days=day) for day in (1, 2))
    table = make.bands(("ph", make.START, middle, 5.5, 6.5), ("ph", middle, end, 5.5, 6.5))

    assert [(step.start, step.end) for step in band_steps(table, Quantity.PH)] == [(make.START, end)]

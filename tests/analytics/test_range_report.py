import math

import pandas as pd
import pytest

from analytics.range_report import Banded, daily_time_in_range, time_in_range_report

START = pd.Timestamp("2026-05-01T00:00Z")


def ph(*values: float, start: pd.Timestamp = START) -> Banded:
    index = start + pd.to_timedelta(range(len(values)), unit="h")
    return Banded(pd.Series(values, index=index, dtype=float), 5.5, 6.5, 3600)


def test_the_tank_that_needs_help_stands_first_and_the_silent_one_last() -> None:
    report = time_in_range_report(
        {"good": ph(6, 6, 6, 6), "silent": ph(), "bad": ph(6, 7, 7.5, 6)},
        period=(START, START + pd.Timedelta("4h")),
    )

    assert report.index.tolist() == ["bad", "good", "silent"]
    bad = report.loc["bad"]
    assert (bad["share_inside"], bad["share_above"], bad["coverage"]) == (0.5, 0.5, 1.0)
    assert (bad["excursions"], bad["longest_s"], bad["worst_high"]) == (1, 7200.0, 7.5)
    assert math.isnan(bad["worst_low"])
    assert bad["area"] == pytest.approx(0.5 + 1.0)
    assert report.loc["silent", "coverage"] == 0.0


def test_excursions_before_the_period_do_not_count() -> None:
    period = (START + pd.Timedelta("2h"), START + pd.Timedelta("4h"))

    report = time_in_range_report({"pi-1": ph(7, 6, 6, 6)}, period=period)

    assert report.loc["pi-1", "excursions"] == 0


def test_nobody_at_all_gives_an_empty_report() -> None:
    assert time_in_range_report({}, period=(START, START)).empty


def test_days_are_those_of_the_zone_and_as_long_as_they_are() -> None:
    # Berlin, 2026-03-29 has 23 hours.
    days = pd.date_range("2026-03-28", periods=2, freq="D", tz="Europe/Berlin")
    banded = ph(*[6.0] * 23, *[7.0] * 24, *[6.0], start=days[0])

    report = daily_time_in_range(banded, days)

    assert report["share_above"].tolist() == pytest.approx([1 / 24, 1.0])
    assert report["coverage"].tolist() == [1.0, 1.0]

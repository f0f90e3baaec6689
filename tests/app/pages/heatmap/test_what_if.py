"""Seconds outside a band, counted from histograms."""

import numpy as np
import pandas as pd
import pytest

from app.pages.heatmap.what_if import seconds_outside, severity_seconds
from models.read.histograms import Histograms


@pytest.fixture
def two_hours() -> Histograms:
    """An hour with 100 s at pH 5.2, 200 s at 5.8 and 400 s at 6.5, and one without usable readings."""
    starts = pd.to_datetime(["2026-11-22T00:00Z", "2026-11-22T01:00Z"], utc=True)
    seconds = np.zeros(14, dtype=np.int64)
    seconds[[0, 6, 13]] = 100, 200, 400
    return Histograms(np.array([7, 7]), pd.DatetimeIndex(starts), np.array([52, 0]), np.array([14, 0]), seconds)


def test_time_below_and_above_is_exact_at_the_edges_of_bins(two_hours):
    below, above = seconds_outside(two_hours, 5.8, 6.5, width=0.1)

    assert (below.tolist(), above.tolist()) == ([100.0, 0.0], [400.0, 0.0])


def test_a_bin_that_a_limit_cuts_counts_as_inside(two_hours):
    below, above = seconds_outside(two_hours, 5.85, 6.55, width=0.1)

    assert (below[0], above[0]) == (100.0, 0.0)


def test_every_row_may_have_a_band_of_its_own_or_none(two_hours):
    below, above = seconds_outside(two_hours, [np.nan, 5.0], [np.nan, 6.0], width=0.1)

    assert np.isnan(below[0])
    assert np.isnan(above[0])
    assert (below[1], above[1]) == (0.0, 0.0)


def test_a_limit_beyond_all_values_leaves_everything_on_one_side(two_hours):
    assert seconds_outside(two_hours, 9.0, 10.0, width=0.1)[0][0] == 700.0
    assert seconds_outside(two_hours, 1.0, 2.0, width=0.1)[1][0] == 700.0
    assert [part[0] for part in seconds_outside(two_hours, 5.8, np.nan, width=0.1)] == [100.0, 0.0]


def test_severity_counts_what_is_half_a_band_outside_fully_and_the_rest_in_proportion(two_hours):
    below, above = severity_seconds(two_hours, 5.6, 6.4, width=0.1)

    # Half the band is 0.4: 5.25 lies 0.35 below, 6.55 lies 0.15 above.
    assert below[0] == pytest.approx(87.5)
    assert above[0] == pytest.approx(150.0)
    assert severity_seconds(two_hours, 6.0, 6.2, width=0.1)[0][0] == pytest.approx(300.0)

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.thin import break_gaps, thin


def minutely(values: list[float], minutes: list[int] | None = None) -> pd.Series:
    offsets = pd.to_timedelta(list(range(len(values))) if minutes is None else minutes, unit="min")
    return pd.Series(values, index=pd.Timestamp("2026-01-01", tz="Asia/Jakarta") + offsets, name="ph", dtype=float)


def test_a_gap_becomes_a_missing_point_in_its_middle() -> None:
    broken = break_gaps(minutely([6.0, 6.1, 6.2], [0, 3, 13]), "3min")

    np.testing.assert_equal(broken.to_numpy(), [6.0, 6.1, math.nan, 6.2])
    assert str(broken.index[2]) == "2026-01-01 00:08:00+07:00"
    assert broken.name == "ph"


def test_a_series_without_gaps_is_not_changed() -> None:
    pd.testing.assert_series_equal(break_gaps(minutely([6.0, 6.1]), "1min"), minutely([6.0, 6.1]), check_freq=False)


def test_a_short_series_is_not_thinned() -> None:
    readings = minutely([6.0, math.nan, 6.1, 5.0])

    assert thin(readings, 4) is readings


def test_the_highest_and_the_lowest_reading_survive() -> None:
    rng = np.random.default_rng(5)
    readings = minutely(rng.normal(6, 0.1, 50_000).tolist())
    readings.iloc[31_234], readings.iloc[77] = 9.5, 3.5

    few = thin(readings, 500)

    assert 500 <= few.size <= 504
    assert (few.max(), few.min()) == (9.5, 3.5)
    assert few.index[[0, -1]].equals(readings.index[[0, -1]])


def test_the_highest_reading_survives_where_the_method_itself_drops_it() -> None:
    digits = "57901892384282465008785834713149134925"  # MinMaxLTTB to 5 points keeps no 9

    assert thin(minutely([float(digit) for digit in digits]), 5).max() == 9.0


def test_a_gap_stays_a_gap() -> None:
    readings = break_gaps(minutely([6.0] * 2000, [*range(1000), *range(1100, 2100)]), "3min")

    few = thin(readings, 100)

    assert few.isna().sum() == 1
    assert few.size < 120


def test_nothing_but_failed_reads_leaves_nothing() -> None:
    assert thin(minutely([math.nan] * 10), 4).empty


def test_fewer_than_four_points_are_refused() -> None:
    with pytest.raises(ValueError, match="got 3"):
        thin(minutely([6.0]), 3)


@settings(deadline=None)
@given(st.lists(st.one_of(st.floats(0, 14), st.just(math.nan)), max_size=300), st.integers(4, 60))
def test_what_is_kept_is_unchanged_and_keeps_the_extremes(values: list[float], points: int) -> None:
    readings = minutely(values)

    few = thin(readings, points)

    pd.testing.assert_series_equal(few, readings.reindex(few.index), check_freq=False)
    assert few.max() == readings.max() or readings.isna().all()
    assert few.min() == readings.min() or readings.isna().all()

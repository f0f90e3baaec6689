"""Few points that look like all of them."""

from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from app.pages.device.thinned import LINE_POINTS, MARKS, envelope, epoch_ms, line, marks, ribbon, statistic


def series(values: list[float], index: pd.DatetimeIndex) -> pd.Series:
    return pd.Series(values, index=index)


def test_one_failed_read_does_not_break_the_line(make: SimpleNamespace) -> None:
    drawn = line(series([6.0, np.nan, 6.2], make.minutes(3)), interval_s=60)

    assert drawn.tolist() == [6.0, 6.2]


def test_more_than_three_intervals_without_a_value_are_a_gap(make: SimpleNamespace) -> None:
    drawn = line(series([6.0, 6.1, 6.2], make.minutes(6)[[0, 1, 5]]), interval_s=60)

    np.testing.assert_array_equal(drawn, [6.0, 6.1, np.nan, 6.2])


def test_exactly_three_intervals_are_no_gap(make: SimpleNamespace) -> None:
    drawn = line(series([6.0, 6.1], make.minutes(4)[[0, 3]]), interval_s=60)

    assert drawn.tolist() == [6.0, 6.1]


def test_a_long_line_keeps_its_extremes_in_few_points(make: SimpleNamespace) -> None:
    values = np.full(40_000, 6.0)
    values[[12_345, 30_001]] = 9.0, 3.0

    drawn = line(pd.Series(values, index=make.minutes(40_000)), interval_s=60)

    assert len(drawn) <= LINE_POINTS + 2
    assert (drawn.max(), drawn.min()) == (9.0, 3.0)


def test_statistics_share_their_points(make: SimpleNamespace) -> None:
    rolling = pd.DataFrame({"mean": [6.0, 6.1], "std": [0.1, np.nan], "median": [6.0, 6.2]}, index=make.minutes(2))

    drawn = statistic(rolling, interval_s=60)

    np.testing.assert_array_equal(drawn.to_numpy(), [[6.0, 0.1, 6.0], [6.1, np.nan, 6.2]])


def test_a_ribbon_is_one_closed_loop_per_stretch(make: SimpleNamespace) -> None:
    index = make.minutes(4)
    low = series([1.0, 2.0, np.nan, 4.0], index)
    high = series([5.0, 6.0, np.nan, 8.0], index)

    outline = ribbon(low, high)

    np.testing.assert_array_equal(outline, [5.0, 6.0, 2.0, 1.0, np.nan, 8.0, 4.0, np.nan])
    assert outline.index[:4].tolist() == [index[0], index[1], index[1], index[0]]


def test_a_ribbon_of_nothing_is_empty(make: SimpleNamespace) -> None:
    nothing = series([np.nan, np.nan], make.minutes(2))

    assert ribbon(nothing, nothing).empty


def test_an_envelope_has_the_extremes_of_both_sides(make: SimpleNamespace) -> None:
    low, high = np.full(9_000, 5.0), np.full(9_000, 7.0)
    low[4_321], high[8_765] = 1.0, 13.0
    extremes = pd.DataFrame({"low": low, "high": high}, index=make.minutes(9_000))

    outline = envelope(extremes, interval_s=60)

    assert (outline.min(), outline.max()) == (1.0, 13.0)
    assert len(outline) < 1_500


def test_more_marks_than_can_be_told_apart_are_thinned_evenly(make: SimpleNamespace) -> None:
    flagged = pd.DataFrame({"value": np.arange(4_000.0)}, index=make.minutes(4_000))

    kept = marks(flagged)

    assert len(kept) == MARKS
    assert (kept["value"].iloc[0], kept["value"].iloc[-1]) == (0.0, 3_999.0)


def test_times_are_drawn_as_the_wall_clock_of_the_site() -> None:
    index = pd.DatetimeIndex(["2026-11-22 17:00"], tz="UTC")

    drawn = epoch_ms(index, ZoneInfo("Asia/Jakarta"))

    assert drawn.tolist() == [1_795_392_000_000.0]  # 2026-11-23 00:00, written as if it were UTC
    assert drawn.dtype == np.float64

import numpy as np
import pytest

from analytics.alignment import Samples, align

MINUTE = 60_000


def samples(*rows: tuple[int, int, float]) -> Samples:
    """Give single readings: (series, minute, value)."""
    trace, minute, value = (np.array(column) for column in zip(*rows, strict=True))
    values = value.astype(float)
    return Samples(trace, minute * MINUTE, np.ones(len(rows)), values, values, values)


def test_readings_of_one_step_become_their_mean_with_their_extremes() -> None:
    grid = align(samples((0, 0, 5.0), (0, 9, 7.0), (0, 10, 6.0)), [0], step_ms=10 * MINUTE, steps=3)

    np.testing.assert_array_equal(grid.mean, [[6.0, 6.0, np.nan]])
    np.testing.assert_array_equal(grid.low, [[5.0, 6.0, np.nan]])
    np.testing.assert_array_equal(grid.high, [[7.0, 6.0, np.nan]])


def test_every_series_is_counted_from_its_own_beginning() -> None:
    grid = align(samples((0, 0, 1.0), (0, 10, 2.0), (1, 35, 3.0)), [0, 25 * MINUTE], step_ms=10 * MINUTE, steps=2)

    np.testing.assert_array_equal(grid.mean, [[1.0, 2.0], [np.nan, 3.0]])


def test_what_lies_before_the_beginning_or_beyond_the_end_is_left_out() -> None:
    grid = align(samples((0, 0, 1.0), (0, 10, 2.0), (0, 20, 3.0)), [10 * MINUTE], step_ms=10 * MINUTE, steps=1)

    np.testing.assert_array_equal(grid.mean, [[2.0]])


def test_summaries_weigh_by_the_readings_behind_them() -> None:
    # An hour of three readings of 4 and one of a single reading of 8: (3 * 4 + 8) / 4 = 5.
    both = Samples(*(np.array(column) for column in ([0, 0], [0, 1], [3.0, 1.0], [12.0, 8.0], [4.0, 8.0], [4.0, 8.0])))

    assert align(both, [0], step_ms=10, steps=1).mean.tolist() == [[5.0]]


def test_nothing_gives_a_grid_of_nothing() -> None:
    empty = Samples(*(np.empty(0, dtype=int) for _ in range(2)), *(np.empty(0) for _ in range(4)))

    assert np.isnan(align(empty, [0, 0], step_ms=1, steps=2).mean).tolist() == [[True, True], [True, True]]


def test_a_step_of_no_width_is_refused() -> None:
    with pytest.raises(ValueError, match="got 0 ms"):
        align(samples((0, 0, 1.0)), [0], step_ms=0, steps=1)

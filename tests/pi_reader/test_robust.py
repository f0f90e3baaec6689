"""The median that many conversions are reduced to."""

import pytest

from pi_reader.probes.robust import robust_median


def test_outlier_does_not_move_the_value() -> None:
    assert robust_median([10.0, 11.0, 12.0, 13.0, 900.0]).value == 11.5


def test_outliers_are_not_counted_as_used() -> None:
    assert robust_median([10.0, 11.0, 12.0, 13.0, 900.0]).used == 4


def test_spread_is_the_median_distance_from_the_median() -> None:
    # Distances from 12: 2, 1, 0, 1, 888.
    assert robust_median([10.0, 11.0, 12.0, 13.0, 900.0]).mad == 1.0


def test_identical_values_are_all_kept() -> None:
    assert robust_median([5.0, 5.0, 5.0]) == (5.0, 0.0, 3)


def test_no_values_have_no_median() -> None:
    with pytest.raises(ValueError, match="no values"):
        robust_median([])

import numpy as np
import pytest

from analytics.envelope import cohort_envelope

NAN = np.nan


def test_quantiles_are_interpolated_between_the_members() -> None:
    # Sorted 1 2 3 4 10: the quarter lies on the second, the upper one on the fourth; 10 % is 1 + 0.4, 90 % is 4 + 3.6.
    column = [[4.0], [1.0], [10.0], [3.0], [2.0]]

    half, most = cohort_envelope(column, low=0.25, high=0.75), cohort_envelope(column, low=0.1, high=0.9)

    assert (half.low[0], half.median[0], half.high[0]) == (2.0, 3.0, 4.0)
    assert (most.low[0], most.high[0]) == (pytest.approx(1.4), pytest.approx(7.6))


def test_missing_values_are_not_counted() -> None:
    found = cohort_envelope([[1.0, NAN], [2.0, 5.0], [3.0, 7.0], [NAN, 6.0]], low=0.25, high=0.75)

    assert found.median.tolist() == [2.0, 6.0]
    assert found.members.tolist() == [3, 3]


def test_fewer_than_three_are_no_cohort() -> None:
    found = cohort_envelope([[1.0, NAN], [2.0, NAN], [NAN, NAN]], low=0.25, high=0.75)

    assert np.isnan(found.median).all()
    assert found.members.tolist() == [2, 0]


def test_nobody_at_all_gives_nothing() -> None:
    assert np.isnan(cohort_envelope(np.empty((0, 2)), low=0.25, high=0.75).median).tolist() == [True, True]


def test_quantiles_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.9 and 0\.1"):
        cohort_envelope([[1.0]], low=0.9, high=0.1)

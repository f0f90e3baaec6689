import numpy as np
import pytest

from analytics.correlation import correlations

NAN = np.nan


def test_the_coefficient_is_that_of_a_calculation_by_hand() -> None:
    # Deviations -2 -1 0 1 2 and -1.6 -0.6 0.4 -0.6 2.4: 3.2 + 0.6 - 0.6 + 4.8 = 8 over the root of 10 * 9.2.
    found = correlations([[1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 3.0, 2.0, 5.0]], min_common=5)

    assert found.r[0, 1] == pytest.approx(8 / np.sqrt(92), abs=1e-12)
    assert found.r[0, 0] == pytest.approx(1.0)
    assert found.common.tolist() == [[5, 5], [5, 5]]


def test_what_runs_the_other_way_is_minus_one() -> None:
    assert correlations([[1.0, 2.0, 3.0], [9.0, 7.0, 5.0]], min_common=3).r[1, 0] == pytest.approx(-1.0)


def test_only_steps_that_both_have_count() -> None:
    # Without the third and the last step: 1 2 4 against 2 4 8, which is twice as much.
    found = correlations([[1.0, 2.0, NAN, 4.0, 9.0], [2.0, 4.0, 99.0, 8.0, NAN]], min_common=3)

    assert found.r[0, 1] == pytest.approx(1.0)
    assert found.common[0, 1] == 3


def test_too_few_common_steps_and_a_flat_line_are_not_judged() -> None:
    few = correlations([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    flat = correlations([[6.1] * 20, np.arange(20.0)])

    assert np.isnan(few.r).all()
    assert np.isnan(flat.r[0, 1])
    assert flat.r[1, 1] == pytest.approx(1.0)


def test_a_large_level_costs_no_digits() -> None:
    small = np.array([0.0, 1.0, 2.0, 1.0] * 5)

    assert correlations([1e6 + small * 1e-3, small]).r[0, 1] == pytest.approx(1.0, abs=1e-6)

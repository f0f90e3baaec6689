import numpy as np
import pytest

from analytics.flags import Flag, Test
from analytics.quality import Verdict, check_ec_mv, check_ph_mv, check_single, combine, mark_suspect
from analytics.quantities import Medium, Quantity


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        (Quantity.WATER, 85.0), (Quantity.WATER, -127.0), (Quantity.WATER, 255.0), (Quantity.WATER, -9999.0),
        (Quantity.WATER, 7999.0), (Quantity.EC, 7999.0), (Quantity.EC, -0.98), (Quantity.EC, 100_000.1),
        (Quantity.PH, 0.0), (Quantity.PH, 14.0), (Quantity.PH, 15.2), (Quantity.PH, -1.0), (Quantity.PH, np.inf),
    ],
)  # fmt: skip
def test_what_cannot_be_a_measurement_becomes_null(quantity: Quantity, value: float) -> None:
    checked = check_single([value], quantity, Medium.NATURAL)

    assert np.isnan(checked.values).all()
    assert checked.flags.tolist() == [Flag.FAIL]
    assert checked.tests.tolist() == [Test.IMPOSSIBLE]


def test_a_failed_read_is_missing_and_not_zero() -> None:
    checked = check_single([np.nan], Quantity.EC, Medium.NUTRIENT)

    assert np.isnan(checked.values).all()
    assert checked.flags.tolist() == [Flag.MISSING]
    assert checked.tests.tolist() == [Test.MISSING]


@pytest.mark.parametrize(
    ("quantity", "medium", "values", "flags"),
    [
        (Quantity.PH, Medium.NUTRIENT, [2.99, 3.0, 6.0, 11.0, 11.01], [3, 1, 1, 1, 3]),
        (Quantity.EC, Medium.NUTRIENT, [49.9, 50.0, 1400.0, 6000.0, 6001.0, 20_000.0, 20_001.0], [3, 1, 1, 1, 3, 3, 4]),
        (Quantity.EC, Medium.NATURAL, [4.9, 5.0, 45_970.0, 60_000.0, 60_001.0], [3, 1, 1, 1, 3]),
        (Quantity.WATER, Medium.NUTRIENT, [-5.1, -5.0, 4.9, 5.0, 40.0, 40.1, 60.1], [4, 3, 3, 1, 1, 3, 4]),
        (Quantity.WATER, Medium.NATURAL, [-5.1, -2.1, -2.0, 40.0, 40.1, 60.1], [4, 3, 1, 1, 3, 4]),
    ],
)
def test_a_value_on_a_limit_is_still_inside(
    quantity: Quantity, medium: Medium, values: list[float], flags: list[int]
) -> None:
    assert check_single(values, quantity, medium).flags.tolist() == flags


def test_an_implausible_value_is_kept_for_the_eye() -> None:
    checked = check_single([61.0], Quantity.WATER, Medium.NUTRIENT)

    assert checked.values.tolist() == [61.0]
    assert checked.tests.tolist() == [Test.GROSS_RANGE]


def test_a_ph_board_at_its_rails_fails() -> None:
    verdict = check_ph_mv([-3.0, 0.0, 1500.0, 3299.0, 3300.0, np.nan])

    assert verdict.flags.tolist() == [4, 4, 1, 1, 4, 9]
    assert verdict.tests.tolist() == [Test.RAIL, Test.RAIL, 0, 0, Test.RAIL, Test.MISSING]


def test_the_rail_of_a_five_volt_board_is_higher() -> None:
    assert check_ph_mv([3728.0], high_mv=5000.0).flags.tolist() == [1]


def test_a_tds_probe_at_its_ceiling_is_suspect_and_then_fails() -> None:
    verdict = check_ec_mv([2200.0, 2200.1, 2300.0, 2300.1, 3300.0])

    assert verdict.flags.tolist() == [1, 3, 3, 4, 4]
    assert verdict.tests.tolist() == [0, Test.CEILING, Test.CEILING, Test.CEILING, Test.RAIL | Test.CEILING]


def test_combining_keeps_the_worst_flag_and_every_test() -> None:
    one = Verdict(np.array([1, 3], np.uint8), np.array([0, Test.CEILING], np.uint16))
    two = Verdict(np.array([3, 4], np.uint8), np.array([Test.GROSS_RANGE, Test.RAIL], np.uint16))

    both = combine(one, two)

    assert both.flags.tolist() == [3, 4]
    assert both.tests.tolist() == [Test.GROSS_RANGE, Test.CEILING | Test.RAIL]


def test_good_millivolts_do_not_make_a_missing_value_good() -> None:
    board = check_ec_mv([1000.0])
    value = check_single([np.nan], Quantity.EC, Medium.NUTRIENT)

    assert combine(board, value).flags.tolist() == [Flag.MISSING]


def test_a_value_lost_to_a_rail_is_failed_and_not_merely_missing() -> None:
    board = check_ec_mv([0.0])
    value = check_single([np.nan], Quantity.EC, Medium.NUTRIENT)

    assert combine(board, value).flags.tolist() == [Flag.FAIL]


def test_marking_suspect_leaves_failed_and_missing_alone() -> None:
    verdict = Verdict(np.array([1, 4, 9, 1], np.uint8), np.zeros(4, np.uint16))

    marked = mark_suspect(verdict, [True, True, True, False], Test.STALE_TEMPERATURE)

    assert marked.flags.tolist() == [3, 4, 9, 1]
    assert marked.tests.tolist() == [Test.STALE_TEMPERATURE, Test.STALE_TEMPERATURE, 0, 0]

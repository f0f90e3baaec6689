import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.flags import (
    Flag,
    Test,
    names_of_tests,
    pack_flags,
    pack_tests,
    unpack_flags,
    unpack_tests,
    usable,
    worst_flags,
)

FLAGS = st.lists(st.tuples(*[st.sampled_from(Flag)] * 3), min_size=1, max_size=20)
MASKS = st.lists(st.tuples(*[st.integers(0, 0xFFFF)] * 3), min_size=1, max_size=20)


def test_ph_lies_in_the_lowest_bits() -> None:
    assert pack_flags([1], [3], [9]).tolist() == [1 + 3 * 16 + 9 * 256]
    assert pack_tests([1], [2], [4]).tolist() == [1 + (2 << 16) + (4 << 32)]


def test_packed_flags_are_small_integers() -> None:
    assert pack_flags([9], [9], [9]).dtype == np.int16


def test_the_fullest_mask_is_not_negative() -> None:
    assert pack_tests([0xFFFF], [0xFFFF], [0xFFFF]).tolist() == [2**48 - 1]


@given(FLAGS)
def test_flags_survive_packing(rows: list[tuple[Flag, Flag, Flag]]) -> None:
    ph, ec, water = np.array(rows).T

    assert [one.tolist() for one in unpack_flags(pack_flags(ph, ec, water))] == [
        ph.tolist(),
        ec.tolist(),
        water.tolist(),
    ]


@given(MASKS)
def test_masks_survive_packing(rows: list[tuple[int, int, int]]) -> None:
    ph, ec, water = np.array(rows).T

    assert [one.tolist() for one in unpack_tests(pack_tests(ph, ec, water))] == [
        ph.tolist(),
        ec.tolist(),
        water.tolist(),
    ]


def test_a_number_that_is_no_flag_is_refused() -> None:
    with pytest.raises(ValueError, match="7 is not a quality flag"):
        pack_flags([1], [7], [1])


def test_a_mask_too_wide_is_refused() -> None:
    with pytest.raises(ValueError, match="65536"):
        pack_tests([65536], [0], [0])


def test_the_more_serious_flag_wins_and_missing_wins_over_nothing() -> None:
    assert worst_flags([1, 1, 3, 9, 9, 2], [2, 3, 4, 1, 4, 9]).tolist() == [1, 3, 4, 1, 4, 2]


def test_no_flags_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        worst_flags()


def test_only_good_and_not_evaluated_enter_a_statistic() -> None:
    assert usable([1, 2, 3, 4, 9]).tolist() == [True, True, False, False, False]


def test_sixteen_tests_fit_sixteen_bits() -> None:
    assert sorted(int(test) for test in Test) == [2**bit for bit in range(16)]


def test_a_mask_is_spelled_by_its_names() -> None:
    assert names_of_tests(Test.SPIKE | Test.MISSING) == ["missing", "spike"]

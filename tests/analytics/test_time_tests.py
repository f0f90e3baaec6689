import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ioos_qc import qartod

from analytics.quality import check_single
from analytics.quantities import Medium, Quantity
from analytics.time_limits import FLAT_MILLIVOLTS, TIME_LIMITS, FlatLimits, Size
from analytics.time_tests import (
    after_gap,
    among_failures_test,
    attenuated_test,
    decimal_step,
    flat_line_test,
    noise_test,
    rate_of_change_test,
    spike_test,
)

MINUTE = 60.0
PH = TIME_LIMITS[Quantity.PH, Medium.NUTRIENT]
NAN = np.nan


def minutes(*values: float) -> np.ndarray:
    return np.array(values) * MINUTE


def spikes(at: np.ndarray, *values: float) -> list[int]:
    return spike_test(at, np.array(values), suspect=Size(0.3), fail=Size(0.8), interval_s=60).tolist()


def test_a_reading_that_sticks_out_is_a_spike() -> None:
    assert spikes(minutes(0, 1, 2, 3, 4, 5, 6), 6.0, 6.0, 6.4, 6.0, 6.0, 7.0, 6.0) == [2, 1, 3, 1, 1, 4, 2]


def test_the_edge_of_a_step_is_not_a_spike() -> None:
    assert spikes(minutes(0, 1, 2, 3, 4), 6.0, 6.0, 6.02, 8.0, 8.0) == [2, 1, 1, 1, 2]
    assert spikes(minutes(0, 1, 2, 3, 4), 6.0, 6.0, 8.02, 8.0, 8.0) == [2, 1, 1, 1, 2]


def test_a_spike_is_measured_against_neighbours_that_exist() -> None:
    assert spikes(minutes(0, 1, 2, 3, 4), 6.0, NAN, 7.0, NAN, 6.0) == [2, 9, 4, 9, 2]


def test_neighbours_beyond_three_intervals_say_nothing() -> None:
    assert spikes(minutes(0, 4, 8), 6.0, 7.0, 6.0) == [2, 2, 2]


@pytest.mark.parametrize("values", [[], [6.0], [6.0, 7.0]])
def test_fewer_than_three_readings_have_no_spikes(values: list[float]) -> None:
    assert spikes(minutes(*range(len(values))), *values) == [2] * len(values)


def test_relative_thresholds_grow_with_the_level() -> None:
    at = minutes(0, 1, 2)
    values = np.array([4000.0, 4180.0, 4000.0])  # 4.5 %

    flags = spike_test(at, values, suspect=Size(50.0, 0.05), fail=Size(150.0, 0.15), interval_s=60)

    assert flags.tolist() == [2, 1, 2]


def rate(at: np.ndarray, *values: float, interval_s: float = 60) -> list[int]:
    return rate_of_change_test(at, np.array(values), per_hour=Size(1.0), interval_s=interval_s).tolist()


def test_a_change_is_measured_over_a_quarter_of_an_hour() -> None:
    assert rate(minutes(0, 15, 30, 45), 6.0, 6.24, 6.5, 6.5, interval_s=900) == [2, 1, 3, 1]


def test_one_step_of_a_coarse_thermometer_is_no_fast_change() -> None:
    at = np.arange(0.0, 1200.0, 10.0)

    flags = rate_of_change_test(at, np.where(at < 1000, 20.0, 20.0625), per_hour=Size(5.0), interval_s=10)

    assert set(flags.tolist()) == {1, 2}


def test_a_change_across_a_long_silence_is_not_judged() -> None:
    assert rate(minutes(0, 120), 6.0, 9.0) == [2, 2]


def flat(at: np.ndarray, values: np.ndarray, interval_s: float = 60) -> list[int]:
    limits = FlatLimits(0.125, 1800, 10_800)
    return flat_line_test(at, values, limits=limits, interval_s=interval_s).tolist()


def test_a_stuck_signal_is_suspect_after_half_an_hour_and_fails_after_three() -> None:
    at = minutes(*range(200))

    assert flat(at, np.full(200, 1700.0)) == [1] * 30 + [3] * 150 + [4] * 20


def test_one_step_of_the_converter_does_not_make_a_signal_alive_but_two_do() -> None:
    at = minutes(*range(40))

    assert flat(at, 1700 + 0.125 * (np.arange(40) % 2))[-1] == 3
    assert flat(at, 1700 + 0.25 * (np.arange(40) % 2))[-1] == 1


def test_a_flat_line_does_not_reach_across_a_gap() -> None:
    at = minutes(*range(20), *range(60, 85))

    assert set(flat(at, np.full(45, 1700.0))) == {1}


def test_a_few_equal_readings_of_a_slow_logger_are_a_coincidence() -> None:
    at = minutes(0, 60, 120, 180, 240, 300, 360)

    assert flat(at, np.full(7, 1700.0), interval_s=3600) == [1, 1, 1, 1, 1, 4, 4]


def test_missing_readings_do_not_interrupt_a_flat_line_shorter_than_a_gap() -> None:
    values = np.full(40, 1700.0)
    values[[10, 20]] = NAN

    assert flat(minutes(*range(40)), values)[-1] == 3


def test_coarse_values_may_rest_longer() -> None:
    limits = FlatLimits(0.0, 43_200, 86_400, resolution=0.01)

    assert limits.for_resolution(0.1) == FlatLimits(
        0.0, pytest.approx(432_000), pytest.approx(864_000), resolution=0.01
    )
    assert limits.for_resolution(0.001) == limits
    assert FLAT_MILLIVOLTS.for_resolution(1.0) == FLAT_MILLIVOLTS


@pytest.mark.parametrize(
    ("values", "step"),
    [([7.9, 8.0, NAN], 0.1), ([7.91, 8.0], 0.01), ([45_970.0, 45_990.0], 10.0), ([6.123456], 0.0), ([], 0.0)],
)
def test_the_step_of_written_values_is_read_off_their_decimals(values: list[float], step: float) -> None:
    assert decimal_step(np.array(values)) == step


def test_a_quiet_day_is_suspect() -> None:
    at = minutes(*range(0, 2 * 1440, 15))
    values = np.where(at < 1440 * 60, 6.0 + 0.1 * np.sin(at / 9000), 6.0)

    flags = attenuated_test(at, values, least_range=Size(0.02), interval_s=900)

    assert flags[0] == 2  # no day behind it yet
    assert flags[96] == 1
    assert flags[-1] == 3


def test_a_day_with_too_few_readings_is_not_judged() -> None:
    at = minutes(*range(0, 2880, 60))

    assert set(attenuated_test(at, np.full(48, 6.0), least_range=Size(0.02), interval_s=900).tolist()) == {2}


def test_a_signal_that_jumps_about_is_suspect_and_a_tide_is_not() -> None:
    at = minutes(*range(0, 1500, 15))
    jumping = 400.0 * (-1.0) ** np.arange(100) + 6500
    tide = 20_000 + 15_000 * np.sin(at / 7000)
    limit = Size(25.0, 0.05)

    assert noise_test(at, jumping, limit=limit, interval_s=900).tolist() == [2] * 7 + [3] * 93
    assert set(noise_test(at, tide, limit=limit, interval_s=900)[7:].tolist()) == {1}


def test_noise_is_not_judged_from_readings_far_apart() -> None:
    at = minutes(*range(0, 1500, 60))

    assert noise_test(at, np.tile([1.0, 9.0], 13)[:25], limit=Size(0.1), interval_s=900)[-1] == 2


def test_plausible_numbers_between_error_codes_are_suspect() -> None:
    at = minutes(*range(0, 300, 15))
    impossible = np.zeros(20, dtype=bool)
    impossible[[4, 5, 7, 8]] = True
    values = np.where(impossible, NAN, 6.0)

    flags = among_failures_test(at, values, impossible, interval_s=900).tolist()

    # Twelve rows reach back 3 h: four of them are more than 30 %, three are not.
    assert flags == [1, 1, 1, 1, 9, 9, 1, 9, 9, *[3] * 7, 1, 1, 1, 1]


def test_the_first_row_after_a_silence_is_marked() -> None:
    assert after_gap(minutes(0, 1, 4, 7.1), 60.0).tolist() == [False, False, False, True]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_next_to_nothing_is_judged_without_a_fault(count: int) -> None:
    at, values = minutes(*range(count)), np.full(count, NAN)

    for flags in (
        spike_test(at, values, suspect=Size(1), fail=Size(2), interval_s=60),
        rate_of_change_test(at, values, per_hour=Size(1), interval_s=60),
        flat_line_test(at, values, limits=FLAT_MILLIVOLTS, interval_s=60),
        attenuated_test(at, values, least_range=Size(1), interval_s=60),
        noise_test(at, values, limit=Size(1), interval_s=60),
        among_failures_test(at, values, np.isnan(values), interval_s=60),
    ):
        assert flags.tolist() == [9] * count


def regular_record(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two days every minute with planted faults: lonely spikes, a stuck stretch and missing reads."""
    rng = np.random.default_rng(seed)
    values = 6.0 + rng.normal(0, 0.02, 2880)
    values[[300, 900, 1500]] += [0.45, -0.45, 1.4]
    values[2000:2260] = 6.1
    values[[299, 1700, 2500]] = np.nan
    return np.arange(2880) * MINUTE, values


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_gross_range_agrees_with_ioos_qc_on_regular_data(seed: int) -> None:
    values = np.random.default_rng(seed).uniform(0.5, 13.5, 500)
    values[7] = np.nan

    theirs = qartod.gross_range_test(values, fail_span=(0, 14), suspect_span=(3, 11))

    assert check_single(values, Quantity.PH, Medium.NUTRIENT).flags.tolist() == theirs.tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_spikes_agree_with_ioos_qc_on_regular_data(seed: int) -> None:
    at, values = regular_record(seed)
    values[1500] = 6.45  # beside a bigger spike the reference flags both neighbours too, which are innocent
    known = np.isfinite(values)

    theirs = qartod.spike_test(values[known], suspect_threshold=0.3, fail_threshold=0.8)
    ours = spike_test(at, values, suspect=Size(0.3), fail=Size(0.8), interval_s=60)

    assert ours[known].tolist() == theirs.tolist()
    assert (ours[known] == 3).sum() == 3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_flat_lines_agree_with_ioos_qc_on_regular_data(seed: int) -> None:
    at, values = regular_record(seed)
    values = np.nan_to_num(values, nan=6.0)
    stamps = np.datetime64("2026-01-01") + (at * 1000).astype("timedelta64[ms]")

    theirs = qartod.flat_line_test(values, stamps, suspect_threshold=1800, fail_threshold=10_800, tolerance=0.001)
    ours = flat_line_test(at, values, limits=FlatLimits(0.001, 1800, 10_800), interval_s=60)

    assert ours.tolist() == theirs.tolist()
    assert ((ours == 3).sum(), (ours == 4).sum()) == (150, 80)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(1, 2000), st.one_of(st.floats(0, 14), st.just(np.nan), st.just(6.0))), max_size=60)
)
def test_any_irregular_record_gets_one_flag_per_reading(rows: list[tuple[int, float]]) -> None:
    at = np.cumsum([float(step) for step, _ in rows]) if rows else np.zeros(0)
    values = np.array([value for _, value in rows], dtype=float)

    for flags in (
        spike_test(at, values, suspect=PH.spike_suspect, fail=PH.spike_fail, interval_s=60),
        rate_of_change_test(at, values, per_hour=Size(1.0), interval_s=60),
        flat_line_test(at, values, limits=FlatLimits(0.0, 600, 1200), interval_s=60),
        attenuated_test(at, values, least_range=Size(0.02), interval_s=60),
    ):
        assert flags.shape == values.shape
        assert ((flags == 9) == np.isnan(values)).all()
        assert set(flags.tolist()) <= {1, 2, 3, 4, 9}

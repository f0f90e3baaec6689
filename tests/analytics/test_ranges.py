import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.holding import held_seconds
from analytics.ranges import ExcursionSummary, excursions, summarise_excursions, time_in_range

START = pd.Timestamp("2026-05-01T00:00Z")


def ph(minutes: list[float], values: list[float]) -> pd.Series:
    return pd.Series(values, index=START + pd.to_timedelta(minutes, unit="min"), dtype=float)


def test_a_reading_holds_until_the_next_but_at_most_three_intervals() -> None:
    assert held_seconds(np.array([0.0, 60.0, 200.0, 1000.0]), 60).tolist() == [60.0, 140.0, 180.0, 60.0]


@pytest.mark.parametrize(("until_s", "held"), [(10.0, 60.0), (100.0, 100.0), (999.0, 180.0)])
def test_the_last_reading_holds_until_now_within_the_same_limit(until_s: float, held: float) -> None:
    assert held_seconds(np.array([0.0]), 60, until_s=until_s).tolist() == [held]


def test_an_interval_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="interval_s"):
        held_seconds(np.array([0.0]), 0)


def test_time_counts_and_not_rows() -> None:
    # 5.0 holds 1 min, 6.0 holds 2 min, 7.0 holds 1 min (the last reading: one interval)
    result = time_in_range(ph([0, 1, 3], [5.0, 6.0, 7.0]), 5.5, 6.5, interval_s=60)

    assert (result.below_s, result.inside_s, result.above_s) == (60.0, 120.0, 60.0)
    assert (result.share_below, result.share_inside, result.share_above) == (0.25, 0.5, 0.25)
    assert result.coverage == 1.0


def test_a_gap_belongs_to_nobody() -> None:
    result = time_in_range(ph([0, 60], [6.0, 6.0]), 5.5, 6.5, interval_s=60)

    assert result.inside_s == 240.0  # three intervals, then one
    assert result.span_s == 3660.0
    assert result.coverage == pytest.approx(240 / 3660)


def test_a_value_on_a_limit_is_inside() -> None:
    assert time_in_range(ph([0, 1], [5.5, 6.5]), 5.5, 6.5, interval_s=60).inside_s == 120.0


def test_a_reading_is_judged_by_the_band_valid_then() -> None:
    result = time_in_range(ph([0, 1], [6.0, 6.0]), [5.5, 6.2], [6.5, 6.8], interval_s=60)

    assert (result.inside_s, result.below_s) == (60.0, 60.0)


def test_a_missing_limit_is_open() -> None:
    assert time_in_range(ph([0, 1], [1.0, 13.0]), math.nan, 6.5, interval_s=60).below_s == 0.0


def test_one_failed_read_is_bridged_and_a_stretch_of_them_is_not() -> None:
    one = time_in_range(ph([0, 1, 2], [6.0, math.nan, 6.0]), 5.5, 6.5, interval_s=60)
    many = time_in_range(ph([0, 1, 2, 3, 4, 5], [6.0, *[math.nan] * 4, 6.0]), 5.5, 6.5, interval_s=60)

    assert one.covered_s == 180.0
    assert many.covered_s == 240.0
    assert many.span_s == 360.0


def test_a_period_takes_only_its_own_part_of_what_is_held() -> None:
    period = (START + pd.Timedelta("90s"), START + pd.Timedelta("150s"))

    result = time_in_range(ph([0, 1, 2, 3], [5.0, 5.0, 6.0, 7.0]), 5.5, 6.5, interval_s=60, period=period)

    assert (result.below_s, result.inside_s, result.above_s, result.span_s) == (30.0, 30.0, 0.0, 60.0)


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before"):
        time_in_range(ph([0], [6.0]), 5.5, 6.5, interval_s=60, period=(START, START - pd.Timedelta("1s")))


def test_no_readings_have_no_shares() -> None:
    result = time_in_range(ph([], []), 5.5, 6.5, interval_s=60)

    assert result.covered_s == 0.0
    assert math.isnan(result.share_inside)
    assert math.isnan(result.coverage)


def test_an_excursion_says_when_how_long_how_bad() -> None:
    table = excursions(ph([0, 1, 2, 3, 4], [6.0, 6.7, 7.0, 6.6, 6.0]), 5.5, 6.5, interval_s=60)

    assert len(table) == 1
    run = table.iloc[0]
    assert run["start_at"] == START + pd.Timedelta("1min")
    assert run["end_at"] == START + pd.Timedelta("4min")
    assert (run["side"], run["count"], run["duration_s"], run["worst"]) == ("high", 3, 180.0, 7.0)
    assert run["area"] == pytest.approx((0.2 + 0.5 + 0.1) / 60)  # pH x hours


def test_a_gap_ends_an_excursion() -> None:
    table = excursions(ph([0, 1, 10], [7.0, 7.0, 7.0]), 5.5, 6.5, interval_s=60)

    assert table["count"].tolist() == [2, 1]
    assert table["duration_s"].tolist() == [240.0, 60.0]


def test_crossing_the_whole_band_is_two_excursions() -> None:
    table = excursions(ph([0, 1], [5.0, 7.0]), 5.5, 6.5, interval_s=60)

    assert table["side"].tolist() == ["low", "high"]


def test_the_worst_value_is_farthest_from_the_limit_valid_then() -> None:
    table = excursions(ph([0, 1], [7.0, 7.2]), 5.0, [6.0, 7.0], interval_s=60)

    assert table["worst"].tolist() == [7.0]


def test_a_quiet_period_has_no_excursions() -> None:
    table = excursions(ph([0, 1], [6.0, 6.0]), 5.5, 6.5, interval_s=60)

    assert table.empty
    summary = summarise_excursions(table, side="high")
    assert (summary.count, summary.longest_s, summary.total_s, summary.area) == (0, 0.0, 0.0, 0.0)
    assert math.isnan(summary.worst)


def test_no_readings_have_no_excursions() -> None:
    assert excursions(ph([], []), 5.5, 6.5, interval_s=60).empty


def test_excursions_of_one_side_are_summed_up() -> None:
    table = excursions(ph([0, 1, 2, 3], [7.5, 6.0, 7.5, 7.1]), 5.5, 6.5, interval_s=3600)

    assert summarise_excursions(table, side="high") == ExcursionSummary(
        2, 3660.0, 3720.0, 7.5, pytest.approx(0.6333, abs=1e-4)
    )


def test_both_sides_together_have_no_worst_value() -> None:
    with pytest.raises(ValueError, match="both"):
        summarise_excursions(excursions(ph([], []), 5.5, 6.5, interval_s=60), side="both")


@given(
    st.lists(st.tuples(st.integers(1, 600), st.one_of(st.floats(4, 8), st.just(math.nan))), min_size=1, max_size=50),
    st.integers(1, 120),
)
def test_excursions_add_up_to_the_time_out_of_range(rows: list[tuple[int, float]], interval_s: int) -> None:
    seconds = np.cumsum([step for step, _ in rows])
    readings = ph((seconds / 60).tolist(), [value for _, value in rows])

    result = time_in_range(readings, 5.5, 6.5, interval_s=interval_s)
    table = excursions(readings, 5.5, 6.5, interval_s=interval_s)

    low, high = (table.loc[table["side"] == side, "duration_s"].sum() for side in ("low", "high"))
    assert (low, high) == (pytest.approx(result.below_s), pytest.approx(result.above_s))

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.histogram import add_histograms, bin_of, seconds_outside
from analytics.hourly import Channel, day_rollups, hour_rollups
from analytics.quantities import Quantity

HOUR = 3_600_000
MINUTE = 60_000
NINE = pd.Timestamp("2026-05-01T09:00Z").value // 1_000_000


def ph(
    values: list[float], flags: list[int] | None = None, low: float = 5.5, high: float = 6.5
) -> dict[Quantity, Channel]:
    return {Quantity.PH: Channel(np.array(values), np.array(flags or [1] * len(values)), low, high)}


def test_an_hour_of_three_readings() -> None:
    rows = hour_rollups([NINE, NINE + MINUTE, NINE + 3 * MINUTE], ph([6.0, 5.0, 7.0]), interval_s=60)

    assert rows.index.tolist() == [pd.Timestamp("2026-05-01T09:00Z")]
    hour = rows.iloc[0]
    assert (hour["n"], hour["n_suspect"], hour["n_fail"], hour["ph_n"]) == (3, 0, 0, 3)
    assert (hour["ph_sum"], hour["ph_sumsq"]) == (18.0, 110.0)
    assert (hour["ph_min"], hour["ph_max"], hour["ph_first"], hour["ph_last"]) == (5.0, 7.0, 6.0, 7.0)
    assert (hour["ph_covered_s"], hour["ph_below_s"], hour["ph_above_s"]) == (240.0, 120.0, 60.0)
    assert hour["ph_hist"][0] == 50
    assert {int(hour["ph_hist"][0]) + i: s for i, s in enumerate(hour["ph_hist"][1:].tolist()) if s} == {
        50: 120,
        60: 60,
        70: 60,
    }
    assert hour["ph_hist"].dtype == np.int32


def test_suspect_and_failed_values_are_counted_but_not_used() -> None:
    stamps = [NINE + minute * MINUTE for minute in range(5)]

    hour = hour_rollups(stamps, ph([6.0, 9.9, 0.1, 6.2, 6.4], [1, 3, 4, 9, 2]), interval_s=60).iloc[0]

    assert (hour["n"], hour["n_suspect"], hour["n_fail"], hour["ph_n"]) == (5, 1, 1, 2)
    assert (hour["ph_min"], hour["ph_max"]) == (6.0, 6.4)


def test_a_row_bad_in_two_channels_counts_once() -> None:
    channels = {q: Channel(np.array([6.0]), np.array([4])) for q in (Quantity.PH, Quantity.EC)}

    assert hour_rollups([NINE], channels, interval_s=60).iloc[0]["n_fail"] == 1


def test_an_hour_without_a_usable_value_says_so() -> None:
    hour = hour_rollups([NINE], ph([np.nan], [9]), interval_s=60).iloc[0]

    assert (hour["n"], hour["ph_n"], hour["ph_sum"], hour["ph_covered_s"]) == (1, 0, 0.0, 0.0)
    assert np.isnan([hour["ph_min"], hour["ph_max"], hour["ph_first"], hour["ph_last"]]).all()
    assert hour["ph_hist"].size == 0


def test_seconds_held_are_split_where_the_hour_turns() -> None:
    rows = hour_rollups([NINE - 20_000, NINE + 40_000], ph([5.0, 6.0]), interval_s=60)

    assert rows["ph_covered_s"].tolist() == [20.0, 100.0]
    assert rows["ph_below_s"].tolist() == [20.0, 40.0]


def test_a_reading_that_ends_with_its_hour_leaves_nothing_in_the_next() -> None:
    rows = hour_rollups([NINE - MINUTE, NINE], ph([5.0, 6.0]), interval_s=60)

    assert rows["ph_hist"].iloc[1].tolist() == [60, 60]


def test_one_reading_may_hold_through_several_hours() -> None:
    stamps = [NINE, NINE + 1 * HOUR + 1, NINE + 6 * HOUR]
    channels = {
        Quantity.PH: Channel(np.array([5.0, np.nan, 6.0]), np.array([1, 9, 1]), 5.5, 6.5),
    }

    rows = hour_rollups(stamps, channels, interval_s=7200)

    assert rows["ph_covered_s"].tolist() == [3600.0, 3600.0, 3600.0]


def test_an_hour_nobody_measured_has_no_row() -> None:
    rows = hour_rollups([NINE + 59 * MINUTE, NINE + 5 * HOUR], ph([6.0, 6.0]), interval_s=60)

    assert rows.index.hour.tolist() == [9, 14]
    assert rows["ph_covered_s"].tolist() == [60.0, 60.0]


def test_bands_are_those_valid_at_each_reading() -> None:
    channels = {Quantity.PH: Channel(np.array([6.0, 6.0]), [1, 1], np.array([5.5, 6.2]), np.array([6.5, np.nan]))}

    hour = hour_rollups([NINE, NINE + MINUTE], channels, interval_s=60).iloc[0]

    assert (hour["ph_below_s"], hour["ph_above_s"]) == (60.0, 0.0)


def test_stamps_that_do_not_increase_are_refused() -> None:
    with pytest.raises(ValueError, match=r"row 1"):
        hour_rollups([NINE, NINE], ph([6.0, 6.0]), interval_s=60)


def test_a_channel_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ph has \[2\] values and flags for 1 readings"):
        hour_rollups([NINE], ph([6.0, 6.0]), interval_s=60)


def test_no_readings_give_no_rows_but_the_columns() -> None:
    rows = hour_rollups([], ph([]), interval_s=60)

    assert rows.empty
    assert "ph_hist" in rows.columns
    assert day_rollups(rows).empty


READINGS = st.lists(
    st.tuples(
        st.integers(1, 45 * MINUTE), st.floats(3, 9).map(lambda v: round(v, 2)), st.sampled_from([1, 2, 3, 4, 9])
    ),
    min_size=1,
    max_size=80,
)


@settings(deadline=None, max_examples=60)
@given(READINGS, st.integers(30, 900))
def test_any_hour_with_its_context_is_the_same_as_from_the_whole_history(
    readings: list[tuple[int, float, int]], interval_s: int
) -> None:
    steps, values, flags = (np.array(column) for column in zip(*readings, strict=True))
    stamps = NINE + np.cumsum(steps)
    whole = hour_rollups(
        stamps, {Quantity.PH: Channel(values, flags, 5.5, 6.5)}, interval_s=interval_s, until_ms=int(stamps[-1]) + HOUR
    )

    for hour in whole.index:
        start = hour.value // 1_000_000
        near = (stamps >= start - 3 * interval_s * 1000) & (stamps < start + HOUR + 3 * interval_s * 1000)
        channel = Channel(values[near], flags[near], 5.5, 6.5)
        alone = hour_rollups(
            stamps[near],
            {Quantity.PH: channel},
            interval_s=interval_s,
            start_ms=start,
            end_ms=start + HOUR,
            until_ms=start + HOUR + 3 * interval_s * 1000,
        )
        pd.testing.assert_frame_equal(alone, whole.loc[[hour]])


@settings(deadline=None, max_examples=60)
@given(READINGS)
def test_days_add_up_their_hours(readings: list[tuple[int, float, int]]) -> None:
    steps, values, flags = (np.array(column) for column in zip(*readings, strict=True))
    hours = hour_rollups(NINE + np.cumsum(steps), {Quantity.PH: Channel(values, flags, 5.5, 6.5)}, interval_s=300)

    days = day_rollups(hours)

    assert list(days.columns) == list(hours.columns)
    assert days["n"].sum() == len(readings)
    usable = values[np.isin(flags, [1, 2])]
    assert days["ph_sum"].sum() == pytest.approx(usable.sum())
    assert days["ph_covered_s"].sum() == pytest.approx(hours["ph_covered_s"].sum())
    assert sum(h[1:].sum() for h in days["ph_hist"]) == sum(h[1:].sum() for h in hours["ph_hist"])
    if usable.size:
        assert days["ph_first"].dropna().iloc[0] == usable[0]
        assert days["ph_last"].dropna().iloc[-1] == usable[-1]
        assert (days["ph_min"].min(), days["ph_max"].max()) == (usable.min(), usable.max())


def test_two_hours_of_one_day_become_one_row() -> None:
    stamps = [NINE, NINE + HOUR, NINE + 20 * HOUR]

    days = day_rollups(hour_rollups(stamps, ph([6.0, 6.3, 5.0]), interval_s=60))

    assert [str(day) for day in days.index] == ["2026-05-01 00:00:00+00:00", "2026-05-02 00:00:00+00:00"]
    assert days["ph_hist"].iloc[0].tolist() == [60, 180, 0, 0, 180]
    assert days["ph_last"].tolist() == [6.3, 5.0]


def test_hours_out_of_order_are_refused() -> None:
    hours = hour_rollups([NINE, NINE + HOUR], ph([6.0, 6.0]), interval_s=60)

    with pytest.raises(ValueError, match="increasing"):
        day_rollups(hours.iloc[::-1])


@pytest.mark.parametrize(
    ("value", "width", "expected"), [(6.1, 0.1, 61), (0.3, 0.1, 3), (-0.2, 0.5, -1), (1413.0, 50.0, 28)]
)
def test_a_value_on_an_edge_belongs_to_the_bin_that_starts_there(value: float, width: float, expected: int) -> None:
    assert bin_of(value, width) == expected
    assert bin_of(np.float32(value), width) == expected


def test_histograms_are_added_bin_by_bin() -> None:
    first, second = np.array([60, 10, 5], np.int32), np.array([58, 1], np.int32)

    assert add_histograms([first, np.zeros(0, np.int32), second]).tolist() == [58, 1, 0, 10, 5]
    assert add_histograms([]).size == 0


def test_what_if_the_band_were_different() -> None:
    histogram = np.array([54, 10, 20, 30, 40], np.int32)  # 5.4, 5.5, 5.6, 5.7

    assert seconds_outside(histogram, 5.5, 5.7, width=0.1) == (10, 40)
    assert seconds_outside(histogram, 5.6, np.nan, width=0.1) == (30, 0)
    assert seconds_outside(np.zeros(0, np.int32), 5.6, 6.0, width=0.1) == (0, 0)

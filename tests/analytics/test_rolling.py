import math
import tracemalloc
from datetime import timedelta
from statistics import median

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.rolling import quantile_name, rolling_median_at, rolling_stats

START = pd.Timestamp("2026-03-01T00:00Z")


def series(minutes: list[float], values: list[float]) -> pd.Series:
    return pd.Series(values, index=START + pd.to_timedelta(minutes, unit="min"), dtype=float)


def test_the_window_excludes_its_old_end_and_includes_the_reading_itself() -> None:
    stats = rolling_stats(series([0, 30, 60], [1.0, 2.0, 4.0]), "60min", min_count=1)

    assert stats["count"].tolist() == [1, 2, 2]
    assert stats["mean"].tolist() == [1.0, 1.5, 3.0]


def test_each_statistic_of_three_readings() -> None:
    last = rolling_stats(series([0, 1, 2], [6.0, 5.0, 10.0]), "1h").iloc[-1]

    assert last["mean"] == 7.0
    assert last["std"] == pytest.approx(math.sqrt(7.0))  # (1 + 4 + 9) / (3 - 1)
    assert last["median"] == 6.0
    assert (last["low"], last["high"], last["count"]) == (5.0, 10.0, 3)


def test_window_with_too_few_readings_is_nan_but_still_counted() -> None:
    stats = rolling_stats(series([0, 1, 2], [6.0, 5.0, 10.0]), "1h", min_count=3)

    assert stats["mean"].isna().tolist() == [True, True, False]
    assert stats["count"].tolist() == [1, 2, 3]


def test_a_single_reading_has_no_deviation() -> None:
    assert math.isnan(rolling_stats(series([0], [6.0]), "1h", min_count=1)["std"].iloc[0])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_failed_reads_are_not_counted(bad: float) -> None:
    stats = rolling_stats(series([0, 1, 2], [6.0, bad, 8.0]), "1h", min_count=1)

    assert stats["count"].tolist() == [1, 1, 2]
    assert stats["mean"].tolist() == [6.0, 6.0, 7.0]
    assert stats["high"].tolist() == [6.0, 6.0, 8.0]


def test_all_missing_gives_no_numbers() -> None:
    stats = rolling_stats(series([0, 1], [math.nan, math.nan]), "1h", min_count=1)

    assert stats["count"].tolist() == [0, 0]
    assert stats[["mean", "std", "median", "low", "high"]].isna().all().all()


def test_no_readings_give_an_empty_table_with_the_same_columns() -> None:
    empty = pd.Series([], index=pd.DatetimeIndex([], tz="UTC"), dtype=float)

    assert list(rolling_stats(empty, "1h").columns) == ["mean", "std", "median", "low", "high", "count"]


def test_a_huge_value_leaves_no_trace_after_its_window() -> None:
    readings = series(list(range(200)), [6.0 + 0.01 * (minute % 3) for minute in range(200)])
    readings.iloc[50] = 1e15

    after = rolling_stats(readings, "30min").iloc[100]

    assert after["mean"] == pytest.approx(6.01, rel=1e-12)
    assert after["std"] == pytest.approx(0.01 * math.sqrt(20 / 29), rel=1e-9)  # ten each of -0.01, 0, +0.01


def test_a_constant_window_has_no_deviation_at_all() -> None:
    readings = series(list(range(100)), [1e6 * (minute < 20) + 1413.7 for minute in range(100)])

    assert rolling_stats(readings, "30min")["std"].iloc[-1] == 0.0


def test_quantiles_on_request_are_named_by_their_percentage() -> None:
    stats = rolling_stats(series([0, 1, 2, 3, 4], [1.0, 2, 3, 4, 5]), "1h", statistics=(), quantiles=(0.1, 0.75))

    assert list(stats.columns) == ["q10", "q75"]
    assert stats.iloc[-1].tolist() == pytest.approx([1.4, 4.0])
    assert [quantile_name(one) for one in (0.05, 0.975, 0.5)] == ["q05", "q975", "q50"]


def test_only_the_statistics_asked_for_are_given_in_that_order() -> None:
    assert list(rolling_stats(series([0], [6.0]), "1h", statistics=("high", "mean")).columns) == ["high", "mean"]


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (pd.DatetimeIndex(["2026-01-01", "2026-01-02"]), r"timezone-aware"),
        (pd.DatetimeIndex(["2026-01-02", "2026-01-01"], tz="UTC"), r"goes backwards at 2026-01-01"),
        (pd.DatetimeIndex(["2026-01-01", "2026-01-01"], tz="UTC"), r"repeats 2026-01-01.* \(row 1\)"),
        (pd.RangeIndex(2), r"DatetimeIndex"),
    ],
)
def test_an_index_without_a_clear_order_in_time_is_refused(index: pd.Index, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rolling_stats(pd.Series([1.0, 2.0], index=index), "1h")


def test_an_unknown_statistic_is_refused() -> None:
    with pytest.raises(ValueError, match="mode"):
        rolling_stats(series([0], [6.0]), "1h", statistics=("mode",))


def test_a_window_of_no_width_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        rolling_stats(series([0], [6.0]), "0min")


def test_a_window_over_the_change_of_clocks_is_as_long_as_any_other() -> None:
    # Berlin, 2026-10-25: 02:00 to 03:00 happens twice.
    index = pd.date_range("2026-10-25", "2026-10-25 06:00", freq="30min", tz="Europe/Berlin")
    readings = pd.Series(1.0, index=index)

    assert rolling_stats(readings, "2h")["count"].tolist()[4:] == [4] * 11


STEPS = st.lists(st.integers(1, 40), min_size=1, max_size=60)
VALUES = st.one_of(
    st.floats(-1e4, 1e4), st.floats(0, 14).map(lambda value: round(value, 2)), st.just(math.nan), st.just(1e12)
)


@settings(deadline=None)
@given(STEPS, st.integers(1, 200), st.data())
def test_agrees_with_the_plain_definition_on_irregular_stamps(
    steps: list[int], width: int, data: st.DataObject
) -> None:
    minutes = np.cumsum(steps)
    values = data.draw(st.lists(VALUES, min_size=len(steps), max_size=len(steps)))

    stats = rolling_stats(series(minutes.tolist(), values), f"{width}min", min_count=1)

    for row, now in enumerate(minutes):
        inside = [
            value
            for minute, value in zip(minutes, values, strict=True)
            if now - width < minute <= now and not math.isnan(value)
        ]
        got = stats.iloc[row]
        assert got["count"] == len(inside)
        if inside:
            scale = max(abs(value) for value in inside)
            mean = math.fsum(inside) / len(inside)
            assert got["mean"] == pytest.approx(mean, rel=1e-9, abs=1e-12 * scale)
            assert (got["low"], got["high"], got["median"]) == (min(inside), max(inside), median(inside))
        if len(inside) > 1:
            spread = math.sqrt(math.fsum((value - mean) ** 2 for value in inside) / (len(inside) - 1))
            assert got["std"] == pytest.approx(spread, rel=1e-9, abs=1e-12 * scale)


def test_many_chunks_agree_with_the_plain_definition_where_they_meet() -> None:
    count = 40_000
    rng = np.random.default_rng(7)
    minutes = np.cumsum(rng.integers(1, 4, count))
    values = np.where(rng.random(count) < 0.05, np.nan, 1400 + rng.normal(0, 30, count).round(1))

    stats = rolling_stats(series(minutes.tolist(), values.tolist()), "1440min")

    for row in (16_383, 16_384, 16_385, 32_768, 39_999):
        inside = values[(minutes > minutes[row] - 1440) & (minutes <= minutes[row])]
        inside = inside[~np.isnan(inside)]
        assert stats["mean"].iloc[row] == pytest.approx(math.fsum(inside) / inside.size, rel=1e-12)
        assert stats["std"].iloc[row] == pytest.approx(inside.std(ddof=1), rel=1e-11)


@pytest.mark.parametrize("window", ["20min", "6h"])
def test_medians_at_some_moments_are_those_at_every_reading(window: str) -> None:
    random = np.random.default_rng(5)
    stamps = pd.date_range("2026-11-01", periods=900, freq="min", tz="UTC", unit="ms")[random.random(900) < 0.8]
    readings = pd.Series(np.where(random.random(len(stamps)) < 0.1, np.nan, random.normal(6, 1, len(stamps))), stamps)
    everywhere = rolling_stats(readings, window, statistics=("median",))["median"]
    some = stamps[random.random(len(stamps)) < 0.5]

    assert rolling_median_at(readings, window, some).tolist() == pytest.approx(
        everywhere[some].tolist(), nan_ok=True, abs=0
    )


def test_medians_of_long_windows_take_little_memory() -> None:
    stamps = pd.date_range("2026-11-01", periods=20_160, freq="min", tz="UTC", unit="ms")
    readings = pd.Series(np.random.default_rng(5).normal(6, 1, stamps.size), stamps)
    at = stamps[-1000:] - pd.Timedelta("30s")
    tracemalloc.start()
    try:
        rolling_median_at(readings, timedelta(days=7), at)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    # All windows at once: 1000 x 10 080 values of 8 bytes are 77 MiB, several times over.
    assert peak < 16 * 2**20


def test_a_median_between_two_readings_is_that_of_the_window_then() -> None:
    stamps = pd.to_datetime(["2026-11-01T00:00Z", "2026-11-01T00:10Z", "2026-11-01T00:20Z"], utc=True)
    at = pd.to_datetime(["2026-10-31T23:00Z", "2026-11-01T00:25Z", "2026-11-01T00:45Z"], utc=True)

    medians = rolling_median_at(pd.Series([1.0, 2.0, 4.0], stamps), "20min", at, min_count=1)

    assert medians.tolist() == pytest.approx([np.nan, 3.0, np.nan], nan_ok=True)

"""Readings per hour, day or other fixed step, for charts and tables."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.times import IntArray, aware_index, index_from_ns, seconds_of, utc_ns

FloatArray = npt.NDArray[np.float64]

# Takes values of shape (n, columns) and the first row of each group, gives (groups, columns).
_Reducer = Callable[[FloatArray, npt.NDArray[np.intp]], FloatArray]


def resample_mean(frame: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Average every column per step.

    Parameters
    ----------
    frame
        Shape (n, columns) of numbers. Index: increasing, timezone-aware ``DatetimeIndex``. NaN is not counted.
    rule
        ``"D"`` for calendar days in the zone of the index (23 or 25 h long when clocks change), or a fixed width
        up to a day such as ``"15min"`` or ``"6h"``, counted from midnight UTC.

    Returns
    -------
    DataFrame with one row for every step from the first reading to the last, labelled by its start; a step
    without a usable value is NaN, so that a chart shows the gap.

    Raises
    ------
    ValueError
        If the index is unusable (see :func:`analytics.times.utc_ns`) or ``rule`` is longer than a day.
    """
    return _aggregate(frame, rule, _mean)


def resample_min(frame: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Give the lowest value of every column per step; otherwise as :func:`resample_mean`."""
    return _aggregate(frame, rule, _minimum)


def resample_max(frame: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Give the highest value of every column per step; otherwise as :func:`resample_mean`."""
    return _aggregate(frame, rule, _maximum)


def resample_count(frame: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Count the usable values of every column per step, 0 where there are none; steps as :func:`resample_mean`."""
    return _aggregate(frame, rule, _count).fillna(0).astype(np.int64)


def _aggregate(frame: pd.DataFrame, rule: str, reduce: _Reducer) -> pd.DataFrame:
    stamps = utc_ns(frame.index)
    grid = _grid(aware_index(frame.index), rule)
    bucket = np.searchsorted(grid.as_unit("ns").asi8, stamps, side="right") - 1
    first = np.flatnonzero(np.diff(bucket, prepend=-1))
    table = np.full((grid.size, frame.shape[1]), np.nan)
    if first.size:
        values = frame.to_numpy(dtype=np.float64)
        table[bucket[first]] = reduce(np.where(np.isfinite(values), values, np.nan), first)
    return pd.DataFrame(table, index=grid, columns=frame.columns)


def _grid(index: pd.DatetimeIndex, rule: str) -> pd.DatetimeIndex:
    """Give the starts of all steps from the first to the last reading."""
    if not len(index):
        return index
    if rule == "D":
        local = index[[0, -1]].normalize()
        return pd.date_range(local[0], local[-1], freq="D", name=index.name)
    width = round(seconds_of(rule) * 1e9)
    if width > 86_400 * 10**9:
        raise ValueError(f'steps of {rule!r} are longer than a day; resample to "D" and group that')
    ends: IntArray = index[[0, -1]].as_unit("ns").asi8 // width
    return index_from_ns(np.arange(ends[0], ends[1] + 1) * width, index)


def _count(values: FloatArray, first: npt.NDArray[np.intp]) -> FloatArray:
    return np.add.reduceat(np.isfinite(values).astype(np.float64), first, axis=0)


def _mean(values: FloatArray, first: npt.NDArray[np.intp]) -> FloatArray:
    count = _count(values, first)
    total = np.add.reduceat(np.nan_to_num(values, nan=0.0), first, axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _minimum(values: FloatArray, first: npt.NDArray[np.intp]) -> FloatArray:
    return np.fmin.reduceat(values, first, axis=0)


def _maximum(values: FloatArray, first: npt.NDArray[np.intp]) -> FloatArray:
    return np.fmax.reduceat(values, first, axis=0)

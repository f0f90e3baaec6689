"""Fewer points for a chart that looks the same: extremes stay, gaps stay gaps."""

import numpy as np
import pandas as pd
from tsdownsample import MinMaxLTTBDownsampler

from analytics.times import index_from_ns, seconds_of, utc_ns

# Below this a stretch cannot be thinned and still show its ends and its extremes.
_FEWEST_PER_STRETCH = 4


def break_gaps(readings: pd.Series, cap: str) -> pd.Series:
    """Insert a NaN into every gap longer than ``cap``, so that a line chart does not bridge it.

    Parameters
    ----------
    readings
        Shape (n,). Index: increasing, timezone-aware ``DatetimeIndex``.
    cap
        Longest step that is still drawn through, e.g. ``"3min"`` for readings every minute.

    Returns
    -------
    Series of shape (n + gaps,), same name and index type; each NaN stands in the middle of its gap.
    """
    stamps = utc_ns(readings.index)
    steps = np.diff(stamps)
    before = np.flatnonzero(steps > seconds_of(cap) * 1e9)
    if not before.size:
        return readings.astype(np.float64)
    middles = stamps[before] + steps[before] // 2
    values = np.insert(readings.to_numpy(dtype=np.float64), before + 1, np.nan)
    index = index_from_ns(np.insert(stamps, before + 1, middles), readings.index)
    return pd.Series(values, index=index, name=readings.name)


def thin(readings: pd.Series, points: int) -> pd.Series:
    """Keep about ``points`` of the readings, chosen to look like all of them.

    Parameters
    ----------
    readings
        Shape (n,). Index: increasing, timezone-aware ``DatetimeIndex``. A NaN (see :func:`break_gaps`) ends a
        stretch; every stretch is thinned by itself and one NaN is kept between two of them.
    points
        At least 4. Short stretches are kept whole, so many gaps may give somewhat more.

    Returns
    -------
    Series: a subset of ``readings``, unchanged in value and order. First, last, lowest and highest reading of
    every stretch are kept; a series of at most ``points`` readings comes back as it is.

    Raises
    ------
    ValueError
        If ``points`` is below 4.
    """
    if points < _FEWEST_PER_STRETCH:
        raise ValueError(f"a chart needs at least {_FEWEST_PER_STRETCH} points, got {points}")
    stamps = utc_ns(readings.index)
    if readings.size <= points:
        return readings
    values = readings.to_numpy(dtype=np.float64)
    finite = np.isfinite(values)
    edges = np.flatnonzero(np.diff(finite.astype(np.int8), prepend=0, append=0))
    kept: list[np.ndarray] = []
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        share = round(points * (stop - first) / max(int(finite.sum()), 1))
        if kept:
            kept.append(np.array([first - 1]))
        kept.append(first + _shape_of(stamps[first:stop], values[first:stop], share))
    return readings.iloc[np.concatenate(kept) if kept else []]


def _shape_of(stamps: np.ndarray, values: np.ndarray, points: int) -> np.ndarray:
    """Choose positions by MinMaxLTTB, which picks well between the extremes but may drop the very highest."""
    wanted = max(points, _FEWEST_PER_STRETCH)
    if values.size <= wanted:
        return np.arange(values.size)
    chosen = MinMaxLTTBDownsampler().downsample(stamps, np.ascontiguousarray(values), n_out=wanted)
    return np.union1d(chosen.astype(np.int64), [0, values.size - 1, values.argmin(), values.argmax()])

"""Excursions of long stretches of time, from hourly summaries instead of readings."""

import numpy as np
import pandas as pd

from analytics.histogram import Histogram
from analytics.times import aware_index, utc_ns

_HOUR_NS = 3_600 * 10**9
_COLUMNS = ("start_at", "end_at", "side", "count", "duration_s", "worst", "area")


def excursions_of_hours(hours: pd.DataFrame, *, bin_width: float) -> pd.DataFrame:
    """List the runs of neighbouring hours in which a quantity was outside its band.

    Parameters
    ----------
    hours
        Shape (n, columns). Index: increasing, timezone-aware starts of hours. Columns ``below_s`` and ``above_s``
        (seconds outside), ``min``, ``max``, ``hist`` (as in :mod:`analytics.histogram`) of the usable readings, and
        ``low`` and ``high``, the band, NaN for an open side.
    bin_width
        Of the histograms, in the unit of the quantity.

    Returns
    -------
    DataFrame in the order in which they began, with the columns of :func:`analytics.ranges.excursions`: ``start_at``
    and ``end_at`` are full hours, ``count`` is the number of hours, ``duration_s`` the seconds outside in them.
    ``area`` (unit x h) takes every second at the middle of its bin, so it is good to half a bin width times the
    duration.
    """
    stamps = utc_ns(hours.index)
    tables = [_runs(hours, stamps, side, bin_width) for side in ("low", "high")]
    return pd.concat(tables).sort_values("start_at", kind="stable", ignore_index=True)


def _runs(hours: pd.DataFrame, stamps: np.ndarray, side: str, bin_width: float) -> pd.DataFrame:
    seconds_name, extreme = ("below_s", "min") if side == "low" else ("above_s", "max")
    seconds = hours[seconds_name].to_numpy(dtype=np.float64)
    outside = np.flatnonzero(seconds > 0)
    first = np.flatnonzero(np.append(True, np.diff(stamps[outside]) > _HOUR_NS)) if outside.size else outside
    index = aware_index(hours.index)
    worst = hours[extreme].to_numpy(dtype=np.float64)[outside]
    areas = np.array([_area(one, limit, side, bin_width) for one, limit in _outside(hours, side, outside)])
    last = np.append(first[1:], outside.size)[: first.size] - 1
    reduce = np.fmin if side == "low" else np.fmax
    return pd.DataFrame(
        {
            "start_at": index[outside[first]],
            "end_at": index[outside[last]] + pd.Timedelta("1h"),
            "side": side,
            "count": last - first + 1,
            "duration_s": _reduced(np.add, seconds[outside], first),
            "worst": _reduced(reduce, worst, first),
            "area": _reduced(np.add, areas, first),
        },
        columns=list(_COLUMNS),
    )


def _outside(hours: pd.DataFrame, side: str, places: np.ndarray) -> zip:
    return zip(hours["hist"].iloc[places], hours[side].to_numpy(dtype=np.float64)[places], strict=True)


def _area(histogram: Histogram, limit: float, side: str, bin_width: float) -> float:
    if len(histogram) < 2:
        return 0.0
    middles = (int(histogram[0]) + np.arange(len(histogram) - 1) + 0.5) * bin_width
    distance = limit - middles if side == "low" else middles - limit
    return float((np.clip(distance, 0.0, None) * histogram[1:]).sum() / 3600.0)


def _reduced(by: np.ufunc, values: np.ndarray, first: np.ndarray) -> np.ndarray:
    return by.reduceat(values, first) if first.size else np.zeros(0)

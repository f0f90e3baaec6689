"""Robust straight lines through readings: Theil-Sen slopes with an interval."""

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.times import utc_ns

FloatArray = npt.NDArray[np.float64]
Number = TypeVar("Number", float, FloatArray)

# All pairs of 800 points are 320 000 slopes, 2.5 MB. Longer series are first reduced to medians of neighbours.
_MOST_POINTS = 800
# The pairs of all shorter series together take 13 MB.
_FEW_POINTS = 128
# Readings closer than this repeat each other.
_BLOCK_S = 600.0


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through readings; NaN throughout when there are fewer than three.

    ``slope`` per unit of x with its confidence interval ``low``..``high``; the line is
    ``level + slope * (x - x_middle)``. ``count`` is the number of readings behind it.
    """

    slope: float
    low: float
    high: float
    level: float
    x_middle: float
    count: int

    @property
    def standard_error(self) -> float:
        """Standard error of the slope as a normal distribution with this 95 % interval would have it."""
        return (self.high - self.low) / (2 * 1.959964)

    @property
    def certain(self) -> bool:
        """Whether the direction is beyond doubt: the interval does not hold zero."""
        return self.low > 0 or self.high < 0

    def at(self, x: Number) -> Number:
        """Give the line's value at ``x``, a number or an array."""
        return self.level + self.slope * (x - self.x_middle)


def theil_sen(x: npt.ArrayLike, y: npt.ArrayLike, *, confidence: float = 0.95) -> Trend:
    """Fit the median of all slopes between two points (Theil 1950, interval of Sen 1968).

    Up to 29 % of the readings may be arbitrarily wrong. Beyond 800 points, runs of neighbours in x are reduced to
    their medians first, so that memory stays small; the interval then refers to these.

    Parameters
    ----------
    x, y
        Shape (n,), any order; pairs with a NaN are left out.
    confidence
        Of the interval, between 0 and 1. It takes the readings as independent: give medians of an hour or so
        rather than every minute where it matters.

    Raises
    ------
    ValueError
        If x and y differ in length.
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if xs.shape != ys.shape:
        raise ValueError(f"x and y must have one length, got {xs.size} and {ys.size}")
    kept = np.isfinite(xs) & np.isfinite(ys)
    count = int(kept.sum())
    xs, ys = _reduced(xs[kept], ys[kept])
    first, second = _pairs(xs.size)
    run, rise = xs[second] - xs[first], ys[second] - ys[first]
    slopes = np.sort(rise / run if run.all() else rise[run != 0] / run[run != 0])
    if count < 3 or not slopes.size:
        nothing = float("nan")
        return Trend(nothing, nothing, nothing, nothing, nothing, count)
    # Adding zero makes no slope at all a plain zero.
    slope = _middle(slopes) + 0.0
    ordered_x, ordered_y = np.sort(xs), np.sort(ys)
    low, high = _sen_interval(slopes, ordered_x, ordered_y, confidence)
    middle = _middle(ordered_x)
    return Trend(slope, low, high, _middle(np.sort(ys - slope * (xs - middle))), middle, count)


def daily_trend(readings: pd.Series) -> Trend:
    """Fit the trend of readings per day; x counts days from the first reading.

    ``readings``: shape (n,), index an increasing timezone-aware ``DatetimeIndex``; NaN is left out. Readings more
    frequent than 10 minutes are taken as 10-minute medians, because neighbours in time repeat each other.
    """
    return trend_per_day(utc_ns(readings.index) / 1e9, readings.to_numpy(dtype=np.float64))


def trend_per_day(stamps_s: FloatArray, values: FloatArray) -> Trend:
    """Fit the trend as :func:`daily_trend`, from increasing stamps in seconds and values of the same shape (n,)."""
    if not stamps_s.size:
        return theil_sen(stamps_s, values)
    days, block = (stamps_s - stamps_s[0]) / 86_400.0, np.floor(stamps_s / _BLOCK_S)
    if not np.diff(block).all():
        medians = pd.DataFrame({"at": days, "value": values}).groupby(pd.Index(block)).median()
        days, values = medians["at"].to_numpy(), medians["value"].to_numpy()
    return theil_sen(days, values)


def _reduced(xs: FloatArray, ys: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Replace runs of neighbours by the medians of both coordinates until 800 points are left."""
    if xs.size <= _MOST_POINTS:
        return xs, ys
    order = np.argsort(xs, kind="stable")
    runs = np.array_split(order, _MOST_POINTS)
    return np.array([np.median(xs[run]) for run in runs]), np.array([np.median(ys[run]) for run in runs])


def _pairs(size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Give the places of all pairs; those of short series, which come by the hundred, are kept."""
    return _few_pairs(size) if size <= _FEW_POINTS else np.triu_indices(size, 1)


@lru_cache(maxsize=_FEW_POINTS + 1)
def _few_pairs(size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    return np.triu_indices(size, 1)


def _middle(ordered: FloatArray) -> float:
    """Give the median, which ``np.median`` takes three times as long to find among some dozens of values."""
    return float((ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2)


def _sen_interval(
    slopes: FloatArray, ordered_x: FloatArray, ordered_y: FloatArray, confidence: float
) -> tuple[float, float]:
    """Give the slopes at the ranks of Sen's interval; ties in x and y narrow Kendall's variance."""
    n = ordered_x.size
    variance = (n * (n - 1) * (2 * n + 5) - _tie_term(ordered_x) - _tie_term(ordered_y)) / 18
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * np.sqrt(max(variance, 0.0))
    lower = max(round((slopes.size - reach) / 2) - 1, 0)
    upper = min(round((slopes.size + reach) / 2), slopes.size - 1)
    return float(slopes[lower]), float(slopes[upper])


def _tie_term(ordered: FloatArray) -> float:
    if (ordered[1:] > ordered[:-1]).all():
        return 0.0
    times = np.unique(ordered, return_counts=True)[1].astype(np.float64)
    return float((times * (times - 1) * (2 * times + 5)).sum())

"""The middle of a cohort at every step, and the band that most of it keeps to."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Envelope:
    """Median and two quantiles of a cohort, each of shape (steps,); NaN where too few had a value.

    ``members`` counts those that had one.
    """

    median: FloatArray
    low: FloatArray
    high: FloatArray
    members: IntArray


def cohort_envelope(values: npt.ArrayLike, *, low: float, high: float, min_members: int = 3) -> Envelope:
    """Sum up a cohort step by step.

    Parameters
    ----------
    values
        Shape (series, steps); NaN is no value and is not counted.
    low, high
        Quantiles of the band, 0..1: 0.25 and 0.75 for the interquartile range.
    min_members
        Steps in which fewer series have a value give NaN: a band of two is no band.

    Returns
    -------
    Envelope whose quantiles are interpolated linearly between order statistics (definition 7 of Hyndman and Fan 1996,
    the one of numpy and pandas).

    Raises
    ------
    ValueError
        If the quantiles are not in order within 0..1.
    """
    if not 0 <= low < high <= 1:
        raise ValueError(f"quantiles must rise within 0..1, got {low} and {high}")
    # NaN is sorted to the end, so the values of a step are the first ``members`` rows of its column.
    ordered = np.sort(np.atleast_2d(np.asarray(values, dtype=np.float64)), axis=0)
    members = np.isfinite(ordered).sum(axis=0)
    known = members >= max(min_members, 1)
    median, lower, upper = (np.where(known, _quantile(ordered, members, share), np.nan) for share in (0.5, low, high))
    return Envelope(median, lower, upper, members)


def _quantile(ordered: FloatArray, members: IntArray, share: float) -> FloatArray:
    place = share * np.maximum(members - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(members - 1, 0))
    column = np.arange(members.size)
    if not ordered.shape[0]:
        return np.full(members.size, np.nan)
    lower, upper = ordered[below, column], ordered[above, column]
    return lower + (place - below) * (upper - lower)

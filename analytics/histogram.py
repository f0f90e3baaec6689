"""Small histograms of seconds per value bin, stored as ``[first bin, seconds, seconds, ...]`` of int32.

They answer "what if the band were different" without the readings. Seconds are rounded to whole ones per bin.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Histogram = npt.NDArray[np.int32]

# Far above the rounding of four-byte floats, far below anything a probe resolves.
_EDGE = 1e-5

EMPTY: Histogram = np.zeros(0, dtype=np.int32)


def bin_of(values: npt.ArrayLike, width: float) -> IntArray:
    """Give each value's bin, ``floor(value / width)``, so that 6.1 with width 0.1 falls into bin 61.

    Values a rounding error (1e-5 bins) below a bin's edge belong to that bin: 0.3 / 0.1 is 2.9999999999999996, and
    6.1 from a four-byte column is 6.0999999.
    """
    return np.floor(np.asarray(values, dtype=np.float64) / width + _EDGE).astype(np.int64)


def seconds_per_bin(
    values: FloatArray, seconds: FloatArray, group: IntArray, *, size: int, width: float
) -> list[Histogram]:
    """Build ``size`` histograms, one per group (an hour), from values and the seconds each stands for.

    Arrays of shape (n,); ``group`` holds numbers 0..size-1 in any order. A group without values gives an empty array.
    """
    if not values.size:
        return [EMPTY] * size
    return _by_bin(bin_of(values, width), seconds, group, size)


def _by_bin(bins: IntArray, seconds: npt.NDArray[np.generic], group: IntArray, size: int) -> list[Histogram]:
    """Sum seconds by group and bin, one histogram per group, from its lowest to its highest bin."""
    lowest = np.full(size, np.iinfo(np.int64).max)
    highest = np.full(size, np.iinfo(np.int64).min)
    np.minimum.at(lowest, group, bins)
    np.maximum.at(highest, group, bins)
    filled = np.flatnonzero(highest >= lowest)
    lengths = np.zeros(size, dtype=np.int64)
    # One more than there are bins, for the number of the first.
    lengths[filled] = highest[filled] - lowest[filled] + 2
    ends = np.cumsum(lengths)
    heads = ends - lengths
    flat = np.bincount(heads[group] + 1 + bins - lowest[group], weights=seconds, minlength=int(lengths.sum()))
    together = np.rint(flat).astype(np.int32)
    together[heads[filled]] = lowest[filled]
    return [together[head:end] for head, end in zip(heads.tolist(), ends.tolist(), strict=True)]


def add_histograms(histograms: Sequence[Histogram]) -> Histogram:
    """Add histograms of the same bin width bin by bin; empty ones and none at all give an empty one."""
    filled = [one for one in histograms if one is not None and len(one) > 1]
    if not filled:
        return EMPTY
    lengths = np.array([len(one) for one in filled])
    together = np.concatenate(filled)
    heads = np.cumsum(lengths) - lengths
    lowest = int(together[heads].min())
    bins = np.arange(together.size) - np.repeat(heads + 1, lengths) + np.repeat(together[heads] - lowest, lengths)
    seconds = np.delete(together, heads)
    total = np.bincount(np.delete(bins, heads), weights=seconds)
    return np.append(np.int32(lowest), np.rint(total).astype(np.int32))


def add_histograms_by_group(histograms: Sequence[Histogram], first: IntArray) -> list[Histogram]:
    """Add histograms of consecutive groups, as :func:`add_histograms` does for each; ``first`` is where each begins."""
    lengths = np.array([len(one) for one in histograms], dtype=np.int64)
    size = first.size
    if not lengths.any():
        return [EMPTY] * size
    together = np.concatenate([np.asarray(one, dtype=np.int64) for one in histograms])
    filled = np.flatnonzero(lengths > 1)
    heads = (np.cumsum(lengths) - lengths)[filled]
    counts = lengths[filled] - 1
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    seconds = together[np.repeat(heads + 1, counts) + place]
    bins = np.repeat(together[heads], counts) + place
    group = np.repeat(np.searchsorted(first, filled, side="right") - 1, counts)
    return _by_bin(bins, seconds, group, size)


def seconds_outside(histogram: Histogram, low: float, high: float, *, width: float) -> tuple[int, int]:
    """Give the seconds below ``low`` and above ``high``.

    Exact when both limits are bin edges, where a value on the upper edge counts as above because its bin does;
    otherwise the bin that a limit cuts counts as inside. NaN is an open limit.
    """
    if len(histogram) < 2:
        return 0, 0
    edges = int(histogram[0]) + np.arange(len(histogram) - 1)
    seconds = np.asarray(histogram[1:], dtype=np.int64)
    below = 0 if np.isnan(low) else int(seconds[edges + 1 <= low / width + _EDGE].sum())
    above = 0 if np.isnan(high) else int(seconds[edges >= high / width - _EDGE].sum())
    return below, above

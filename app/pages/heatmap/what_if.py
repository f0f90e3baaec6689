"""Seconds outside a band, counted from histograms: for bands that never were, and weighted by how far outside.

A limit on the edge of a bin is exact but for whole seconds, where a value on the upper limit counts as above. Between
two edges the bin that the limit cuts counts as inside.
"""

import numpy as np
import numpy.typing as npt

from models.read.histograms import Histograms

FloatArray = npt.NDArray[np.float64]
# Far above the rounding of a limit divided by a bin's width, far below a bin.
_EDGE = 1e-5


def seconds_outside(
    histograms: Histograms, low: npt.ArrayLike, high: npt.ArrayLike, *, width: float
) -> tuple[FloatArray, FloatArray]:
    """Give the seconds below and above the band of every row, both of shape (n,); NaN where a row has no band.

    ``low`` and ``high`` are one band for all, or one for each of the n rows; ``width`` is that of a bin.
    """
    lows, highs = _limits(histograms, low, high)
    # Rows without a band are taken out at the end; meanwhile any number will do.
    below_bins = np.floor(np.nan_to_num(lows) / width + _EDGE) - histograms.first_bin
    inside_bins = np.ceil(np.nan_to_num(highs, nan=np.inf) / width - _EDGE) - histograms.first_bin
    until = np.concatenate(([0], np.cumsum(histograms.seconds)))
    begin, end = histograms.begin, histograms.begin + histograms.bins
    low_end, high_begin = (
        begin + np.clip(one, 0, histograms.bins).astype(np.int64) for one in (below_bins, inside_bins)
    )
    return _where_banded(lows, until[low_end] - until[begin], until[end] - until[high_begin])


def severity_seconds(
    histograms: Histograms, low: npt.ArrayLike, high: npt.ArrayLike, *, width: float
) -> tuple[FloatArray, FloatArray]:
    """Give the seconds outside as :func:`seconds_outside`, each weighted by how far outside its bin's middle lies.

    Half the band's width outside, or further, counts fully, the limit itself not at all, and in between evenly.
    """
    lows, highs = _limits(histograms, low, high)
    row, bins, seconds = histograms.occupied()
    lowest, highest = (lows / width)[row], (highs / width)[row]
    half = (highest - lowest) / 2
    below, above = (
        np.bincount(
            row, weights=seconds * np.where(is_out, np.clip(distance / half, 0.0, 1.0), 0.0), minlength=lows.size
        )
        for distance, is_out in (
            (lowest - bins - 0.5, bins + 1 <= lowest + _EDGE),
            (bins + 0.5 - highest, bins >= highest - _EDGE),
        )
    )
    return _where_banded(lows, below, above)


def _limits(histograms: Histograms, low: npt.ArrayLike, high: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    size = len(histograms.device_id)
    lows, highs = (np.broadcast_to(np.asarray(one, dtype=np.float64), size) for one in (low, high))
    return lows, highs


def _where_banded(
    lows: FloatArray, below: npt.NDArray[np.number], above: npt.NDArray[np.number]
) -> tuple[FloatArray, FloatArray]:
    banded = ~np.isnan(lows)
    return np.where(banded, below, np.nan), np.where(banded, above, np.nan)

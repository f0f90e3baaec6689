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
    return _counted(histograms, low, high, width, is_severity=False)


def severity_seconds(
    histograms: Histograms, low: npt.ArrayLike, high: npt.ArrayLike, *, width: float
) -> tuple[FloatArray, FloatArray]:
    """Give the seconds outside as :func:`seconds_outside`, each weighted by how far outside its bin's middle lies.

    Half the band's width outside, or further, counts fully, the limit itself not at all, and in between evenly.
    """
    return _counted(histograms, low, high, width, is_severity=True)


def _counted(
    histograms: Histograms, low: npt.ArrayLike, high: npt.ArrayLike, width: float, *, is_severity: bool
) -> tuple[FloatArray, FloatArray]:
    size, row = len(histograms.device_id), histograms.row
    lows, highs = (np.broadcast_to(np.asarray(one, dtype=np.float64), size) for one in (low, high))
    lowest, highest = lows / width, highs / width
    weights = []
    for distance, is_out in (
        (lowest[row] - histograms.bin - 0.5, histograms.bin + 1 <= lowest[row] + _EDGE),
        (histograms.bin + 0.5 - highest[row], histograms.bin >= highest[row] - _EDGE),
    ):
        half = (highest - lowest)[row] / 2
        weight = np.clip(distance / half, 0.0, 1.0) if is_severity else 1.0
        weights.append(np.where(is_out, weight, 0.0))
    below, above = (np.bincount(row, weights=histograms.seconds * weight, minlength=size) for weight in weights)
    banded = ~np.isnan(lows)
    return np.where(banded, below, np.nan), np.where(banded, above, np.nan)

"""How alike series move: Pearson's coefficient of every pair, over the steps that both have."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Fewer common steps say nothing: 12 of them are by chance beyond ±0.58 once in twenty times (Fisher's t test).
MIN_COMMON = 12


@dataclass(frozen=True, slots=True)
class Correlations:
    """Of n series: ``r`` from -1 to 1 and ``common``, the steps behind it, both of shape (n, n) and symmetric."""

    r: FloatArray
    common: IntArray


def correlations(values: npt.ArrayLike, *, min_common: int = MIN_COMMON) -> Correlations:
    """Correlate every series with every other.

    Parameters
    ----------
    values
        Shape (series, steps); NaN is no value. A pair is judged by the steps in which both have one.
    min_common
        Pairs with fewer common steps give NaN.

    Returns
    -------
    Correlations; ``r`` is NaN for a pair with too few common steps or where one of the two never moved. Pearson's
    product-moment coefficient (Pearson 1895): 1 moves alike, -1 against each other, near 0 neither.
    """
    given = np.atleast_2d(np.asarray(values, dtype=np.float64))
    known = np.isfinite(given)
    counts = np.maximum(known.sum(axis=1, keepdims=True), 1)
    # Taken from each series' own mean first: differences of large squares would lose their digits.
    centred = np.where(known, given - np.where(known, given, 0.0).sum(axis=1, keepdims=True) / counts, 0.0)
    mask = known.astype(np.float64)
    common = mask @ mask.T
    with np.errstate(invalid="ignore", divide="ignore"):
        sums, squares = centred @ mask.T, (centred**2) @ mask.T
        covariance = centred @ centred.T - sums * sums.T / common
        variance = squares - sums**2 / common
        # What rounding leaves of a flat line is no movement.
        variance = np.where(variance > 1e-12 * np.maximum(squares, 1e-12), variance, np.nan)
        r = np.clip(covariance / np.sqrt(variance * variance.T), -1.0, 1.0)
    return Correlations(np.where(common >= min_common, r, np.nan), common.astype(np.int64))

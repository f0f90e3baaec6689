"""One trustworthy number from many noisy conversions."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

# A MAD of normal noise is its standard deviation divided by this.
_MAD_TO_SIGMA = 1.4826
_SIGMAS_KEPT = 3.0


class RobustMedian(NamedTuple):
    """The median of the values kept, the MAD of all values (same unit), and how many were kept."""

    value: float
    mad: float
    used: int


def robust_median(values: Sequence[float]) -> RobustMedian:
    """Return the median after dropping values further than 3 x 1.4826 MAD from the plain median.

    Raises
    ------
    ValueError
        If there are no values.
    """
    if not values:
        raise ValueError("no values to take a median of")
    middle = median(values)
    mad = median(abs(value - middle) for value in values)
    reach = _SIGMAS_KEPT * _MAD_TO_SIGMA * mad
    kept = [value for value in values if abs(value - middle) <= reach]
    return RobustMedian(median(kept), mad, len(kept))

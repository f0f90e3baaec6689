"""Does an EC log still carry the temperature? A test that needs nothing but EC and water temperature."""

from dataclasses import dataclass
from enum import StrEnum, unique

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.times import IntArray, utc_ns

# Conductivity rises by 2 % per °C; a log compensated to 25 °C shows nothing of it, one compensated twice the reverse.
_SUSPICIOUS_PERCENT_PER_C = 1.2
_CLEAR_CORRELATION = 0.9
_FEWEST_DAYS = 3.0
_LEAST_SWING_C = 0.2
_HALF_DAY_NS = 12 * 3600 * 10**9

FloatArray = npt.NDArray[np.float64]


@unique
class Compensation(StrEnum):
    """What the temperature does in an EC log."""

    COMPENSATED = "compensated"
    UNCOMPENSATED = "uncompensated"
    TWICE = "compensated twice"
    UNKNOWN = "cannot say"


@dataclass(frozen=True, slots=True)
class CompensationCheck:
    """How strongly EC follows the temperature within a day; slope and correlation are NaN if it cannot be said."""

    verdict: Compensation
    slope_percent_per_c: float
    correlation: float
    days: float


def check_compensation(readings: pd.DataFrame) -> CompensationCheck:
    """Test whether EC moves with the water temperature as only uncompensated EC does.

    Both are taken relative to their centred 24 h means (EC as a logarithm), so that doses and seasons do not
    count. A slope above +1.2 %/°C with r above 0.9 over at least three days is uncompensated, below -1.2 with r
    below -0.9 compensated twice.

    Parameters
    ----------
    readings
        Shape (n, columns). Index: increasing, timezone-aware ``DatetimeIndex``. Columns ``ec_us_cm`` and
        ``water_c``; rows with a NaN, or without a positive EC, are left out.

    Returns
    -------
    CompensationCheck
        ``UNKNOWN`` with less than three days or where the temperature hardly moves (0.2 °C).
    """
    stamps = utc_ns(readings.index)
    values = readings[["ec_us_cm", "water_c"]].to_numpy(dtype=np.float64)
    known = np.isfinite(values).all(axis=1) & (values[:, 0] > 0)
    stamps, values = stamps[known], values[known]
    days = float(stamps[-1] - stamps[0]) / 86_400e9 if stamps.size else 0.0
    unknown = CompensationCheck(Compensation.UNKNOWN, float("nan"), float("nan"), days)
    if days < _FEWEST_DAYS:
        return unknown
    # Within half a day of either end the mean is not centred and holds part of the swing itself.
    inner = (stamps >= stamps[0] + _HALF_DAY_NS) & (stamps <= stamps[-1] - _HALF_DAY_NS)
    ec, water = ((one - _mean_of_day_around(stamps, one))[inner] for one in (np.log(values[:, 0]), values[:, 1]))
    if water.std() < _LEAST_SWING_C or ec.std() == 0:
        return unknown
    slope = float(100 * (ec * water).mean() / (water * water).mean())
    correlation = float(np.corrcoef(ec, water)[0, 1])
    return CompensationCheck(_verdict(slope, correlation), slope, correlation, days)


def _mean_of_day_around(stamps: IntArray, values: FloatArray) -> FloatArray:
    """Give the mean of the 24 hours around each stamp."""
    first, stop = (np.searchsorted(stamps, stamps + edge, side="right") for edge in (-_HALF_DAY_NS, _HALF_DAY_NS))
    total = np.append(0.0, np.cumsum(values))
    return (total[stop] - total[first]) / (stop - first)


def _verdict(slope: float, correlation: float) -> Compensation:
    if slope > _SUSPICIOUS_PERCENT_PER_C and correlation > _CLEAR_CORRELATION:
        return Compensation.UNCOMPENSATED
    if slope < -_SUSPICIOUS_PERCENT_PER_C and correlation < -_CLEAR_CORRELATION:
        return Compensation.TWICE
    return Compensation.COMPENSATED

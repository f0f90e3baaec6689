"""Does an EC log still carry the temperature? A test that needs nothing but EC and water temperature."""

from dataclasses import dataclass
from enum import StrEnum, unique

import numpy as np
import pandas as pd

from analytics.times import utc_ns

# Conductivity rises by 2 % per °C; a log compensated to 25 °C shows nothing of it, one compensated twice the reverse.
_SUSPICIOUS_PERCENT_PER_C = 1.2
_CLEAR_CORRELATION = 0.9
_FEWEST_DAYS = 3.0
_LEAST_SWING_C = 0.2


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
    utc_ns(readings.index)
    both = readings[["ec_us_cm", "water_c"]].astype(np.float64)
    both = both[np.isfinite(both.to_numpy()).all(axis=1) & (both["ec_us_cm"] > 0).to_numpy()]
    days = (both.index[-1] - both.index[0]).total_seconds() / 86_400 if len(both) else 0.0
    unknown = CompensationCheck(Compensation.UNKNOWN, float("nan"), float("nan"), days)
    if days < _FEWEST_DAYS:
        return unknown
    both["log_ec"] = np.log(both["ec_us_cm"])
    inner = both[["log_ec", "water_c"]]
    swing = inner - inner.rolling("24h", center=True).mean()
    # Within half a day of either end the mean is not centred and holds part of the swing itself.
    half = pd.Timedelta("12h")
    swing = swing[(both.index >= both.index[0] + half) & (both.index <= both.index[-1] - half)].to_numpy()
    ec, water = swing.T
    if water.std() < _LEAST_SWING_C or ec.std() == 0:
        return unknown
    slope = float(100 * (ec * water).mean() / (water * water).mean())
    correlation = float(np.corrcoef(ec, water)[0, 1])
    return CompensationCheck(_verdict(slope, correlation), slope, correlation, days)


def _verdict(slope: float, correlation: float) -> Compensation:
    if slope > _SUSPICIOUS_PERCENT_PER_C and correlation > _CLEAR_CORRELATION:
        return Compensation.UNCOMPENSATED
    if slope < -_SUSPICIOUS_PERCENT_PER_C and correlation < -_CLEAR_CORRELATION:
        return Compensation.TWICE
    return Compensation.COMPENSATED

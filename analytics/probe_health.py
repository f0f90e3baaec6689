"""How a pH electrode ages over its calibrations, and when it will be worn out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.times import aware_index, utc_ns
from analytics.trends import Trend, theil_sen

WORN_SLOPE_PERCENT = 85.0
WORN_OFFSET_MV = 60.0
_FEWEST_CALIBRATIONS = 3
_FEWEST_DAYS = 14.0
_LONGEST_OUTLOOK_DAYS = 730.0
_MONTH_DAYS = 30.0


@dataclass(frozen=True, slots=True)
class ProbeHealth:
    """An electrode's state: last calibration, change per 30 days (NaN if unknown) and when to replace it.

    ``replace_by`` is None when nothing points to a date; ``reason`` says why in either case.
    """

    slope_percent: float
    offset_mv: float
    slope_change: float
    offset_change: float
    replace_by: pd.Timestamp | None
    reason: str


def probe_health(calibrations: pd.DataFrame) -> ProbeHealth:
    """Judge an electrode by its calibrations.

    Parameters
    ----------
    calibrations
        One row per calibration of this electrode, oldest first. Index: increasing, timezone-aware
        ``DatetimeIndex``. Columns ``slope_percent`` and ``offset_mv`` as in :class:`calibration_fit.PhFit`.

    Returns
    -------
    ProbeHealth
        ``replace_by`` is the earlier day on which the robust trend of the slope reaches 85 % or that of the offset
        ±60 mV, from at least three calibrations over two weeks and at most two years ahead of the last.

    Raises
    ------
    ValueError
        If there is no calibration.
    """
    if calibrations.empty:
        raise ValueError("an electrode without a calibration has no health to judge; calibrate it first")
    days = (utc_ns(calibrations.index) - utc_ns(calibrations.index)[0]) / 86_400e9
    slope, offset = (theil_sen(days, calibrations[name]) for name in ("slope_percent", "offset_mv"))
    last_slope, last_offset = (float(calibrations[name].iloc[-1]) for name in ("slope_percent", "offset_mv"))
    ahead, reason = _days_ahead(days, slope, offset, (last_slope, last_offset))
    last_at = aware_index(calibrations.index)[-1]
    replace_by = None if ahead is None else (last_at + pd.Timedelta(days=ahead)).normalize()
    return ProbeHealth(
        last_slope, last_offset, slope.slope * _MONTH_DAYS, offset.slope * _MONTH_DAYS, replace_by, reason
    )


def _days_ahead(days: np.ndarray, slope: Trend, offset: Trend, last: tuple[float, float]) -> tuple[float | None, str]:
    if last[0] < WORN_SLOPE_PERCENT or abs(last[1]) > WORN_OFFSET_MV:
        return 0.0, f"worn out: slope {last[0]:.0f} %, offset {last[1]:+.0f} mV"
    if days.size < _FEWEST_CALIBRATIONS or days[-1] < _FEWEST_DAYS:
        return None, "needs three calibrations over two weeks to see a trend"
    bound = WORN_OFFSET_MV * np.sign(offset.slope)
    outlooks = [
        (_reach(slope, float(days[-1]), WORN_SLOPE_PERCENT) if slope.slope < 0 else np.inf, "slope falls to 85 %"),
        (_reach(offset, float(days[-1]), bound) if offset.slope else np.inf, f"offset reaches {bound:+.0f} mV"),
    ]
    ahead, reason = min(outlooks)
    if ahead > _LONGEST_OUTLOOK_DAYS:
        return None, "no wear to speak of"
    return ahead, reason


def _reach(trend: Trend, today: float, limit: float) -> float:
    return max((limit - trend.at(today)) / trend.slope, 0.0)

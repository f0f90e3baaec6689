"""When a value will leave its band if it goes on like this, as a range of hours, or an honest "cannot say"."""

from dataclasses import dataclass
from enum import StrEnum, unique

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.diurnal import Diurnal, pattern_at, without_pattern
from analytics.times import aware_index, utc_ns
from analytics.trends import Trend, daily_trend

_LOOK_BACK = pd.Timedelta("24h")
_FEWEST_READINGS = 24
# Six means of an hour lie five hours apart.
_LEAST_SPAN_H = 5.0
_FRESH = pd.Timedelta("2h")
_HORIZON_H = 7 * 24.0
_CERTAIN_SLOPE = 2.0
_MAD_TO_SIGMA = 1.4826


@unique
class Outlook(StrEnum):
    """What a forecast has to say; only ``LEAVES_LOW`` and ``LEAVES_HIGH`` carry hours."""

    LEAVES_LOW = "leaves_low"
    LEAVES_HIGH = "leaves_high"
    OUTSIDE = "outside"
    STAYS = "stays"
    TOO_FEW = "too_few_readings"
    STALE = "stale"
    NO_TREND = "no_trend"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Hours from now until the limit: best guess and range; NaN when there is nothing to say.

    ``latest_h`` is infinite when the flattest believable slope does not reach the limit within a week.
    """

    outlook: Outlook
    hours: float = float("nan")
    earliest_h: float = float("nan")
    latest_h: float = float("nan")


def time_to_limit(
    readings: pd.Series,
    band: tuple[float, float],
    *,
    now: pd.Timestamp,
    since: pd.Timestamp | None = None,
    diurnal: Diurnal | None = None,
    fewest: int = _FEWEST_READINGS,
) -> Forecast:
    """Extrapolate the last 24 hours to the limit they are heading for.

    Parameters
    ----------
    readings
        Shape (n,). Index: increasing, timezone-aware ``DatetimeIndex`` in the grower's zone; NaN for what is not
        usable.
    band
        Low and high limit in the unit of the readings; NaN is no limit.
    now
        Aware time of the question; later readings are ignored.
    since
        End of the last event: what was before does not continue.
    diurnal
        Pattern of the day to take out, as from :func:`analytics.diurnal.diurnal_profile`; without it half a day of
        warming looks like a trend.
    fewest
        Readings to rest on; six are enough if each is the mean of an hour, stamped in its middle.

    Returns
    -------
    Forecast
        ``TOO_FEW``: fewer readings than ``fewest``, or less than 5 hours. ``STALE``: the newest is over 2 hours old. ``OUTSIDE``: the
        level is out already. ``NO_TREND``: slope within two standard errors of zero. ``STAYS``: no limit within 7
        days. Else when it leaves the band: the range takes the 95 % interval of the slope and one deviation of the
        readings around the line.
    """
    utc_ns(readings.index)
    recent = readings.loc[(now - _LOOK_BACK if since is None else max(since, now - _LOOK_BACK)) : now]
    recent = recent[np.isfinite(recent.to_numpy(dtype=np.float64))]
    if len(recent) < fewest or (recent.index[-1] - recent.index[0]).total_seconds() < _LEAST_SPAN_H * 3600:
        return Forecast(Outlook.TOO_FEW)
    if now - recent.index[-1] > _FRESH:
        return Forecast(Outlook.STALE)
    smooth = recent if diurnal is None else without_pattern(recent, diurnal)
    trend = daily_trend(smooth)
    today = (now - recent.index[0]).total_seconds() / 86_400
    level = trend.at(today) + _pattern_at(now, recent, diurnal)
    if level < band[0] or level > band[1]:
        return Forecast(Outlook.OUTSIDE)
    if not abs(trend.slope) > _CERTAIN_SLOPE * trend.standard_error:
        return Forecast(Outlook.NO_TREND)
    return _crossing(trend, trend.at(today), band, _noise(smooth, trend))


def _crossing(trend: Trend, level: float, band: tuple[float, float], noise: float) -> Forecast:
    rising = trend.slope > 0
    distance = (band[1] - level) if rising else (level - band[0])
    hours = 24 * max(distance, 0.0) / abs(trend.slope)
    if not hours <= _HORIZON_H:
        return Forecast(Outlook.STAYS)
    slopes = sorted((abs(trend.low), abs(trend.high))) if trend.certain else [0.0, max(abs(trend.low), abs(trend.high))]
    earliest = 24 * max(distance - noise, 0.0) / slopes[1]
    latest = 24 * (distance + noise) / slopes[0] if slopes[0] > 0 else np.inf
    outlook = Outlook.LEAVES_HIGH if rising else Outlook.LEAVES_LOW
    return Forecast(outlook, hours, earliest, latest if latest <= _HORIZON_H else np.inf)


def _pattern_at(now: pd.Timestamp, readings: pd.Series, diurnal: Diurnal | None) -> float:
    if diurnal is None:
        return 0.0
    local = pd.DatetimeIndex([now]).tz_convert(aware_index(readings.index).tz)
    return float(pattern_at(local, diurnal)[0])


def _noise(readings: pd.Series, trend: Trend) -> float:
    seconds = utc_ns(readings.index) / 1e9
    days: npt.NDArray[np.float64] = (seconds - seconds[0]) / 86_400
    residual = readings.to_numpy(dtype=np.float64) - np.array([trend.at(one) for one in days])
    return float(_MAD_TO_SIGMA * np.median(np.abs(residual - np.median(residual))))

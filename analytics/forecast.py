"""When a value will leave its band if it goes on like this, as a range of hours, or an honest "cannot say"."""

from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum, unique

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.diurnal import Diurnal, pattern_at
from analytics.times import aware_index, utc_ns
from analytics.trends import Trend, trend_per_day

FloatArray = npt.NDArray[np.float64]

_LOOK_BACK = pd.Timedelta("24h")
_FEWEST_READINGS = 24
# Six means of an hour lie five hours apart.
_LEAST_SPAN_H = 5.0
_FRESH_S = 2 * 3600.0
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
        ``TOO_FEW``: fewer readings than ``fewest``, or less than 5 hours. ``STALE``: the newest is over 2 hours old.
        ``OUTSIDE``: the level is out already. ``NO_TREND``: slope within two standard errors of zero. ``STAYS``: no
        limit within 7 days. Else when it leaves the band: the range takes the 95 % interval of the slope and one
        deviation of the readings around the line.
    """
    start = now - _LOOK_BACK if since is None else max(since, now - _LOOK_BACK)
    stamps_s, values = _recent(readings, start, now)
    if values.size < fewest or stamps_s[-1] - stamps_s[0] < _LEAST_SPAN_H * 3600:
        return Forecast(Outlook.TOO_FEW)
    now_s = now.timestamp()
    if now_s - stamps_s[-1] > _FRESH_S:
        return Forecast(Outlook.STALE)
    expected = _pattern(np.append(stamps_s, now_s), aware_index(readings.index).tz, diurnal)
    smooth = values - expected[:-1]
    trend = trend_per_day(stamps_s, smooth)
    today = (now_s - stamps_s[0]) / 86_400
    level = trend.at(today) + expected[-1]
    if level < band[0] or level > band[1]:
        return Forecast(Outlook.OUTSIDE)
    if not abs(trend.slope) > _CERTAIN_SLOPE * trend.standard_error:
        return Forecast(Outlook.NO_TREND)
    return _crossing(trend, trend.at(today), band, _noise(stamps_s, smooth, trend))


def _recent(readings: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> tuple[FloatArray, FloatArray]:
    """Give stamps in seconds and values of the usable readings from ``start`` to ``end``, both included."""
    stamps_s = utc_ns(readings.index) / 1e9
    part = slice(stamps_s.searchsorted(start.timestamp()), stamps_s.searchsorted(end.timestamp(), side="right"))
    values = readings.to_numpy(dtype=np.float64)[part]
    known = np.isfinite(values)
    return stamps_s[part][known], values[known]


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


def _pattern(stamps_s: FloatArray, zone: tzinfo | None, diurnal: Diurnal | None) -> FloatArray:
    if diurnal is None:
        return np.zeros(stamps_s.size)
    local = pd.DatetimeIndex(np.rint(stamps_s * 1000).astype("datetime64[ms]"), tz="UTC").tz_convert(zone)
    return pattern_at(local, diurnal)


def _noise(stamps_s: FloatArray, values: FloatArray, trend: Trend) -> float:
    residual = values - trend.at((stamps_s - stamps_s[0]) / 86_400)
    return float(_MAD_TO_SIGMA * np.median(np.abs(residual - np.median(residual))))

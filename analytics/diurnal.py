"""The pattern that repeats every day, apart from trend and level."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.times import aware_index, utc_ns

_HOURS = 24
# Half a day must be known around an hour before its deviation from that day means anything.
_FEWEST_AROUND = 12


@dataclass(frozen=True, slots=True)
class Diurnal:
    """The pattern of a day: ``hours`` is indexed 0..23 by local hour, in the unit of the readings, around zero.

    Hours without data are NaN; ``days`` is the number of days behind the best-known hour.
    """

    hours: pd.Series
    days: int

    @property
    def amplitude(self) -> float:
        """Highest minus lowest hour; NaN without data."""
        return float(self.hours.max() - self.hours.min())


def diurnal_profile(readings: pd.Series) -> Diurnal:
    """Find the typical course of a day.

    Every hour's median is taken relative to the mean of the 24 hours around it, which removes the level and any
    straight trend; the pattern is the median of these per local hour, shifted to a mean of zero. An odd day (a dose,
    a heat wave) does not change it; what happens every day at the same time does.

    Parameters
    ----------
    readings
        Shape (n,). Index: increasing, timezone-aware ``DatetimeIndex`` in the grower's zone. NaN is left out, and
        so are hours with less than half a day of data around them.
    """
    utc_ns(readings.index)
    present = readings[np.isfinite(readings.to_numpy(dtype=np.float64))].astype(np.float64)
    utc = present.tz_convert("UTC")
    hourly = utc.groupby(aware_index(utc.index).floor("h")).median()
    around = hourly.rolling("24h", center=True, min_periods=_FEWEST_AROUND).mean()
    deviation = (hourly - around).dropna()
    local_hour = aware_index(deviation.index).tz_convert(aware_index(readings.index).tz).hour
    by_hour = deviation.groupby(local_hour.to_numpy())
    hours = by_hour.median().reindex(range(_HOURS)).rename_axis("hour")
    return Diurnal(hours - hours.mean(), int(by_hour.size().max()) if len(deviation) else 0)


def without_pattern(readings: pd.Series, diurnal: Diurnal) -> pd.Series:
    """Take a pattern out of readings (same index and zone rules); unknown hours are left as they are."""
    return readings - pattern_at(aware_index(readings.index), diurnal)


def pattern_at(index: pd.DatetimeIndex, diurnal: Diurnal) -> np.ndarray:
    """Give the pattern at each stamp, interpolated between the middles of the hours; 0 where it is unknown."""
    known = diurnal.hours.fillna(0.0).to_numpy(dtype=np.float64)
    clock = index.hour + index.minute / 60 + index.second / 3600
    return np.interp(clock, np.arange(_HOURS) + 0.5, known, period=_HOURS)

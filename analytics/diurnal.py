"""The pattern that repeats every day, apart from trend and level."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.times import aware_index, utc_ns

_HOURS = 24
_DAY_MS = 86_400_000
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
    hourly = utc.groupby(aware_index(utc.index).floor("h").rename(None)).median()
    (pattern,) = diurnal_profiles(hourly.tz_convert(aware_index(readings.index).tz).to_frame()).values()
    return pattern


def diurnal_profiles(hourly: pd.DataFrame) -> dict[Hashable, Diurnal]:
    """Find the typical course of a day of many devices at once, by column; otherwise as :func:`diurnal_profile`.

    ``hourly``: shape (hours, devices), one value an hour; index as there, NaN for an hour without one. A stamp may
    stand anywhere in its hour; only the local hour that it falls in counts.
    """
    utc_ns(hourly.index)
    utc = hourly.astype(np.float64).tz_convert("UTC")
    deviation = utc - utc.rolling("24h", center=True, min_periods=_FEWEST_AROUND).mean()
    # By an index: an array pandas first writes out in full, looking for a column of that name.
    by_hour = deviation.groupby(aware_index(hourly.index).hour)
    hours = by_hour.median().reindex(range(_HOURS)).rename_axis("hour")
    days = by_hour.count().max()
    return {
        name: Diurnal(hours[name] - hours[name].mean(), 0 if np.isnan(days[name]) else int(days[name]))
        for name in hourly.columns
    }


def hours_of_day(hourly: pd.Series) -> pd.DataFrame:
    """Tell what every hour of the day is like: the middle and the middle half of its values.

    Parameters
    ----------
    hourly
        Shape (n,), one value an hour; index and NaN as for :func:`diurnal_profiles`.

    Returns
    -------
    DataFrame indexed 0..23 by local hour: ``median``, ``low`` and ``high`` (the quartiles, in the unit of the values;
    NaN for an hour without any) and ``days``, the number of values behind them.
    """
    utc_ns(hourly.index)
    by_hour = hourly.astype(np.float64).groupby(aware_index(hourly.index).hour.to_numpy())
    table = pd.DataFrame({"median": by_hour.median(), "low": by_hour.quantile(0.25), "high": by_hour.quantile(0.75)})
    days = by_hour.count().reindex(range(_HOURS), fill_value=0)
    return table.reindex(range(_HOURS)).rename_axis("hour").assign(days=days)


def without_pattern(readings: pd.Series, diurnal: Diurnal) -> pd.Series:
    """Take a pattern out of readings (same index and zone rules); unknown hours are left as they are."""
    return readings - pattern_at(aware_index(readings.index), diurnal)


def pattern_at(index: pd.DatetimeIndex, diurnal: Diurnal) -> np.ndarray:
    """Give the pattern at each stamp, interpolated between the middles of the hours; 0 where it is unknown."""
    known = diurnal.hours.fillna(0.0).to_numpy(dtype=np.float64)
    wall_clock_ms = index.tz_localize(None).as_unit("ms").asi8
    return np.interp(wall_clock_ms % _DAY_MS / 3_600_000, np.arange(_HOURS) + 0.5, known, period=_HOURS)

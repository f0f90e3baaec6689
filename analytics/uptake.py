"""What the plants did between two interventions, read off the slopes of EC and pH."""

from collections.abc import Iterator
from enum import StrEnum, unique

import numpy as np
import pandas as pd

from analytics.diurnal import diurnal_profile, without_pattern
from analytics.ranges import time_in_range
from analytics.times import aware_index, utc_ns
from analytics.trends import Trend, daily_trend

_FEWEST_HOURS = 12.0
_LEAST_COVERAGE = 0.7
_FEWEST_DAYS = 3
_MIXING = pd.Timedelta("30min")
# Slower than this is the probe, not the plants: technicians find 0.3 %/day and 0.02 pH/day of drift at worst.
_STEADY_EC_PERCENT = 0.3
_STEADY_PH = 0.02


@unique
class Uptake(StrEnum):
    """The growers' reading of the two directions."""

    FEEDING = "feeding"  # EC falls: nutrients are taken faster than water; pH rises with nitrate uptake
    DRINKING = "drinking"  # EC rises: water is taken or evaporates faster than nutrients
    TOO_STRONG = "too_strong"  # EC rises and pH falls: over-strength solution, or heat
    STEADY = "steady"
    UNCLEAR = "unclear"


def uptake_between_events(readings: pd.DataFrame, events: pd.DataFrame, *, interval_s: float) -> pd.DataFrame:
    """Measure EC and pH slopes of the undisturbed stretches.

    Parameters
    ----------
    readings
        Shape (n, columns). Index: increasing, timezone-aware ``DatetimeIndex``. Columns ``ec_us_cm`` (at 25 °C:
        uncompensated EC shows the temperature instead) and ``ph``; NaN for what is not usable.
    events
        As from :func:`analytics.events.detect_events`; only ``start_at`` and ``end_at`` are used.
    interval_s
        The device's sampling interval in seconds.

    Returns
    -------
    DataFrame, one row per stretch from half an hour after an event to the next event (or the end of the readings):
    ``start_at``, ``end_at``, ``hours``, ``coverage`` (0..1, of EC), ``ec_per_day`` with ``ec_low``, ``ec_high``
    (95 % interval) in µS/cm, ``ec_percent_per_day``, ``ph_per_day``, ``uptake`` (:class:`Uptake`). Stretches under
    12 h, or covered to less than 70 %, are left out. From three days of readings on, the pattern of the day is
    taken out first.
    """
    utc_ns(readings.index)
    smooth = readings.assign(**{name: _smoothed(readings[name]) for name in ("ec_us_cm", "ph")})
    rows = [
        _measure(smooth.loc[start:end], start, end, interval_s)
        for start, end in _stretches(readings, events)
        if (end - start).total_seconds() >= _FEWEST_HOURS * 3600
    ]
    columns = [
        "start_at", "end_at", "hours", "coverage", "ec_per_day", "ec_low", "ec_high", "ec_percent_per_day",
        "ph_per_day", "uptake",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table[table["coverage"] >= _LEAST_COVERAGE].reset_index(drop=True)


def _smoothed(readings: pd.Series) -> pd.Series:
    """Take out the pattern of the day, without which a stretch from noon to midnight is always warming."""
    pattern = diurnal_profile(readings)
    return without_pattern(readings, pattern) if pattern.days >= _FEWEST_DAYS else readings


def _stretches(readings: pd.DataFrame, events: pd.DataFrame) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
    index = aware_index(readings.index)
    if not len(index):
        return
    ordered = events.sort_values("start_at")
    starts = [index[0], *(end + _MIXING for end in ordered["end_at"])]
    ends = [*ordered["start_at"], index[-1]]
    yield from zip(starts, ends, strict=True)


def _measure(part: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp, interval_s: float) -> tuple[object, ...]:
    ec, ph = daily_trend(part["ec_us_cm"]), daily_trend(part["ph"])
    covered = time_in_range(part["ec_us_cm"], np.nan, np.nan, interval_s=interval_s, period=(start, end))
    percent = 100 * ec.slope / ec.level
    hours = (end - start).total_seconds() / 3600
    return (
        start, end, hours, covered.coverage, ec.slope, ec.low, ec.high, percent, ph.slope, _reading(ec, percent, ph)
    )  # fmt: skip


def _reading(ec: Trend, percent: float, ph: Trend) -> Uptake:
    if np.isnan(ec.slope):
        return Uptake.UNCLEAR
    if abs(percent) < _STEADY_EC_PERCENT:
        return Uptake.STEADY
    if not ec.certain:
        return Uptake.UNCLEAR
    if ec.slope < 0:
        return Uptake.FEEDING
    return Uptake.TOO_STRONG if ph.certain and ph.slope < -_STEADY_PH else Uptake.DRINKING

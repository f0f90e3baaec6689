"""What the plants did between two interventions, read off the slopes of EC and pH."""

from collections.abc import Iterator, Mapping
from enum import StrEnum, unique

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.diurnal import diurnal_profile, without_pattern
from analytics.ranges import time_in_range
from analytics.times import aware_index, utc_ns
from analytics.trends import Trend, trend_per_day

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
    stamps_ns = utc_ns(readings.index)
    smooth = {name: _smoothed(readings[name]) for name in ("ec_us_cm", "ph")}
    rows = [
        _measure(smooth, stamps_ns, start, end, interval_s)
        for start, end in _stretches(readings, events)
        if (end - start).total_seconds() >= _FEWEST_HOURS * 3600
    ]
    columns = [
        "start_at", "end_at", "hours", "coverage", "ec_per_day", "ec_low", "ec_high", "ec_percent_per_day",
        "ph_per_day", "uptake",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table[table["coverage"] >= _LEAST_COVERAGE].reset_index(drop=True)


def stretches_between_events(hourly: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Measure the undisturbed stretches of a long time, as :func:`uptake_between_events` from means of hours.

    ``hourly``: as the readings there, but one mean an hour, stamped in the middle of its hour; those of hours in which
    an event was still mixing are left out.
    """
    stamps_ns, half_ns = utc_ns(hourly.index), _MIXING.as_unit("ns").value
    starts, ends = (aware_index(pd.DatetimeIndex(events[name])).as_unit("ns").asi8 for name in ("start_at", "end_at"))
    firsts = np.searchsorted(stamps_ns + half_ns, starts, side="right")
    stops = np.searchsorted(stamps_ns - half_ns, ends + half_ns)
    disturbed = np.zeros(stamps_ns.size, dtype=bool)
    for first, stop in zip(firsts, stops, strict=True):
        disturbed[first:stop] = True
    quiet = hourly.assign(**{name: hourly[name].where(~disturbed) for name in ("ec_us_cm", "ph")})
    return uptake_between_events(quiet, events, interval_s=3600.0)


def topped_up_litres(hourly_ec: pd.Series, top_ups: pd.DataFrame, volume_l: float) -> pd.Series:
    """Estimate how much water each top-up added, at the least.

    Water without salts thins the tank: what is missing from ``volume_l`` before is ``-ec_change / ec`` of it. Tap
    water brings salts of its own, so it was more than that.

    Parameters
    ----------
    hourly_ec
        Shape (n,), EC in µS/cm. Index: increasing, timezone-aware ``DatetimeIndex``, at most an hour apart.
    top_ups
        Columns ``start_at`` (aware) and ``ec_change`` in µS/cm.
    volume_l
        Litres in the full tank; a top-up fills it.

    Returns
    -------
    Series of litres with the index of ``top_ups``; NaN where no EC is known in the two hours before, or the EC did
    not fall.
    """
    known = hourly_ec.dropna()
    asked = pd.DatetimeIndex(top_ups["start_at"]).tz_convert("UTC")
    moments = pd.Series(known.to_numpy(dtype=np.float64), index=aware_index(known.index).tz_convert("UTC"))
    before = moments.reindex(asked, method="ffill", tolerance=pd.Timedelta("2h")).to_numpy()
    share = -top_ups["ec_change"].to_numpy(dtype=np.float64) / before
    return pd.Series(np.where((share > 0) & (share < 1), share * volume_l, np.nan), index=top_ups.index)


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


def _measure(
    smooth: Mapping[str, pd.Series],
    stamps_ns: npt.NDArray[np.int64],
    start: pd.Timestamp,
    end: pd.Timestamp,
    interval_s: float,
) -> tuple[object, ...]:
    first, last = np.searchsorted(stamps_ns, [start.as_unit("ns").value, end.as_unit("ns").value])
    last += last < stamps_ns.size and stamps_ns[last] == end.as_unit("ns").value
    part, at = {name: values.iloc[first:last] for name, values in smooth.items()}, stamps_ns[first:last] / 1e9
    ec, ph = (trend_per_day(at, part[name].to_numpy(dtype=np.float64)) for name in ("ec_us_cm", "ph"))
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

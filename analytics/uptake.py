"""What the plants did between two interventions, read off the slopes of EC and pH."""

from collections.abc import Mapping, Sequence
from enum import StrEnum, unique
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.diurnal import diurnal_profile, without_pattern
from analytics.holding import held_within
from analytics.times import aware_index, utc_ns
from analytics.trends import Trend, trend_per_day

_FEWEST_HOURS = 12.0
_LEAST_COVERAGE = 0.7
_FEWEST_DAYS = 3
_HOUR_NS = 3_600_000_000_000
_MIXING_NS = _HOUR_NS // 2
# Slower than this is the probe, not the plants: technicians find 0.3 %/day and 0.02 pH/day of drift at worst.
_STEADY_EC_PERCENT = 0.3
_STEADY_PH = 0.02
#: Column -> what it tells of the trend of EC.
_EC_COLUMNS: Mapping[str, str] = MappingProxyType({"ec_per_day": "slope", "ec_low": "low", "ec_high": "high"})

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


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
    ``start_at``, ``end_at`` (in the zone of the readings), ``hours``, ``coverage`` (0..1, of EC), ``ec_per_day`` with
    ``ec_low``, ``ec_high`` (95 % interval) in µS/cm, ``ec_percent_per_day`` (NaN in water without salts),
    ``ph_per_day``, ``uptake`` (:class:`Uptake`). Stretches under 12 h, or covered to less than 70 %, are left out. From
    three days of readings on, the pattern of the day is taken out first.
    """
    stamps_ns = utc_ns(readings.index)
    starts, ends = _stretches(stamps_ns, *_edges_ns(events))
    coverage = _coverage(readings["ec_us_cm"], stamps_ns, starts, ends, interval_s)
    known = coverage >= _LEAST_COVERAGE
    starts, ends = starts[known], ends[known]
    ec, ph = (_trends(_smoothed(readings[name]), stamps_ns, starts, ends) for name in ("ec_us_cm", "ph"))
    level = _of_all(ec, "level")
    table = pd.DataFrame(
        {
            "start_at": _times(starts, readings),
            "end_at": _times(ends, readings),
            "hours": (ends - starts) / _HOUR_NS,
            "coverage": coverage[known],
            **{name: _of_all(ec, field) for name, field in _EC_COLUMNS.items()},
            "ec_percent_per_day": 100 * _of_all(ec, "slope") / np.where(level, level, np.nan),
            "ph_per_day": _of_all(ph, "slope"),
        }
    )
    return table.assign(uptake=[_reading(*one) for one in zip(ec, table["ec_percent_per_day"], ph, strict=True)])


def stretches_between_events(hourly: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Measure the undisturbed stretches of a long time, as :func:`uptake_between_events` from means of hours.

    ``hourly``: as the readings there, but one mean an hour, stamped in the middle of its hour; those of hours in which
    an event was still mixing are left out.
    """
    stamps_ns, (starts, ends) = utc_ns(hourly.index), _edges_ns(events)
    firsts = np.searchsorted(stamps_ns + _MIXING_NS, starts, side="right")
    stops = np.searchsorted(stamps_ns - _MIXING_NS, ends + _MIXING_NS)
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


def _edges_ns(events: pd.DataFrame) -> tuple[IntArray, IntArray]:
    starts, ends = (aware_index(pd.DatetimeIndex(events[name])).as_unit("ns").asi8 for name in ("start_at", "end_at"))
    order = np.argsort(starts, kind="stable")
    return starts[order], ends[order]


def _stretches(stamps_ns: IntArray, event_starts: IntArray, event_ends: IntArray) -> tuple[IntArray, IntArray]:
    """Give where the stretches between the events begin and end, those that are long enough."""
    if not stamps_ns.size:
        return stamps_ns, stamps_ns
    starts, ends = np.append(stamps_ns[0], event_ends + _MIXING_NS), np.append(event_starts, stamps_ns[-1])
    long = ends - starts >= _FEWEST_HOURS * _HOUR_NS
    return starts[long], ends[long]


def _coverage(
    readings: pd.Series, stamps_ns: IntArray, starts: IntArray, ends: IntArray, interval_s: float
) -> FloatArray:
    """Give the share of each stretch for which its readings stand."""
    present_ns = stamps_ns[np.isfinite(readings.to_numpy(dtype=np.float64))]
    covered_s = [
        held_within(present_ns[part] / 1e9, interval_s, start / 1e9, end / 1e9).sum()
        for part, start, end in zip(_parts(present_ns, starts, ends), starts, ends, strict=True)
    ]
    return np.array(covered_s, dtype=np.float64) / ((ends - starts) / 1e9)


def _times(stamps_ns: IntArray, readings: pd.DataFrame) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(stamps_ns, tz="UTC").tz_convert(aware_index(readings.index).tz)


def _trends(values: pd.Series, stamps_ns: IntArray, starts: IntArray, ends: IntArray) -> list[Trend]:
    stamps_s, numbers = stamps_ns / 1e9, values.to_numpy(dtype=np.float64)
    return [trend_per_day(stamps_s[part], numbers[part]) for part in _parts(stamps_ns, starts, ends)]


def _of_all(trends: Sequence[Trend], field: str) -> FloatArray:
    return np.array([getattr(trend, field) for trend in trends], dtype=np.float64)


def _parts(stamps_ns: IntArray, starts: IntArray, ends: IntArray) -> list[slice]:
    """Give the places of the readings of each stretch, its last moment included."""
    firsts = np.searchsorted(stamps_ns, starts).tolist()
    return [slice(*part) for part in zip(firsts, np.searchsorted(stamps_ns, ends, side="right").tolist(), strict=True)]


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

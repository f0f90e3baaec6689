"""One device over a stretch of time: time in range and excursions, the typical day, what the plants took."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import nan
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from analytics.diurnal import hours_of_day
from analytics.flags import CHANNELS, unpack_flags, usable
from analytics.histogram import Histogram, add_histograms
from analytics.hour_runs import excursions_of_hours
from analytics.quantities import QUANTITIES, Quantity
from analytics.ranges import TimeInRange, excursions, time_in_range
from analytics.trends import Trend, theil_sen
from analytics.uptake import stretches_between_events, topped_up_litres
from app.jobs.spans import sampling_interval_s
from app.jobs.summaries import PREFIXES, bands_at
from models.read.devices import DeviceRecord
from models.read.events import events_frame
from models.read.fleet_history import WATER_EVENTS, tank_volume_l
from models.read.readings import readings_frame
from models.read.rollups import hours_frame
from models.read.targets import bands_frame

#: Single readings are looked at up to this many, a month of a reading a minute; beyond it, hours.
MOST_READINGS = 45_000
#: A typical day needs some days; a shorter stretch is widened to this, back from its end.
TYPICAL_DAYS = timedelta(days=14)
LEAST_TYPICAL_DAYS = timedelta(days=7)
_CONTEXT = timedelta(hours=3)
_HOUR = timedelta(hours=1)
_FEWEST_DAYS_OF_TREND = 3


@dataclass(frozen=True, slots=True)
class RangeReport:
    """One quantity over a stretch, against the bands valid in it.

    ``spent`` counts seconds below, inside and above; ``excursions`` is as :func:`analytics.ranges.excursions` gives
    it, in time order. ``to_the_hour`` where both come from hours: starts and ends are then whole hours, and what left
    the band twice within an hour counts once. None instead of both where there was no band.
    """

    spent: TimeInRange | None
    excursions: pd.DataFrame | None
    to_the_hour: bool


@dataclass(frozen=True, slots=True)
class DayReport:
    """The typical day and the distribution of one quantity, in its unit.

    ``hours`` is as :func:`analytics.diurnal.hours_of_day` gives it, on the site's clock; ``histogram`` as in
    :mod:`analytics.histogram` with bins of ``bin_width``; ``low`` and ``high`` are the band at the end, NaN for none.
    """

    hours: pd.DataFrame
    days: int
    histogram: Histogram
    bin_width: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class UptakeReport:
    """What became of the water.

    stretches
        As :func:`analytics.uptake.stretches_between_events` gives it: EC and pH between interventions.
    litres_per_day, top_ups
        Water added by the top-ups found, at least, per day, and how many they were; NaN where the tank's volume is
        not known.
    trends
        Robust drift per day of each quantity over the whole stretch, from daily medians; NaN under three days.
    """

    stretches: pd.DataFrame
    litres_per_day: float
    top_ups: int
    volume_l: float | None
    trends: Mapping[Quantity, Trend]


def range_reports(
    session: Session, device: DeviceRecord, start: datetime, end: datetime
) -> Mapping[Quantity, RangeReport]:
    """Report how ``[start, end)`` was spent, per quantity: from single readings, or from hours where it is long."""
    bands = bands_frame(session, device.id, start - _CONTEXT, end)
    judged = {quantity for quantity in CHANNELS if (bands["quantity"] == str(quantity)).any()}
    is_long = (end - start).total_seconds() / device.interval_s > MOST_READINGS
    found = (_from_hours if is_long else _from_readings)(session, device.id, bands, (start, end), device.interval_s)
    nothing = RangeReport(None, None, is_long)
    return {quantity: found[quantity] if quantity in judged else nothing for quantity in CHANNELS}


def day_reports(
    session: Session, device: DeviceRecord, start: datetime, end: datetime, zone: ZoneInfo
) -> Mapping[Quantity, DayReport]:
    """Describe the days of ``[start, end)``; give at least a week, see :func:`typical_span`."""
    columns = [f"{PREFIXES[one]}_{part}" for one in CHANNELS for part in ("n", "sum", "hist")]
    hours = hours_frame(session, [device.id], start, end, columns)
    bands = bands_frame(session, device.id, end - timedelta(milliseconds=1), end).set_index("quantity")
    middles = _middles(hours, zone)
    return {quantity: _day_report(hours, middles, bands, quantity) for quantity in CHANNELS}


def typical_span(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Widen a stretch that is too short to show typical days."""
    return (start if end - start >= LEAST_TYPICAL_DAYS else end - TYPICAL_DAYS), end


def uptake_report(
    session: Session, device: DeviceRecord, start: datetime, end: datetime, zone: ZoneInfo
) -> UptakeReport:
    """Measure what happened between the interventions in ``[start, end)``."""
    columns = [f"{PREFIXES[one]}_{part}" for one in CHANNELS for part in ("n", "sum")]
    hours = hours_frame(session, [device.id], start, end, columns)
    middles = _middles(hours, zone)
    means = pd.DataFrame({str(one): _means(hours, one).set_axis(middles) for one in CHANNELS})
    events = events_frame(session, device.id, start, end)
    events = events[events["kind"].isin(WATER_EVENTS)].rename(columns={"started_at": "start_at", "ended_at": "end_at"})
    volume_l = tank_volume_l(session, device.id)
    litres = topped_up_litres(means["ec_us_cm"], events[events["kind"] == "top-up"], volume_l or nan)
    days = (end - start) / timedelta(days=1)
    return UptakeReport(
        stretches=stretches_between_events(means, events),
        litres_per_day=float(litres.sum()) / days if volume_l and litres.notna().any() else nan,
        top_ups=int(litres.notna().sum()),
        volume_l=volume_l,
        trends={one: _trend_of_days(means[str(one)]) for one in CHANNELS},
    )


def _from_readings(
    session: Session, device_id: int, bands: pd.DataFrame, span: tuple[datetime, datetime], asked_s: float
) -> Mapping[Quantity, RangeReport]:
    frame = readings_frame(session, device_id, span[0] - _CONTEXT, span[1])
    stamps = pd.DatetimeIndex(frame.index).as_unit("ms").asi8
    interval_s, limits = sampling_interval_s(stamps, asked_s), bands_at(stamps, bands)
    period = (pd.Timestamp(span[0]), pd.Timestamp(span[1]))
    reports = {}
    for quantity, flags in zip(CHANNELS, unpack_flags(frame["quality"]), strict=True):
        low, high = limits[str(quantity)]
        used = frame[quantity].where(usable(flags) & ~(np.isnan(low) & np.isnan(high)))
        shown = (used.index >= period[0]) & used.notna().to_numpy()
        runs = excursions(used[shown], low[shown], high[shown], interval_s=interval_s)
        spent = time_in_range(used, low, high, interval_s=interval_s, period=period)
        reports[quantity] = RangeReport(spent, runs, to_the_hour=False)
    return reports


def _from_hours(
    session: Session, device_id: int, bands: pd.DataFrame, span: tuple[datetime, datetime], _asked_s: float
) -> Mapping[Quantity, RangeReport]:
    parts = ("min", "max", "covered_s", "below_s", "above_s", "hist")
    columns = [f"{PREFIXES[one]}_{part}" for one in CHANNELS for part in parts]
    frame = hours_frame(session, [device_id], *span, columns)
    starts = pd.DatetimeIndex(frame["hour"])
    limits = bands_at(starts.as_unit("ms").asi8, bands)
    reports = {}
    for quantity in CHANNELS:
        names = [f"{PREFIXES[quantity]}_{part}" for part in parts]
        hours = frame[names].set_axis(list(parts), axis=1).set_axis(starts, axis=0)
        low, high = limits[str(quantity)]
        hours = hours[~(np.isnan(low) & np.isnan(high))]
        covered, below, above = (float(hours[name].sum()) for name in ("covered_s", "below_s", "above_s"))
        spent = TimeInRange(below, max(covered - below - above, 0.0), above, (span[1] - span[0]).total_seconds())
        band = pd.DataFrame({"low": low, "high": high}, index=starts).loc[hours.index]
        runs = excursions_of_hours(hours.assign(**band), bin_width=QUANTITIES[quantity].bin_width)
        reports[quantity] = RangeReport(spent, runs, to_the_hour=True)
    return reports


def _day_report(hours: pd.DataFrame, middles: pd.DatetimeIndex, bands: pd.DataFrame, quantity: Quantity) -> DayReport:
    table = hours_of_day(_means(hours, quantity).set_axis(middles))
    band = bands.loc[[str(quantity)]] if str(quantity) in bands.index else None
    low, high = (nan, nan) if band is None else band[["low", "high"]].to_numpy(dtype=np.float64)[0]
    return DayReport(
        table,
        int(table["days"].max()),
        add_histograms(list(hours[f"{PREFIXES[quantity]}_hist"])),
        QUANTITIES[quantity].bin_width,
        float(low),
        float(high),
    )


def _middles(hours: pd.DataFrame, zone: ZoneInfo) -> pd.DatetimeIndex:
    """Give the middle of each hour on a site's clock: where it changes by half an hour, the nearer hour counts."""
    return (pd.DatetimeIndex(hours["hour"]) + _HOUR / 2).tz_convert(zone).rename(None)


def _means(hours: pd.DataFrame, quantity: Quantity) -> pd.Series:
    count = hours[f"{PREFIXES[quantity]}_n"]
    return (hours[f"{PREFIXES[quantity]}_sum"] / count).where(count > 0)


def _trend_of_days(hourly: pd.Series) -> Trend:
    days = hourly.groupby(pd.DatetimeIndex(hourly.index).normalize().tz_localize(None)).median()
    enough = len(days.dropna()) >= _FEWEST_DAYS_OF_TREND
    number = (pd.DatetimeIndex(days.index) - pd.Timestamp("2000-01-01")) / pd.Timedelta("1D")
    return theil_sen(number, days.to_numpy() if enough else np.full(len(days), np.nan))

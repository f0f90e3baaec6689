"""The dirty hours of one device, computed inside one transaction."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from analytics.quantities import Medium, Quantity
from app.jobs.judging import COLUMNS, judge, mark_gap, reach_of, resolutions
from app.jobs.locks import Lock, hold
from app.jobs.spans import HOUR, LONGEST_HOLD, Span, sampling_interval_s, spans_to_compute
from app.jobs.summaries import PREFIXES, summarise_days, summarise_hours
from models.read.devices import DeviceRecord
from models.read.readings import readings_frame
from models.read.rollups import hours_frame
from models.read.targets import bands_frame
from models.write.rollups import clear_dirty_hours, replace_days, replace_hours, take_dirty_hours, update_flags

_RESOLUTION_LOOK_BACK = timedelta(days=30)
_BEGINNING = datetime(1990, 1, 1, tzinfo=UTC)
_END = datetime(2100, 1, 1, tzinfo=UTC)


def refresh_device(session: Session, device: DeviceRecord, *, now: datetime, limit: int) -> int:
    """Compute up to ``limit`` dirty hours of a device; gives how many were served. Nothing is committed here."""
    # Two jobs at once could each overwrite with older readings what the other one just computed.
    hold(session, Lock.DEVICE_ROLLUPS, device.id)
    taken = take_dirty_hours(session, limit=limit, device_ids=[device.id])
    if taken.empty:
        return 0
    spans = spans_to_compute(taken["hour"], reach=reach_of(Medium(device.medium), {}))
    for span in spans:
        computed = _compute(session, device, span)
        following = None if computed.end > now else _next_hour(session, device, computed.end)
        if following is not None and not any(one.start <= following < one.end for one in spans):
            # The first reading after a silence may now follow another reading, or none.
            _compute(session, device, Span(following, following + HOUR))
    clear_dirty_hours(session, taken)
    return len(taken)


def _compute(session: Session, device: DeviceRecord, wanted: Span) -> Span:
    """Judge and summarise the readings of a span; gives the span that was computed, which may be longer."""
    span, frame, steps, reach = _read(session, device, wanted)
    interval_s = sampling_interval_s(frame.index.asi8, device.interval_s)
    quality, tests = judge(frame, Medium(device.medium), interval_s=interval_s, steps=steps)
    inside = np.asarray((frame.index >= span.start) & (frame.index < span.end))
    if inside.any() and inside[0] and _has_hours(session, device, _BEGINNING, span.start - reach):
        mark_gap(tests, 0)
    changed = inside & ((quality != frame["quality"].to_numpy()) | (tests != frame["tests"].to_numpy()))
    update_flags(session, device.id, frame.index.asi8[changed], quality[changed], tests[changed])

    frame = frame.assign(quality=np.where(inside, quality, frame["quality"]))
    bands = bands_frame(session, device.id, span.start - LONGEST_HOLD, span.end)
    hours = summarise_hours(frame, bands, span, interval_s=interval_s)
    replace_hours(session, device.id, hours, covering=(span.start, span.end))
    _replace_days(session, device, span.days)
    return span


def _read(
    session: Session, device: DeviceRecord, span: Span
) -> tuple[Span, pd.DataFrame, dict[Quantity, float], timedelta]:
    """Read a span with the context its tests need; coarsely written values need more, on both sides."""
    medium = Medium(device.medium)
    usual = reach = reach_of(medium, {})
    frame = _readings(session, device, span, reach)
    steps = resolutions(frame, _extremes_of(None))
    if reach_of(medium, steps) > usual:
        extremes = _extremes_of(_hours(session, device, span.start - _RESOLUTION_LOOK_BACK, span.end))
        steps = resolutions(frame, extremes)
        reach = reach_of(medium, steps)
        span = Span(span.start, span.end + (reach - usual))
        frame = _readings(session, device, span, reach)
    return span, frame, steps, reach


def _readings(session: Session, device: DeviceRecord, span: Span, reach: timedelta) -> pd.DataFrame:
    return readings_frame(session, device.id, span.start - reach, span.end + LONGEST_HOLD, COLUMNS)


def _hours(session: Session, device: DeviceRecord, start: datetime, end: datetime) -> pd.DataFrame:
    names = [f"{prefix}_{edge}" for prefix in PREFIXES.values() for edge in ("min", "max")]
    return hours_frame(session, [device.id], start, end, names)


def _extremes_of(hours: pd.DataFrame | None) -> pd.DataFrame:
    names = {f"{prefix}_{edge}": f"{one}_{edge}" for one, prefix in PREFIXES.items() for edge in ("min", "max")}
    if hours is None:
        return pd.DataFrame(columns=list(names.values()), dtype="float64")
    return hours.rename(columns=names)


def _has_hours(session: Session, device: DeviceRecord, start: datetime, end: datetime) -> bool:
    return not hours_frame(session, [device.id], start, end, ("n",)).empty


def _next_hour(session: Session, device: DeviceRecord, after: datetime) -> datetime | None:
    hours = hours_frame(session, [device.id], after, _END, ("n",))
    return None if hours.empty else hours["hour"].iloc[0].to_pydatetime()


def _replace_days(session: Session, device: DeviceRecord, days: Span) -> None:
    hours = hours_frame(session, [device.id], days.start, days.end)
    covering = (days.start.date(), days.end.date())
    replace_days(session, device.id, summarise_days(hours), covering=covering)

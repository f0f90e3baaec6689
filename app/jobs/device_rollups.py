"""What dirty hours of one device ask for, computed inside one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from analytics.flags import CHANNELS, unpack_flags, usable
from analytics.quantities import Medium, Quantity
from app.jobs.events import LOOK_BACK, events_of, excused, steps_in
from app.jobs.judging import COLUMNS, judge, mark_gap, reach_of, resolutions
from app.jobs.neighbours import Nearest, nearest_before, nearest_from
from app.jobs.spans import HOUR, LONGEST_HOLD, Span, sampling_interval_s, spans_to_compute
from app.jobs.summaries import PREFIXES, summarise_days, summarise_hours, with_successor
from models.read.devices import DeviceRecord
from models.read.overrides import override_rows
from models.read.readings import readings_frame
from models.read.rollups import hours_frame
from models.read.targets import bands_frame
from models.write.events import replace_detected
from models.write.rollups import replace_days, replace_hours, update_flags

_RESOLUTION_LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A span with its readings and their context, flags brought up to date; ``usable`` masks by quantity.

    ``before`` is what lies before the context, if the context is empty and it had to be looked up.
    """

    span: Span
    frame: pd.DataFrame
    interval_s: float
    usable: dict[Quantity, np.ndarray]
    before: Nearest | None

    def has_rows(self, start: datetime, end: datetime) -> bool:
        """Tell whether there is a reading in ``[start, end)``."""
        return bool(self._within(start, end).any())

    def has_usable(self, quantity: Quantity, start: datetime, end: datetime) -> bool:
        """Tell whether a usable reading of a quantity is in ``[start, end)``."""
        return bool((self._within(start, end) & self.usable[quantity]).any())

    def _within(self, start: datetime, end: datetime) -> np.ndarray:
        return np.asarray((self.frame.index >= start) & (self.frame.index < end))


def compute_hours(session: Session, device: DeviceRecord, dirty_hours: pd.Series, *, now: datetime) -> None:
    """Compute what dirty hours (aware, increasing) of a device ask for, from its readings as they are now.

    The caller holds the device's lock, :attr:`models.locks.Lock.DEVICE_ROLLUPS`.
    """
    for span in spans_to_compute(dirty_hours, reach=reach_of(Medium(device.medium), {})):
        judged = _compute(session, device, span, now=now)
        for hour in sorted(_distant_neighbours(session, device, judged, span, now=now)):
            _compute(session, device, Span(hour, hour + HOUR), now=now)


def _compute(session: Session, device: DeviceRecord, wanted: Span, *, now: datetime) -> _Judged:
    """Judge and summarise the readings of a span."""
    judged = _judge(session, device, wanted)
    span = judged.span
    bands = bands_frame(session, device.id, span.start - LONGEST_HOLD, span.end)
    frame = with_successor(judged.frame, _followed(session, device, judged, now=now), span.end + LONGEST_HOLD)
    hours = summarise_hours(frame, bands, span, interval_s=judged.interval_s)
    replace_hours(session, device.id, hours, covering=(span.start, span.end))
    days = span.days
    earlier = _hours_beside(session, device, days.start, span.start)
    later = _hours_beside(session, device, span.end, min(days.end, now))
    summary = summarise_days([*earlier, hours, *later])
    replace_days(session, device.id, summary, covering=(days.start.date(), days.end.date()))
    return judged


def _hours_beside(session: Session, device: DeviceRecord, start: datetime, end: datetime) -> list[pd.DataFrame]:
    if start >= end:
        return []
    return [hours_frame(session, [device.id], start, end).drop(columns="device_id").set_index("hour")]


def _judge(session: Session, device: DeviceRecord, wanted: Span) -> _Judged:
    """Read a span with its context and bring its flags up to date."""
    span, frame, steps, reach = _read(session, device, wanted)
    ts_ms = pd.DatetimeIndex(frame.index).asi8
    interval_s = sampling_interval_s(ts_ms, device.interval_s)
    medium, index = Medium(device.medium), pd.DatetimeIndex(frame.index)
    work = steps_in(frame, medium, interval_s=interval_s)
    overrides = override_rows(session, device.id, span.start, span.end)
    quality, tests = judge(
        frame, medium, interval_s=interval_s, steps=steps, near_event=excused(index, work), overrides=overrides
    )
    inside = np.asarray((frame.index >= span.start) & (frame.index < span.end))
    before = None
    if inside.any() and inside[0]:
        before = nearest_before(session, device.id, span.start - reach)
        if None in before:
            mark_gap(tests, 0)
    changed = inside & ((quality != frame["quality"].to_numpy()) | (tests != frame["tests"].to_numpy()))
    update_flags(session, device.id, ts_ms[changed], quality[changed], tests[changed])
    frame = frame.assign(quality=np.where(inside, quality, frame["quality"]))
    masks = {
        one: usable(flags) & frame[one].notna().to_numpy()
        for one, flags in zip(CHANNELS, unpack_flags(frame["quality"]), strict=True)
    }
    covering = (span.start - LOOK_BACK, span.end)
    replace_detected(session, device.id, events_of(work, masks, index=index), covering=covering)
    return _Judged(span, frame, interval_s, masks, before)


def _followed(session: Session, device: DeviceRecord, judged: _Judged, *, now: datetime) -> list[Quantity]:
    """List the quantities with a usable reading behind the frame though none at its end: the last one is not last."""
    end = judged.span.end
    open_ended = [one for one in CHANNELS if not judged.has_usable(one, end, end + LONGEST_HOLD)]
    if end > now or not open_ended:
        return []
    later = nearest_from(session, device.id, end + LONGEST_HOLD)
    return [one for one in open_ended if one in later]


def _distant_neighbours(
    session: Session, device: DeviceRecord, judged: _Judged, span: Span, *, now: datetime
) -> set[datetime]:
    """Give the hours beyond a silence, on either side, whose readings have got other neighbours.

    The last reading before a silence holds longer once it has a successor, the first one after it stands after a gap
    or not. In the steady stream of a live device there is neither, and nothing is asked of the database.
    """
    first_dirty, is_live = span.start + LONGEST_HOLD, judged.span.end > now
    is_appended = is_live and judged.has_rows(first_dirty, span.end)
    alone = [
        one
        for one in CHANNELS
        if not judged.has_usable(one, span.start, first_dirty)
        and (judged.has_usable(one, first_dirty, span.end) or not is_appended)
    ]
    before = judged.before if judged.before is not None or not alone else nearest_before(session, device.id, span.start)
    after = {} if is_live else nearest_from(session, device.id, judged.span.end)
    return {before[one] for one in alone if before and one in before} | ({after[None]} if None in after else set())


def _read(
    session: Session, device: DeviceRecord, span: Span
) -> tuple[Span, pd.DataFrame, dict[Quantity, float], timedelta]:
    """Read a span with the context its tests need; coarsely written values need more, on both sides."""
    medium = Medium(device.medium)
    usual = reach = reach_of(medium, {})
    frame = _readings(session, device, span, reach)
    steps = resolutions(frame)
    if reach_of(medium, steps) > usual:
        steps = resolutions(frame, _extremes(session, device, span.start - _RESOLUTION_LOOK_BACK, span.end))
        reach = reach_of(medium, steps)
        span = Span(span.start, span.end + (reach - usual))
        frame = _readings(session, device, span, reach)
    return span, frame, steps, reach


def _readings(session: Session, device: DeviceRecord, span: Span, reach: timedelta) -> pd.DataFrame:
    return readings_frame(session, device.id, span.start - reach, span.end + LONGEST_HOLD, COLUMNS)


def _extremes(session: Session, device: DeviceRecord, start: datetime, end: datetime) -> pd.DataFrame:
    names = {f"{prefix}_{edge}": f"{one}_{edge}" for one, prefix in PREFIXES.items() for edge in ("min", "max")}
    return hours_frame(session, [device.id], start, end, list(names)).rename(columns=names)

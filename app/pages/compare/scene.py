"""From the visitor's choices to stretches of time of tanks, and to how finely they are read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from app.pages.compare.groups import Choosable
from app.pages.compare.source import CompareSource
from app.pages.compare.view import MOST_DEVICES, Align, Shape, View
from app.pages.device.period import Extent, Level, Period, shown_period
from app.pages.device.view import View as Stretch
from models.read.targets import Growth, Tank
from models.read.traces import Span

#: So many lines can still be told apart.
MOST_LINES = 20
#: Earlier plantings that this one is held against, the latest ones.
MOST_EARLIER = 20
#: Single readings are drawn while a line has at most this many of them, and all lines together at most that many.
_READINGS_OF_ONE, _READINGS_OF_ALL = 3000, 150_000
#: Hours are read while all lines together have at most this many.
_HOURS_OF_ALL = 80_000
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
#: A planting is compared over this many days at most: nothing in a tank grows longer.
_MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Trace:
    """One stretch of one device. ``origin`` is where its own time begins; ``crop`` what grew, by its key."""

    device: Choosable
    span: Span
    origin: datetime
    crop: str | None = None
    is_earlier: bool = False

    @property
    def name(self) -> str:
        """The name of the device."""
        return self.device.record.name


@dataclass(frozen=True, slots=True)
class Scene:
    """What a view shows. ``period`` is that of all traces; by age, ``days`` is how far the oldest has come.

    ``unknown`` are names that no device has, ``unplanted`` Pis without a planting while ages are compared, and
    ``left_out`` counts Pis beyond the limit of lines or of the page.
    """

    view: View
    traces: Sequence[Trace]
    period: Period
    level: Level
    zone: ZoneInfo
    unknown: Sequence[str] = ()
    unplanted: Sequence[str] = ()
    left_out: int = 0

    @property
    def is_by_age(self) -> bool:
        """Whether days since transplanting are compared."""
        return self.view.align is Align.TRANSPLANT

    @property
    def current(self) -> list[Trace]:
        """The traces that were chosen, without the earlier plantings that they are held against."""
        return [trace for trace in self.traces if not trace.is_earlier]

    @property
    def step(self) -> timedelta:
        """The width of the steps in which traces are put side by side."""
        if self.level is Level.READINGS:
            # About 300 of them: enough for a shape, and each holds several readings.
            minutes = max(ceil(self.width / timedelta(minutes=1) / 300 / 5) * 5, self._slowest_minutes)
            return timedelta(minutes=minutes)
        return _HOUR if self.level is Level.HOURS else _DAY

    @property
    def width(self) -> timedelta:
        """How long the longest trace is, counted from its origin."""
        return max((trace.span.end - trace.origin for trace in self.traces), default=_HOUR)

    @property
    def steps(self) -> int:
        """How many steps the longest trace has."""
        return max(1, ceil(self.width / self.step))

    @property
    def _slowest_minutes(self) -> int:
        return max((ceil(trace.device.record.interval_s / 60) for trace in self.traces), default=1)


def scene_of(source: CompareSource, view: View, *, usual_zone: str, now: datetime) -> Scene | None:
    """Find what a view shows at this moment; None if no chosen Pi ever read anything, or none was chosen."""
    known = {one.record.name: one for one in source.choosable()}
    if view.align is Align.TRANSPLANT:
        return _by_age(source, view, known, usual_zone=usual_zone, now=now)
    unknown = [name for name in view.devices if name not in known]
    chosen = [known[name] for name in view.devices if name in known]
    kept = chosen[: MOST_LINES if view.shape is Shape.OVERLAY else MOST_DEVICES]
    ends = source.extent([one.record.id for one in kept]) if kept else None
    if ends is None:
        return None
    zone = zone_of(kept, usual_zone)
    slowest = max(one.record.interval_s for one in kept)
    stretch = Stretch(range=view.range, days=view.days, zoom=view.zoom)
    period = _whole_hours(shown_period(stretch, Extent(*ends, slowest), zone, now=now))
    traces = [Trace(one, Span(one.record.id, period.start, period.end), period.start) for one in kept]
    return Scene(view, traces, period, level_for(traces), zone, unknown=unknown, left_out=len(chosen) - len(kept))


def zone_of(devices: Sequence[Choosable], usual: str) -> ZoneInfo:
    """Give the clock of the page: that of the sites if all have the same, the usual one else."""
    zones = {one.record.site_time_zone or usual for one in devices}
    return ZoneInfo(zones.pop() if len(zones) == 1 else usual)


def level_for(traces: Sequence[Trace]) -> Level:
    """Choose the finest level that all traces together can be read at quickly."""
    widths = [(trace.span.end - trace.span.start, trace.device.record.interval_s) for trace in traces]
    readings = [width.total_seconds() / interval_s for width, interval_s in widths]
    if max(readings, default=0) <= _READINGS_OF_ONE and sum(readings) <= _READINGS_OF_ALL:
        return Level.READINGS
    hours = sum(width / _HOUR for width, _ in widths)
    return Level.HOURS if hours <= _HOURS_OF_ALL else Level.DAYS


def _by_age(
    source: CompareSource, view: View, known: Mapping[str, Choosable], *, usual_zone: str, now: datetime
) -> Scene | None:
    """Put this planting of every chosen tank beside the latest earlier ones of the same crops, anywhere."""
    tanks = source.plantings()
    current, unplanted = [], []
    for one in (known[name] for name in view.devices if name in known):
        growths = [growth for growth in tanks[one.record.id].plantings if growth.started_at < now]
        if growths:
            latest = max(growths, key=lambda growth: growth.started_at)
            current.append(_trace(one, latest, usual_zone=usual_zone, now=now))
        else:
            unplanted.append(one.record.name)
    kept = current[:MOST_LINES]
    if not kept:
        return None
    traces = [*kept, *_earlier(kept, known.values(), tanks, usual_zone=usual_zone, now=now)]
    return Scene(
        view,
        traces,
        Period(min(trace.span.start for trace in traces), max(trace.span.end for trace in traces)),
        level_for(traces),
        zone_of([trace.device for trace in kept], usual_zone),
        unknown=[name for name in view.devices if name not in known],
        unplanted=unplanted,
        left_out=len(current) - len(kept),
    )


def _earlier(
    current: Sequence[Trace],
    everyone: Iterable[Choosable],
    tanks: Mapping[int, Tank],
    *,
    usual_zone: str,
    now: datetime,
) -> list[Trace]:
    crops = {trace.crop for trace in current}
    shown = {(trace.span.device_id, trace.origin) for trace in current}
    others = [
        _trace(one, growth, usual_zone=usual_zone, now=now, is_earlier=True)
        for one in everyone
        for growth in tanks[one.record.id].plantings
        if growth.crop in crops and growth.ended_at is not None and growth.ended_at <= now
    ]
    found = [trace for trace in others if (trace.span.device_id, trace.origin) not in shown]
    return sorted(found, key=lambda trace: trace.span.end, reverse=True)[:MOST_EARLIER]


def _trace(one: Choosable, growth: Growth, *, usual_zone: str, now: datetime, is_earlier: bool = False) -> Trace:
    zone = ZoneInfo(one.record.site_time_zone or usual_zone)
    origin = _midnight(growth.transplanted_on, zone)
    end = min(growth.ended_at or now, now, origin + _MOST_DAYS * _DAY)
    whole = _whole_hours(Period(growth.started_at, max(end, growth.started_at + _HOUR)))
    return Trace(one, Span(one.record.id, whole.start, whole.end), origin, growth.crop, is_earlier)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _whole_hours(period: Period) -> Period:
    """Widen a period to whole hours of UTC, in which the tables are kept."""
    start = period.start.replace(minute=0, second=0, microsecond=0)
    return Period(start, max(start + ceil((period.end - start) / _HOUR) * _HOUR, start + _HOUR))

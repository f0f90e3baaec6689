"""From the visitor's choices to a stretch of time, and to how finely it can be drawn."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum, unique
from zoneinfo import ZoneInfo

from app.pages.device.view import View, Window

#: Single readings are loaded up to this many: 15 days of a reading a minute. Beyond it hours have a point for every two
#: or three pixels, and the extremes of each around them.
MOST_READINGS = 21_600
#: Hourly means are loaded up to this many, three years; beyond it a chart of days loses nothing.
MOST_HOURS = 26_500

_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@unique
class Level(StrEnum):
    """What one point of the chart stands for."""

    READINGS = "readings"
    HOURS = "hours"
    DAYS = "days"

    @property
    def step(self) -> timedelta | None:
        """The regular step between two points; None where the device decides."""
        return {Level.HOURS: timedelta(hours=1), Level.DAYS: timedelta(days=1)}.get(self)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time ``[start, end)``; both are aware and in UTC."""

    start: datetime
    end: datetime

    @property
    def width(self) -> timedelta:
        """How long the period is."""
        return self.end - self.start

    def widened(self, before: timedelta) -> "Period":
        """Reach further back, for windows that look behind them."""
        return Period(max(self.start - before, _EARLIEST), self.end)


@dataclass(frozen=True, slots=True)
class Extent:
    """From the first reading to when the newest one stops speaking, one interval later."""

    first: datetime
    newest: datetime
    interval_s: float

    @property
    def end(self) -> datetime:
        """When the newest reading stops speaking."""
        return self.newest + timedelta(seconds=self.interval_s)


def shown_period(view: View, extent: Extent, zone: ZoneInfo, *, now: datetime) -> Period:
    """Give the stretch of time that the view asks for.

    Ready-made ranges end with the newest reading and never begin before the first. Chosen days are local days of
    ``zone`` and stay whole, except that the future is cut off. A zoom is taken as it is.
    """
    if view.zoom is not None:
        return Period(*(_clamped(at_ms) for at_ms in view.zoom))
    if view.days is not None:
        first, last = view.days
        start, end = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
        return Period(start, min(end, now) if start < now else end)
    if view.range.width is None:
        return Period(extent.first, extent.end)
    return Period(max(extent.end - view.range.width, extent.first), extent.end)


def aligned(period: Period, level: Level) -> Period:
    """Let the period begin with a whole hour or day where its points are hours or days of UTC."""
    if level.step is None:
        return period
    return Period(period.start - (period.start - _EARLIEST) % level.step, period.end)


def level_for(period: Period, interval_s: float) -> Level:
    """Choose the finest level that the chart can load quickly, by the readings that a period can hold."""
    if period.width.total_seconds() / interval_s <= MOST_READINGS:
        return Level.READINGS
    return Level.HOURS if period.width / timedelta(hours=1) <= MOST_HOURS else Level.DAYS


def window_fits(window: Window, level: Level) -> bool:
    """Tell whether a window holds enough points of this level to be called a statistic."""
    return level.step is None or window.width >= 3 * level.step


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _clamped(at_ms: int) -> datetime:
    """Give a time out of an address, brought into the years in which readings can exist."""
    at_ms = min(max(at_ms, int(_EARLIEST.timestamp() * 1000)), int(_LATEST.timestamp() * 1000))
    return datetime.fromtimestamp(at_ms / 1000, UTC)

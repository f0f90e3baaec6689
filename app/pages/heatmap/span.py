"""From the visitor's choices to a stretch of time and the size of its cells."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.heatmap import Cell
from app.pages.heatmap.view import Size, View

#: More columns than this are narrower than a pixel of most screens.
MOST_COLUMNS = 1120
#: Cells chosen by themselves: hours up to this width, days up to that, weeks beyond.
_HOURS_UP_TO, _DAYS_UP_TO = timedelta(days=8), timedelta(days=400)
_WIDTHS = {Size.HOUR: timedelta(hours=1), Size.DAY: timedelta(days=1), Size.WEEK: timedelta(days=7)}
#: A Monday: weeks are counted from here.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 4, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole cells ``[start, end)`` of one size, aware UTC; ``is_coarser`` where the chosen size was too fine."""

    start: datetime
    end: datetime
    size: Size
    is_coarser: bool = False

    @property
    def step(self) -> timedelta:
        """The width of a cell."""
        return _WIDTHS[self.size]

    @property
    def columns(self) -> int:
        """The number of cells from start to end."""
        return (self.end - self.start) // self.step

    @property
    def stored(self) -> Cell:
        """What the cells are read as: weeks are summed up from days."""
        return Cell.HOUR if self.size is Size.HOUR else Cell.DAY


def range_end(view: View, *, newest: datetime | None, now: datetime) -> datetime:
    """Give where a ready-made range ends: now, or right after the newest reading where it would hold none.

    Old logs then show their own last days, as on the Device page. To "all", a week without readings is the end.
    """
    if newest is None or view.days is not None:
        return now
    width = view.range.width or _WIDTHS[Size.WEEK]
    return now if newest >= now - width else newest + timedelta(milliseconds=1)


def stretch_of(view: View, zone: ZoneInfo, *, first: date | None, now: datetime) -> Stretch:
    """Give the stretch that a view asks for; ``first`` is the first day that holds readings, if there is one.

    It is widened to whole cells, and never reaches into the future by more than the cell that now lies in.
    """
    start, end = _edges(view, zone, first, now)
    chosen = _size(view.size, end - start)
    size = next(one for one in (*_coarsening(chosen), Size.WEEK) if (end - start) / _WIDTHS[one] <= MOST_COLUMNS)
    step = _WIDTHS[size]
    start -= (start - _EARLIEST) % step
    return Stretch(start, end + (start - end) % step, size, is_coarser=size is not chosen)


def _edges(view: View, zone: ZoneInfo, first: date | None, now: datetime) -> tuple[datetime, datetime]:
    if view.days is not None:
        start, end = (_midnight(day, zone) for day in (view.days[0], _next(view.days[1])))
        end = min(end, now) if start < now else end
    else:
        end = now
        start = now - view.range.width if view.range.width else datetime.combine(first or now.date(), time(), UTC)
    start = min(max(start, _EARLIEST), _LATEST)
    # Beyond this a week would be narrower than a column may be.
    return max(start, end - MOST_COLUMNS * timedelta(days=7)), max(min(end, _LATEST), start + timedelta(hours=1))


def _size(size: Size, width: timedelta) -> Size:
    if size is not Size.AUTO:
        return size
    if width <= _HOURS_UP_TO:
        return Size.HOUR
    return Size.DAY if width <= _DAYS_UP_TO else Size.WEEK


def _coarsening(size: Size) -> list[Size]:
    return [one for one in _WIDTHS if _WIDTHS[one] >= _WIDTHS[size]]


def _next(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    day = min(max(day, _EARLIEST.date()), _LATEST.date())
    return datetime.combine(day, time(), zone).astimezone(UTC)

"""What the visitor chose to see, and how the page's address says so: everything a shared link must carry."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum, unique
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode


@unique
class Range(StrEnum):
    """Ready-made ranges; each ends at the newest reading the device has, however old that is."""

    SIX_HOURS = "6h"
    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    YEAR = "1y"
    ALL = "all"

    @property
    def width(self) -> timedelta | None:
        """How far back the range reaches; None means to the first reading."""
        return _WIDTHS[self]


@unique
class Window(StrEnum):
    """Widths of the rolling statistics."""

    HOUR = "1h"
    SIX_HOURS = "6h"
    DAY = "24h"
    WEEK = "7d"

    @property
    def width(self) -> timedelta:
        """How far back the window reaches from each reading."""
        return _WINDOW_WIDTHS[self]


@unique
class Values(StrEnum):
    """Which of two histories: after all calibrations were taken into account, or as first derived."""

    CORRECTED = "corrected"
    MEASURED = "measured"


@unique
class Around(StrEnum):
    """What is drawn around the rolling mean: how far the readings of its window lie apart."""

    DEVIATION = "std"
    EXTREMES = "range"
    TENTHS = "p80"


_WIDTHS: Mapping[Range, timedelta | None] = {
    Range.SIX_HOURS: timedelta(hours=6),
    Range.DAY: timedelta(hours=24),
    Range.WEEK: timedelta(days=7),
    Range.MONTH: timedelta(days=30),
    Range.QUARTER: timedelta(days=90),
    Range.YEAR: timedelta(days=365),
    Range.ALL: None,
}
_WINDOW_WIDTHS: Mapping[Window, timedelta] = {
    Window.HOUR: timedelta(hours=1),
    Window.SIX_HOURS: timedelta(hours=6),
    Window.DAY: timedelta(hours=24),
    Window.WEEK: timedelta(days=7),
}

#: Two times in milliseconds since 1970 UTC, the first before the second.
Zoom = tuple[int, int]
#: First and last day, both included, on the clock of the device's site.
Days = tuple[date, date]

Choice = TypeVar("Choice", bound=StrEnum)
_ZOOM = re.compile(r"(\d{1,13})-(\d{1,13})")


@dataclass(frozen=True, slots=True)
class View:
    """The choices of one visitor. ``days`` outranks ``range``, and ``zoom`` outranks both until it is reset."""

    range: Range = Range.WEEK
    window: Window = Window.SIX_HOURS
    days: Days | None = None
    zoom: Zoom | None = None
    values: Values = Values.CORRECTED
    around: Around = Around.DEVIATION

    def address(self) -> str:
        """Write the choices as the query part of an address; :func:`view_at` undoes it."""
        history = {} if self.values is Values.CORRECTED else {"values": str(self.values)}
        around = {} if self.around is Around.DEVIATION else {"around": str(self.around)}
        return "?" + urlencode({**self.stretch(), "window": str(self.window), **history, **around})

    def stretch(self) -> dict[str, str]:
        """Give the choices that decide which stretch of time is shown."""
        query: dict[str, str] = {}
        if self.days is None:
            query["range"] = str(self.range)
        else:
            query["from"], query["to"] = (day.isoformat() for day in self.days)
        if self.zoom is not None:
            query["zoom"] = f"{self.zoom[0]}-{self.zoom[1]}"
        return query

    def with_range(self, chosen: Range) -> "View":
        """Show a ready-made range instead of whatever was shown."""
        return replace(self, range=chosen, days=None, zoom=None)

    def with_days(self, days: Days) -> "View":
        """Show chosen days instead of whatever was shown."""
        return replace(self, days=days, zoom=None)


def view_at(address: str) -> View:
    """Read the choices out of the query part of an address, with or without its question mark."""
    return read_view(dict(parse_qsl(address.removeprefix("?"))))


def read_view(query: Mapping[str, str]) -> View:
    """Read the choices out of a query; what is absent or makes no sense falls back to the usual view."""
    return View(
        range=_member(Range, query.get("range"), View().range),
        window=_member(Window, query.get("window"), View().window),
        days=_days(query.get("from"), query.get("to")),
        zoom=_zoom(query.get("zoom")),
        values=_member(Values, query.get("values"), View().values),
        around=_member(Around, query.get("around"), View().around),
    )


def _member(choices: type[Choice], text: str | None, usual: Choice) -> Choice:
    return choices(text) if text in set(choices) else usual


def _days(first: str | None, last: str | None) -> Days | None:
    try:
        days = date.fromisoformat(first or ""), date.fromisoformat(last or "")
    except ValueError:
        return None
    return days if days[0] <= days[1] else None


def _zoom(text: str | None) -> Zoom | None:
    match = _ZOOM.fullmatch(text or "")
    if match is None:
        return None
    zoom = int(match[1]), int(match[2])
    return zoom if zoom[0] < zoom[1] else None

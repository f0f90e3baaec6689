"""What the visitor chose to export, and how the page's address says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum, unique
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from app.components import ConductivityUnit
from app.exports import ExportRequest, Layout, Packing, Selection
from app.exports.request import DETAILS, DIALECTS, EARLIEST, LATEST, OF_THE_SITE, QUANTITIES, USUAL_DETAILS, is_zone
from models.errors import DeviceNameInvalid
from models.names import expand_names
from models.read.export_kinds import Resolution


@unique
class Range(StrEnum):
    """Ready-made spans on the clock of the reader; all but the last month reach to now."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    THIS_MONTH = "month"
    LAST_MONTH = "last-month"
    YEAR = "1y"
    ALL = "all"


_WIDTHS = {Range.DAY: 1, Range.WEEK: 7, Range.MONTH: 30, Range.YEAR: 365}


@dataclass(frozen=True, slots=True)
class View:
    """The choices as words of the address; None and empty ask for no such thing. ``start`` and ``end`` are days."""

    devices: str = ""
    site: str = ""
    crop: str = ""
    range: str = Range.WEEK
    start: str = ""
    end: str = ""
    resolution: str = Resolution.RAW
    fields: str = ",".join(QUANTITIES)
    unit: str = ConductivityUnit.US_CM
    details: str = ",".join(USUAL_DETAILS)
    values: str = "corrected"
    quality: str = "all"
    tz: str = OF_THE_SITE
    layout: str = Layout.LONG
    format: str = Packing.CSV
    dialect: str = DIALECTS[0]

    def address(self) -> str:
        """Write what differs from the usual as the query part of an address; :func:`view_at` undoes it."""
        usual = View()
        query = {name: value for name in _NAMES if (value := getattr(self, name)) != getattr(usual, name)}
        return f"?{urlencode(query)}" if query else ""

    @property
    def device_names(self) -> list[str]:
        """The devices that are named one by one."""
        return expand_names(self.devices) if self.devices else []

    def span(self, now: datetime, zone: str) -> tuple[datetime, datetime]:
        """Give ``[start, end)`` in whole minutes, on the clock of ``zone`` where days count."""
        clock, now = ZoneInfo(zone), now.replace(second=0, microsecond=0)
        today = now.astimezone(clock).date()
        if self.start:
            return _midnight(date.fromisoformat(self.start), clock), _midnight(
                _next(date.fromisoformat(self.end)), clock
            )
        if self.range == Range.THIS_MONTH:
            return _midnight(today.replace(day=1), clock), now
        if self.range == Range.LAST_MONTH:
            first = today.replace(day=1)
            return _midnight((first - timedelta(days=1)).replace(day=1), clock), _midnight(first, clock)
        if self.range == Range.ALL:
            return EARLIEST, now
        return now - timedelta(days=_WIDTHS[Range(self.range)]), now

    def request(self, now: datetime, zone: str) -> ExportRequest:
        """Say it as an export.

        Raises
        ------
        BadExport
            If the choices contradict each other.
        """
        start, end = self.span(now, zone)
        details = frozenset(_some(self.details, DETAILS))
        return ExportRequest(
            Selection(self.device_names or None, self.site or None, self.crop or None),
            max(start, EARLIEST),
            min(end, LATEST),
            resolution=Resolution(self.resolution),
            fields=tuple(_some(self.fields, QUANTITIES)),
            unit=ConductivityUnit(self.unit),
            details=frozenset() if self.layout == Layout.WIDE else details,
            measured=self.values == "measured",
            usable_only=self.quality == "usable",
            time_zone=self.tz,
            layout=Layout(self.layout),
            packing=Packing(self.format),
            dialect=self.dialect if Packing(self.format).is_text else DIALECTS[0],
        )


_NAMES = tuple(one.name for one in fields(View))
_ALLOWED: Mapping[str, Sequence[str]] = {
    "range": tuple(Range),
    "resolution": tuple(Resolution),
    "unit": tuple(ConductivityUnit),
    "values": ("corrected", "measured"),
    "quality": ("all", "usable"),
    "layout": tuple(Layout),
    "format": tuple(Packing),
    "dialect": DIALECTS,
}


def view_at(address: str) -> View:
    """Read the choices out of the query part of an address, with or without its question mark."""
    return read_view(dict(parse_qsl(address.removeprefix("?"), keep_blank_values=True)))


def read_view(query: Mapping[str, str]) -> View:
    """Read the choices out of a query; what makes no sense falls back to the usual."""
    usual = View()
    chosen = {name: query.get(name, getattr(usual, name)) for name in _NAMES}
    for name, allowed in _ALLOWED.items():
        chosen[name] = chosen[name] if chosen[name] in allowed else getattr(usual, name)
    chosen["fields"] = ",".join(_some(chosen["fields"], QUANTITIES)) or usual.fields
    chosen["details"] = ",".join(_some(chosen["details"], DETAILS))
    chosen["tz"] = chosen["tz"] if chosen["tz"] == OF_THE_SITE or is_zone(chosen["tz"]) else usual.tz
    if not _are_days(chosen["start"], chosen["end"]):
        chosen["start"] = chosen["end"] = ""
    if not _are_names(chosen["devices"]):
        chosen["devices"] = ""
    return View(**chosen)


def _some(words: str, allowed: Sequence[str]) -> list[str]:
    wanted = words.split(",")
    return [word for word in allowed if word in wanted]


def _are_days(first: str, last: str) -> bool:
    try:
        return date(1990, 1, 1) <= date.fromisoformat(first) <= date.fromisoformat(last) < date(2099, 12, 31)
    except ValueError:
        return False


def _are_names(words: str) -> bool:
    try:
        return bool(words) and bool(expand_names(words))
    except DeviceNameInvalid:
        return False


def _next(day: date) -> date:
    return day + timedelta(days=1)


def _midnight(day: date, clock: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), clock).astimezone(UTC)

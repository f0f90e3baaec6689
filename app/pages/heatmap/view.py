"""What the visitor chose to see, and how the page's address says so: everything a shared link must carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, unique
from math import isfinite
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from analytics.quantities import Quantity
from app.jobs.summaries import PREFIXES


@unique
class Side(StrEnum):
    """Which time outside the band counts."""

    EITHER = "either"
    BELOW = "below"
    ABOVE = "above"


@unique
class Weight(StrEnum):
    """Whether time outside counts as it is, or more the further outside it was."""

    TIME = "time"
    SEVERITY = "severity"


@unique
class Size(StrEnum):
    """What one cell stands for; days and weeks, which begin on Monday, are those of UTC."""

    AUTO = "auto"
    HOUR = "1h"
    DAY = "1d"
    WEEK = "1w"


@unique
class Range(StrEnum):
    """Ready-made ranges; each ends now, or with the newest reading where it would hold none."""

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
class Order(StrEnum):
    """How the devices are sorted."""

    WORST = "worst"
    NAME = "name"
    SITE = "site"


@unique
class Group(StrEnum):
    """What the devices are put together by."""

    NONE = "none"
    SITE = "site"
    ZONE = "zone"


_WIDTHS: Mapping[Range, timedelta | None] = {
    Range.WEEK: timedelta(days=7),
    Range.MONTH: timedelta(days=30),
    Range.QUARTER: timedelta(days=90),
    Range.YEAR: timedelta(days=365),
    Range.ALL: None,
}
#: Quantities as they are named in the address.
QUANTITIES: Mapping[str, Quantity] = {prefix: quantity for quantity, prefix in PREFIXES.items()}

#: First and last day, both included, on the wall clock of the page.
Days = tuple[date, date]
#: Low and high, conductivity in µS/cm.
Limits = tuple[float, float]
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class View:
    """The choices of one visitor; ``days`` outranks ``range``, and ``limits`` is the band of a "what if"."""

    quantity: Quantity = Quantity.PH
    side: Side = Side.EITHER
    weight: Weight = Weight.TIME
    size: Size = Size.AUTO
    range: Range = Range.WEEK
    days: Days | None = None
    order: Order = Order.WORST
    group: Group = Group.NONE
    limits: Limits | None = None

    def address(self) -> str:
        """Write the choices as the query part of an address; :func:`view_at` undoes it."""
        query = {"quantity": PREFIXES[self.quantity]}
        if self.days is None:
            query["range"] = str(self.range)
        else:
            query["from"], query["to"] = (day.isoformat() for day in self.days)
        usual = View()
        for name in ("side", "weight", "size", "order", "group"):
            if getattr(self, name) != getattr(usual, name):
                query[name] = str(getattr(self, name))
        if self.limits is not None:
            query["low"], query["high"] = (f"{limit:.10g}" for limit in self.limits)
        return "?" + urlencode(query)


def view_at(address: str) -> View:
    """Read the choices out of the query part of an address, with or without its question mark."""
    return read_view(dict(parse_qsl(address.removeprefix("?"))))


def read_view(query: Mapping[str, str]) -> View:
    """Read the choices out of a query; what is absent or makes no sense falls back to the usual view."""
    usual = View()
    return View(
        quantity=QUANTITIES.get(query.get("quantity", ""), usual.quantity),
        side=member(Side, query.get("side"), usual.side),
        weight=member(Weight, query.get("weight"), usual.weight),
        size=member(Size, query.get("size"), usual.size),
        range=member(Range, query.get("range"), usual.range),
        days=_days(query.get("from"), query.get("to")),
        order=member(Order, query.get("order"), usual.order),
        group=member(Group, query.get("group"), usual.group),
        limits=_limits(query.get("low"), query.get("high")),
    )


def member(choices: type[Choice], text: str | None, usual: Choice) -> Choice:
    """Read one of a set of choices; anything else means the usual one."""
    return choices(text) if text in set(choices) else usual


def _days(first: str | None, last: str | None) -> Days | None:
    try:
        days = date.fromisoformat(first or ""), date.fromisoformat(last or "")
    except ValueError:
        return None
    return days if days[0] <= days[1] else None


def _limits(low: str | None, high: str | None) -> Limits | None:
    try:
        limits = float(low or ""), float(high or "")
    except ValueError:
        return None
    return limits if all(map(isfinite, limits)) and limits[0] < limits[1] else None

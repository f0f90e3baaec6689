"""What the visitor chose to compare, and how the page's address says so: everything a shared link must carry."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from analytics.quantities import Quantity
from app.jobs.summaries import PREFIXES
from app.pages.device.view import Days, Range, Zoom
from app.pages.device.view import read_view as read_stretch
from models.errors import DeviceNameInvalid
from models.names import expand_names

#: As many Pis as a farm has; more lines than that nobody reads.
MOST_DEVICES = 99


@unique
class Shape(StrEnum):
    """What is drawn."""

    OVERLAY = "overlay"
    MULTIPLES = "multiples"
    COHORT = "cohort"
    CORRELATION = "correlation"


@unique
class Align(StrEnum):
    """What lies over one another: the same moment, or the same age of the plants."""

    CLOCK = "clock"
    TRANSPLANT = "transplant"


@unique
class Spread(StrEnum):
    """Which part of a cohort its band holds: the middle half, or all but a tenth at either end."""

    HALF = "iqr"
    MOST = "p80"

    @property
    def quantiles(self) -> tuple[float, float]:
        """The lower and the upper edge of the band as shares of the cohort."""
        return (0.25, 0.75) if self is Spread.HALF else (0.1, 0.9)


@unique
class Between(StrEnum):
    """What is correlated: one quantity of many Pis, or the quantities of one."""

    PIS = "pis"
    WITHIN = "within"


#: Quantities as they are named in the address.
QUANTITIES: Mapping[str, Quantity] = {prefix: quantity for quantity, prefix in PREFIXES.items()}
Choice = TypeVar("Choice", bound=StrEnum)
_BROKEN = re.compile(r"[,\s]+")


@dataclass(frozen=True, slots=True)
class View:
    """The choices of one visitor. ``days`` outranks ``range``, and ``zoom`` outranks both until it is reset.

    ``over`` names those drawn over their cohort (empty: the farthest off), ``one`` the one whose own quantities are
    correlated (None: the first).
    """

    devices: tuple[str, ...] = ()
    quantity: Quantity = Quantity.PH
    range: Range = Range.WEEK
    days: Days | None = None
    zoom: Zoom | None = None
    align: Align = Align.CLOCK
    shape: Shape = Shape.OVERLAY
    spread: Spread = Spread.HALF
    over: tuple[str, ...] = ()
    between: Between = Between.PIS
    one: str | None = None

    def address(self) -> str:
        """Write the choices as the query part of an address; :func:`view_at` undoes it."""
        query = {"devices": ",".join(self.devices), "quantity": PREFIXES[self.quantity]}
        if self.days is None:
            query["range"] = str(self.range)
        else:
            query["from"], query["to"] = (day.isoformat() for day in self.days)
        if self.zoom is not None:
            query["zoom"] = f"{self.zoom[0]}-{self.zoom[1]}"
        usual = View()
        for name in ("align", "shape", "spread", "between"):
            if getattr(self, name) != getattr(usual, name):
                query[name] = str(getattr(self, name))
        if self.over:
            query["over"] = ",".join(self.over)
        if self.one is not None:
            query["one"] = self.one
        return "?" + urlencode(query, safe=",")


def view_at(address: str) -> View:
    """Read the choices out of the query part of an address, with or without its question mark."""
    return read_view(dict(parse_qsl(address.removeprefix("?"))))


def read_view(query: Mapping[str, str]) -> View:
    """Read the choices out of a query; what is absent or makes no sense falls back to the usual view."""
    usual, stretch = View(), read_stretch(query)
    return View(
        devices=names_in(query.get("devices", "")),
        quantity=QUANTITIES.get(query.get("quantity", ""), usual.quantity),
        range=stretch.range,
        days=stretch.days,
        zoom=stretch.zoom,
        align=member(Align, query.get("align"), usual.align),
        shape=member(Shape, query.get("shape"), usual.shape),
        spread=member(Spread, query.get("spread"), usual.spread),
        over=names_in(query.get("over", "")),
        between=member(Between, query.get("between"), usual.between),
        one=query.get("one") or None,
    )


def member(choices: type[Choice], text: str | None, usual: Choice) -> Choice:
    """Read one of a set of choices; anything else means the usual one."""
    return choices(text) if text in set(choices) else usual


def names_in(text: str) -> tuple[str, ...]:
    """Read a list of names, ranges such as ``pi-1..pi-12`` among them; a part that is none stays as it is written."""
    names: list[str] = []
    for part in filter(None, _BROKEN.split(text)):
        try:
            names += expand_names(part)
        except DeviceNameInvalid:
            names.append(part)
    return tuple(dict.fromkeys(names))

"""What happens on the page: ask the server what changed, and keep the filters in the address."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from app.components import ConductivityUnit, unit_input
from app.i18n import _, language, ngettext, time_text
from app.pages.fleet.refresh import natural
from app.pages.fleet.rows import Device
from app.pages.page import PageContext
from app.pages.today.drawing import numbers_row, row_of, rows_list
from app.pages.today.entries import Entry, Kind
from app.pages.today.ids import Id, count_id, counter_id, rows_id, section_id
from app.pages.today.numbers import numbers_of
from app.pages.today.source import DatabaseToday, Look, TodaySource
from app.pages.today.tanks import listing
from app.pages.today.words import Reader, unforeseen_text

#: What the browser was shown: a fingerprint of each part. It travels there and back, so the server remembers nobody.
Shown = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """What the reader wants to see; None, and "all", is everything."""

    site: str | None
    zone: str | None
    kind: str | None

    def shows(self, device: Device) -> bool:
        """Tell whether a device stands where the reader looks."""
        record = device.record
        return (not self.site or record["site"] == self.site) and (not self.zone or record["zone"] == self.zone)


@dataclass(frozen=True, slots=True)
class Today:
    """What the callbacks work with."""

    source: TodaySource
    context: PageContext


def answer(today: Today, unit: str | None, chosen: Filter, shown: Shown | None) -> dict[str, Any]:
    """Answer a browser that shows ``shown``: every part that would look different now."""
    now = today.context.clock()
    reader = Reader(ConductivityUnit.of(unit, today.context.ppm_scale), today.context.zone_of_reader(), now)
    look = today.source.look(now)
    devices = [device for device in look.devices if chosen.shows(device)]
    listed = listing(_entries_at(look, devices, chosen), chosen.kind)
    rows = {kind: [row_of(one, reader) for one in listed.rows[kind]] for kind in Kind}
    numbers = numbers_of(devices, look.readings, look.seconds)
    sections = {str(kind): (rows[kind], listed.elsewhere(kind)) for kind in Kind}
    parts = {**sections, "numbers": numbers, "places": _places(look, chosen)}
    prints = {name: zlib.crc32(repr((language(), unit, part)).encode()) for name, part in parts.items()}
    is_new = {name: (shown or {}).get(name) != print for name, print in prints.items()}
    visible = {kind: bool(rows[kind]) and chosen.kind in {None, "", "all", str(kind)} for kind in Kind}
    return {
        "rows": {name: rows_list(*section) if is_new[name] else no_update for name, section in sections.items()},
        "sections": {str(kind): not visible[kind] for kind in Kind},
        "counts": {str(kind): str(listed.counts[kind]) for kind in Kind},
        "counters": {str(kind): not listed.counts[kind] for kind in Kind},
        "total": str(listed.total),
        "numbers": numbers_row(numbers) if is_new["numbers"] else no_update,
        "places": parts["places"] if is_new["places"] else dict.fromkeys(("site", "zone"), no_update),
        "nothing": any(visible.values()) or not look.devices,
        "foot": foot_text(look, reader),
        "summary": summary_text(listed.total, reader),
        "board": not look.devices,
        "empty": bool(look.devices),
        "shown": prints,
    }


def _entries_at(look: Look, devices: Sequence[Device], chosen: Filter) -> list[Entry]:
    """Leave out what concerns other places; what concerns no tank concerns everybody."""
    names = {device.name for device in devices}
    if not (chosen.site or chosen.zone):
        return list(look.worklist.entries)
    return [entry for entry in look.worklist.entries if not entry.devices or names & set(entry.devices)]


def _places(look: Look, chosen: Filter) -> dict[str, list[str]]:
    sites = sorted({device.record["site"] for device in look.devices if device.record["site"]}, key=natural)
    here = [device for device in look.devices if not chosen.site or device.record["site"] == chosen.site]
    zones = sorted({device.record["zone"] for device in here if device.record["zone"]}, key=natural)
    return {"site": sites, "zone": zones}


def summary_text(count: int, reader: Reader) -> str:
    """Say which day it is, and how much there is to do."""
    day = time_text(reader.now, reader.zone, "EEEE, d MMMM")
    todo = ngettext("%(num)s thing needs somebody", "%(num)s things need somebody", count) if count else ""
    return " · ".join(filter(None, (day, todo)))


def foot_text(look: Look, reader: Reader) -> str:
    """Say what was checked and when, and of what nothing can be said."""
    checked = (
        _("The checks of this server have not run yet; forecasts and probes are missing.")
        if look.checked_at is None
        else _("All tanks were checked at %(time)s.", time=_clock_text(look.checked_at, reader))
    )
    lacks = [unforeseen_text(lack, count) for lack, count in look.worklist.unforeseen]
    unforeseen = _("Tanks without a forecast: %(reasons)s.", reasons=", ".join(lacks)) if lacks else ""
    return f"{checked} {unforeseen}".strip()


def _clock_text(moment: datetime, reader: Reader) -> str:
    return time_text(moment, reader.zone, "HH:mm")


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    today = Today(DatabaseToday(context), context)

    @app.callback(
        output=_outputs(),
        inputs=[
            unit_input(),
            Input(Id.TICK, "n_intervals"),
            *(Input(id, "value") for id in (Id.SITE, Id.ZONE, Id.KIND)),
            State(Id.SHOWN, "data"),
        ],
    )
    def _(
        unit: str | None, _ticks: int, site: str | None, zone: str | None, kind: str | None, shown: Shown | None
    ) -> dict[str, Any]:
        return answer(today, unit, Filter(site, zone, kind), shown)

    app.clientside_callback(
        ClientsideFunction("today", "address"),
        Output(Id.QUERY, "data"),
        *(Input(id, "value") for id in (Id.SITE, Id.ZONE, Id.KIND)),
    )


def _outputs() -> dict[str, Any]:
    return {
        "rows": {str(kind): Output(rows_id(kind), "children") for kind in Kind},
        "sections": {str(kind): Output(section_id(kind), "hidden") for kind in Kind},
        "counts": {str(kind): Output(count_id(kind), "children") for kind in Kind},
        "counters": {str(kind): Output(counter_id(kind), "hidden") for kind in Kind},
        "total": Output(Id.COUNT_ALL, "children"),
        "numbers": Output(Id.NUMBERS, "children"),
        "places": {"site": Output(Id.SITE, "data"), "zone": Output(Id.ZONE, "data")},
        "nothing": Output(Id.NOTHING, "hidden"),
        "foot": Output(Id.FOOT, "children"),
        "summary": Output(Id.SUMMARY, "children"),
        "board": Output(Id.BOARD, "hidden"),
        "empty": Output(Id.EMPTY, "hidden"),
        "shown": Output(Id.SHOWN, "data"),
    }

"""The form that tells an event, as plain values, and the event that it describes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan
from typing import Any
from zoneinfo import ZoneInfo

from app.components import ConductivityUnit
from app.pages.device.events.tank_event import TankEvent
from models.errors import HydrofleetError
from models.write.events import EventRow

#: Kinds that change the water; only these have a size.
SIZED_KINDS = ("dose", "top-up", "water-change", "acid", "base")
_CLOCK = "%Y-%m-%d %H:%M:%S"


class NothingTold(HydrofleetError):
    """The form says too little to be an event."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What stands in the form: the time on the clock of the site, the size of EC in the reader's unit."""

    kind: str | None
    at: str | None
    ec: Any = ""
    ph: Any = ""
    note: str | None = ""


def event_told(fields: Fields, unit: ConductivityUnit, zone: ZoneInfo, before: TankEvent | None = None) -> EventRow:
    """Read the form; an event that is corrected (``before``) lasts as long as it did.

    Raises
    ------
    NothingTold
        If kind or time are missing, or a note has no words.
    """
    note = (fields.note or "").strip() or None
    if not fields.kind or not fields.at or (fields.kind == "note" and note is None):
        raise NothingTold("an event needs a kind and a time, and a note needs words; fill them in")
    started_at = moment(fields.at, zone)
    if before is not None and clock_text(before.started_at, zone) == fields.at:
        # The field shows whole seconds only; an untouched time stays exactly what it was.
        started_at = before.started_at
    ended_at = None if before is None else started_at + (before.ended_at - before.started_at)
    return EventRow(fields.kind, started_at, ended_at, _sizes(fields, unit), note)


def fields_of(event: TankEvent, unit: ConductivityUnit, zone: ZoneInfo) -> Fields:
    """Fill the form with an event."""
    ec = "" if isnan(event.ec_change) else round(float(unit.from_ec(event.ec_change)), 3)
    ph = "" if isnan(event.ph_change) else event.ph_change
    return Fields(event.kind, clock_text(event.started_at, zone), ec, ph, event.note or "")


def clock_text(at: datetime, zone: ZoneInfo) -> str:
    """Write a time for the form, on the clock of ``zone``."""
    return at.astimezone(zone).strftime(_CLOCK)


def moment(text: str, zone: ZoneInfo) -> datetime:
    """Read a time of the form; an hour that the clock shows twice is the first of the two.

    Raises
    ------
    NothingTold
        If it is no time.
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except ValueError as error:
        raise NothingTold(f"{text!r} is no time; write it like 2026-11-23 14:30") from error


def _sizes(fields: Fields, unit: ConductivityUnit) -> dict[str, float]:
    if fields.kind not in SIZED_KINDS:
        return {}
    sizes = {}
    if isinstance(fields.ec, int | float):
        sizes["ec_change"] = round(fields.ec / float(unit.from_ec(1.0)), 1)
    if isinstance(fields.ph, int | float):
        sizes["ph_change"] = round(float(fields.ph), 3)
    return sizes

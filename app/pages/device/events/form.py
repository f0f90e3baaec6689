"""The form that tells an event, as plain values, and the event that it describes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan
from zoneinfo import ZoneInfo

from app.components import ConductivityUnit
from app.pages.device.events.tank_event import TankEvent
from app.typed_numbers import read_signed_number, typed_text
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
    ec: str | None = ""
    ph: str | None = ""
    note: str | None = ""


def event_told(fields: Fields, unit: ConductivityUnit, zone: ZoneInfo, before: TankEvent | None = None) -> EventRow:
    """Read the form; an event that is corrected (``before``) lasts as long as it did.

    Raises
    ------
    NothingTold
        If kind or time are missing, or a note has no words.
    UnclearNumber
        If a size is not one number.
    """
    note = (fields.note or "").strip() or None
    if not fields.kind or not fields.at or (fields.kind == "note" and note is None):
        raise NothingTold("an event needs a kind and a time, and a note needs words; fill them in")
    started_at, sizes = moment(fields.at, zone), _sizes(fields, unit)
    if before is None:
        return EventRow(fields.kind, started_at, None, sizes, note)
    # The fields show whole seconds and two decimals; what nobody touched stays exactly what it was.
    shown = fields_of(before, unit, zone)
    if fields.at == shown.at:
        started_at = before.started_at
    if "ec_change" in sizes and fields.ec == shown.ec:
        sizes["ec_change"] = before.ec_change
    if "ph_change" in sizes and fields.ph == shown.ph:
        sizes["ph_change"] = before.ph_change
    return EventRow(fields.kind, started_at, started_at + (before.ended_at - before.started_at), sizes, note)


def fields_of(event: TankEvent, unit: ConductivityUnit, zone: ZoneInfo) -> Fields:
    """Fill the form with an event."""
    ec = "" if isnan(event.ec_change) else typed_text(float(unit.from_ec(event.ec_change)))
    ph = "" if isnan(event.ph_change) else typed_text(event.ph_change)
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
    ec, ph = read_signed_number(fields.ec), read_signed_number(fields.ph)
    sizes = {}
    if ec is not None:
        sizes["ec_change"] = round(float(unit.to_ec(ec)), 1)
    if ph is not None:
        sizes["ph_change"] = round(ph, 3)
    return sizes

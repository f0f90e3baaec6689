"""What stands in the form, as plain values, and the visit that it describes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, unique
from typing import Any
from zoneinfo import ZoneInfo

from analytics.buffers import BUFFERS_OF, Buffer, BufferSet
from analytics.quantities import Quantity
from app.calibration.visits import (
    Circumstances,
    EcVisit,
    InBuffer,
    InStandard,
    OffsetVisit,
    PhVisit,
    Transition,
    Visit,
)
from app.components import ConductivityUnit
from app.pages.calibrate.ids import CHECKS
from app.typed_numbers import read_number, read_signed_number
from models.read.calibrations import CalibrationRecord

#: The calibration standard that is sold everywhere, in µS/cm at 25 °C.
USUAL_STANDARD_US_CM = 1413.0
_CLOCK = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Row:
    """One standard: millivolts after and, if the probe was cleaned, before cleaning; None is an empty field."""

    left: float | None = None
    found: float | None = None
    celsius: float | None = None


@unique
class Method(StrEnum):
    """How the probe was checked; the value stands in the browser."""

    STANDARDS = "standards"
    METER = "meter"


@dataclass(frozen=True, slots=True)
class Check:
    """A check with a meter in the quantity's own unit (EC in µS/cm); None is an empty field."""

    shown: float | None
    true: float | None
    left: float | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Form:
    """The whole form; ``rows`` are the three buffers of the set, lowest first, or the one standard of EC.

    ``check`` is there instead of them if a meter was used.
    """

    quantity: Quantity
    buffer_set: BufferSet
    rows: tuple[Row, ...]
    check: Check | None
    standard_us_cm: float
    at: datetime
    transition: Transition
    note: str | None
    reason: str | None

    def visit(self, technician: str | None) -> Visit | None:
        """Give the visit, None while too little is filled in to make a calibration."""
        around = Circumstances(self.at, self.transition, technician, self.note, self.reason)
        if self.check is not None:
            return self._checked(around, self.check)
        return self._ph(around) if self.quantity is Quantity.PH else self._ec(around)

    def _checked(self, around: Circumstances, check: Check) -> OffsetVisit | None:
        if check.shown is None or check.true is None:
            return None
        since = check.since if self.transition is Transition.BLEND else None
        return OffsetVisit(around, self.quantity, check.shown, check.true, check.left, since)

    def _ph(self, around: Circumstances) -> PhVisit | None:
        buffers = BUFFERS_OF[self.buffer_set]
        left = _in_buffers(buffers, [(row.left, row.celsius) for row in self.rows])
        found = _in_buffers(buffers, [(row.found, row.celsius) for row in self.rows])
        if len(left) < 2 or len(found) == 1:
            return None
        return PhVisit(around, self.buffer_set, left, found)

    def _ec(self, around: Circumstances) -> EcVisit | None:
        row = self.rows[0]
        if row.left is None or row.celsius is None:
            return None
        found = None if row.found is None else InStandard(row.found, row.celsius)
        return EcVisit(around, InStandard(row.left, row.celsius), self.standard_us_cm, found)


def read_form(values: Mapping[str, Any], zone: ZoneInfo, unit: ConductivityUnit, now: datetime) -> Form:
    """Read the form as the browser sends it; ``rows`` maps each row to its three fields, EC checks are in ``unit``.

    Raises
    ------
    UnclearNumber
        If something else than one number stands in a field for one.
    """
    quantity = Quantity(values["quantity"])
    rows: Mapping[str, Mapping[str, Any]] = values["rows"]
    chosen = ("1", "2", "3") if quantity is Quantity.PH else ("ec",)
    return Form(
        quantity,
        BufferSet[values["buffers"]],
        tuple(Row(*(read_signed_number(rows[row][part]) for part in ("left", "found", "celsius"))) for row in chosen),
        _check(values, quantity, zone, unit) if values["method"] == Method.METER else None,
        read_number(values["standard"]) or USUAL_STANDARD_US_CM,
        _moment(values["at"], zone) or now,
        Transition(values["transition"]),
        values["note"] or None,
        values["reason"] or None,
    )


def _check(values: Mapping[str, Any], quantity: Quantity, zone: ZoneInfo, unit: ConductivityUnit) -> Check:
    typed = [read_signed_number(values["check"][part]) for part in CHECKS]
    if quantity is Quantity.EC:
        typed = [None if one is None else float(unit.to_ec(one)) for one in typed]
    shown, true, left = typed
    return Check(shown, true, left, _moment(values["since"], zone))


def check_of(record: CalibrationRecord) -> dict[str, float]:
    """Give the fields of an earlier check with a meter, in the quantity's own unit; see :data:`CHECKS`."""
    fields: dict[str, float] = {}
    for point in record.points:
        fields["shown" if point["when"] == "found" else "left"] = point["shown"]
        fields["true"] = point["true"]
    return fields


def rows_of(record: CalibrationRecord) -> dict[str, Row]:
    """Give the rows of the form as an earlier visit to standards filled them in, by row."""
    rows: dict[str, dict[str, float]] = {}
    for point in record.points:
        fields = rows.setdefault(_row_of(point), {})
        fields[point["when"]] = point["millivolts"]
        fields.setdefault("celsius", point["temperature_c"])
    return {name: Row(**fields) for name, fields in rows.items()}


def clock_text(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment for the date field, on the clock of ``zone``."""
    return moment.astimezone(zone).strftime(_CLOCK)


def _row_of(point: Mapping[str, Any]) -> str:
    if "buffer" not in point:
        return "ec"
    buffer = Buffer(point["buffer"])
    return next(str(list(one).index(buffer) + 1) for one in BUFFERS_OF.values() if buffer in one)


def _in_buffers(buffers: Sequence[Buffer], read: Sequence[tuple[float | None, float | None]]) -> tuple[InBuffer, ...]:
    return tuple(
        InBuffer(buffer, millivolts, celsius)
        for buffer, (millivolts, celsius) in zip(buffers, read, strict=True)
        if millivolts is not None and celsius is not None
    )


def _moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    return datetime.fromisoformat(text.replace(" ", "T")).replace(tzinfo=zone).astimezone(UTC)

"""``/calibrations``: visits to probes, with what they found; the desk repairs whatever history they change."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, request
from msgspec import Meta, Struct
from sqlalchemy import Engine

from analytics.buffers import Buffer, BufferSet
from analytics.quantities import Quantity
from app.api.wire import Note, QuantityName, Stamp, moment_in
from app.calibration.desk import CalibrationDesk, Outcome
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
from app.principal import Role, current_user
from ingest_api.admission import Admits, admits
from ingest_api.known_device import known_device
from ingest_api.measurements import answer
from ingest_api.operations import operation
from ingest_api.timestamps import format_moment
from ingest_api.typed_body import read_typed
from models.db import session_scope
from models.read.calibrations import CalibrationRecord, list_calibrations

_REFUSED = ("unknown-device", "unknown-item", "refused")
Millivolts = Annotated[float, Meta(ge=-10_000, le=10_000)]
Celsius = Annotated[float, Meta(ge=-55, le=125)]


class CalibrationEntry(Struct):
    """A calibration that holds from ``valid_from`` to the next one of its quantity."""

    id: int
    quantity: str
    method: str
    valid_from: Stamp
    transition: str
    parameters: dict[str, Any]
    slope_percent: float | None
    offset_mv: float | None
    technician: str | None
    note: str | None
    created_at: Stamp
    created_by: str | None


class CalibrationList(Struct):
    """The calibrations of a device that were not withdrawn, newest first."""

    device: str
    calibrations: list[CalibrationEntry]


class BufferReading(Struct, forbid_unknown_fields=True):
    """What the pH board gave in one buffer of the set, for example ``"7.00"``."""

    buffer: Literal["4.00", "4.01", "6.86", "7.00", "9.18", "10.01"]
    mv: Millivolts
    temperature_c: Celsius


class StandardReading(Struct, forbid_unknown_fields=True):
    """What the TDS board gave in a conductivity standard."""

    mv: Millivolts
    temperature_c: Celsius


class _Visit(Struct, forbid_unknown_fields=True, kw_only=True):
    at: Stamp
    transition: Literal["step", "blend"] = "step"
    technician: Annotated[str, Meta(max_length=200)] | None = None
    note: Note | None = None
    forced_reason: Annotated[str, Meta(max_length=500)] | None = None

    def circumstances(self) -> Circumstances:
        """Say when, by whom and how."""
        at = moment_in(self.at, "/at")
        return Circumstances(at, Transition(self.transition), self.technician, self.note, self.forced_reason)


class PhCalibration(_Visit, tag_field="method", tag="buffers"):
    """A pH probe in two or three buffers, as it was left and, if it was cleaned, as it was found."""

    buffer_set: Literal["4.01 / 6.86 / 9.18", "4.00 / 7.00 / 10.01"]
    left: Annotated[list[BufferReading], Meta(min_length=2, max_length=3)]
    found: Annotated[list[BufferReading], Meta(max_length=3)] = []

    def visit(self) -> Visit:
        """Give it as the desk takes it."""
        return PhVisit(
            self.circumstances(), BufferSet(self.buffer_set), _in_buffers(self.left), _in_buffers(self.found)
        )


class EcCalibration(_Visit, tag_field="method", tag="standard"):
    """An EC probe in one standard, whose EC at 25 °C is known."""

    left: StandardReading
    standard_us_cm: Annotated[float, Meta(gt=0, le=100_000)] = 1413.0
    found: StandardReading | None = None

    def visit(self) -> Visit:
        """Give it as the desk takes it."""
        found = None if self.found is None else InStandard(self.found.mv, self.found.temperature_c)
        left = InStandard(self.left.mv, self.left.temperature_c)
        return EcVisit(self.circumstances(), left, self.standard_us_cm, found)


class MeterCheck(_Visit, tag_field="method", tag="meter"):
    """A check against a meter: what was shown and what was true, in the quantity's own unit (EC in µS/cm)."""

    quantity: QuantityName
    shown: float
    true: float
    left: float | None = None
    since: Stamp | None = None

    def visit(self) -> Visit:
        """Give it as the desk takes it."""
        since = None if self.since is None else moment_in(self.since, "/since")
        return OffsetVisit(
            self.circumstances(), Quantity(self.quantity), self.shown, self.true, left=self.left, since=since
        )


class CalibrationSaved(Struct):
    """What it did: the calibration that was added, and the job that derives the affected readings again."""

    calibration_id: int | None
    job_id: int | None


def _in_buffers(readings: list[BufferReading]) -> tuple[InBuffer, ...]:
    return tuple(InBuffer(Buffer(one.buffer), one.mv, one.temperature_c) for one in readings)


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the routes."""
    desk = CalibrationDesk(engine, clock)

    @blueprint.get("/devices/<name>/calibrations")
    @admits(Admits.READER, Admits.PERSON)
    @operation("List the calibrations of a device", answer=CalibrationList, problems=("unknown-device",))
    def calibrations(name: str) -> Response:
        """Those that were not withdrawn, newest first."""
        with session_scope(engine) as session:
            found = list_calibrations(session, known_device(session, name).id)
        return answer(CalibrationList(name, [_entry(one) for one in found]))

    @blueprint.post("/devices/<name>/calibrations")
    @admits(Admits.PERSON, role=Role.AGRONOMIST)
    @operation(
        "Calibrate a probe",
        body=(PhCalibration, EcCalibration, MeterCheck),
        answer=CalibrationSaved,
        status=201,
        problems=_REFUSED,
    )
    def calibrate(name: str) -> Response:
        """Today's visit or one of long ago; the readings it affects are derived again."""
        body: PhCalibration | EcCalibration | MeterCheck = read_typed(request, _AnyVisit)
        with session_scope(engine) as session:
            device = known_device(session, name)
        return _saved(desk.save(device.name, body.visit(), by=current_user()), 201)

    @blueprint.delete("/calibrations/<int(max=2147483647):calibration_id>")
    @admits(Admits.PERSON, role=Role.AGRONOMIST)
    @operation("Withdraw a calibration", answer=CalibrationSaved, problems=_REFUSED)
    def void_calibration(calibration_id: int) -> Response:
        """The one before it holds on; it stays on record."""
        return _saved(desk.void(calibration_id, by=current_user()), 200)


_AnyVisit: Any = PhCalibration | EcCalibration | MeterCheck


def _saved(outcome: Outcome, status: int) -> Response:
    return answer(CalibrationSaved(outcome.calibration_id, outcome.job_id), status=status)


def _entry(one: CalibrationRecord) -> CalibrationEntry:
    same = {name: getattr(one, name) for name in CalibrationEntry.__struct_fields__}
    return CalibrationEntry(
        **{**same, "valid_from": format_moment(one.valid_from), "created_at": format_moment(one.created_at)}
    )

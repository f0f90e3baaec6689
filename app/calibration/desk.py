"""The calibration desk: takes visits, changes and withdrawals, and orders the repair of what they affect."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from analytics.calibration_fit import Judgement
from app.calibration.errors import InTheFuture, NoEarlierVisit, NotAllowed, Refused
from app.calibration.findings import Finding, finding_of, on_top_of
from app.calibration.stretch import Stretch, affected_stretch
from app.calibration.visits import OffsetVisit, Transition, Visit
from app.jobs.rederive import order_rederivation
from app.principal import Principal, Role
from models.db import session_scope
from models.errors import UnknownCalibration, UnknownDevice
from models.read.calibrations import CalibrationRecord, find_calibration, list_calibrations
from models.read.devices import DeviceRecord, find_device, list_devices
from models.write.audit import record
from models.write.calibrations import add_calibration, begin_change, void_calibration
from models.write.devices import set_live

#: A Pi reads every second for this long, then goes back to its own interval by itself.
LIVE_FOR = timedelta(minutes=15)
# Clocks of phones differ; this much is not the future.
_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change did: the calibration that is valid now (None after a withdrawal) and the repair it needs."""

    calibration_id: int | None
    job_id: int | None


@dataclass(frozen=True, slots=True)
class _Change:
    """Something added, something taken away, or both."""

    action: str
    visit: Visit | None
    old: CalibrationRecord | None = None

    @property
    def quantity(self) -> str:
        return str(self.visit.quantity) if self.visit else self.old.quantity if self.old else ""

    @property
    def is_offset(self) -> bool:
        return isinstance(self.visit, OffsetVisit) or (self.old is not None and self.old.method == "offset")


class CalibrationDesk:
    """The one place where calibrations are changed, whoever asks. Agronomists and administrators may."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def save(self, device_name: str, visit: Visit, *, by: Principal | None) -> Outcome:
        """Add the calibration of a visit, today's or one of long ago; readings it affects are derived again.

        Raises
        ------
        NotAllowed, Refused, Impossible, NoEarlierVisit, InTheFuture
            As their names say; nothing is changed then.
        UnknownDevice
            If no device has this name.
        """
        person = _allowed(by)
        with session_scope(self._engine) as session:
            device = _known(session, device_name)
            return self._change(session, device, _Change("calibrate", visit), person)

    def replace(self, calibration_id: int, visit: Visit, *, by: Principal | None) -> Outcome:
        """Put a corrected version in the place of an earlier one, which stays on record; see :meth:`save`.

        Raises
        ------
        UnknownCalibration
            If there is no such calibration, of this probe, or it was replaced or withdrawn meanwhile.
        """
        person = _allowed(by)
        with session_scope(self._engine) as session:
            old = find_calibration(session, calibration_id)
            is_same_kind = (old.method == "offset") == isinstance(visit, OffsetVisit)
            if old.voided_at is not None or old.quantity != visit.quantity or not is_same_kind:
                raise UnknownCalibration(calibration_id)
            return self._change(session, _device_of(session, old), _Change("edit-calibration", visit, old), person)

    def void(self, calibration_id: int, *, by: Principal | None) -> Outcome:
        """Withdraw a calibration: the one before it holds on.

        Raises
        ------
        NotAllowed
            If the person may not.
        UnknownCalibration
            If there is no such calibration.
        """
        person = _allowed(by)
        with session_scope(self._engine) as session:
            old = find_calibration(session, calibration_id)
            return self._change(session, _device_of(session, old), _Change("void-calibration", None, old), person)

    def go_live(self, device_name: str, *, by: Principal | None) -> datetime:
        """Ask a Pi for a reading every second; gives until when.

        Raises
        ------
        NotAllowed, UnknownDevice
            As their names say.
        """
        return self._set_live(device_name, LIVE_FOR, "go-live", by)

    def end_live(self, device_name: str, *, by: Principal | None) -> datetime:
        """Let a Pi go back to its own interval now; see :meth:`go_live`."""
        return self._set_live(device_name, timedelta(), "end-live", by)

    def _set_live(self, device_name: str, duration: timedelta, action: str, by: Principal | None) -> datetime:
        person, now = _allowed(by), self._clock()
        with session_scope(self._engine) as session:
            device = _known(session, device_name)
            since = device.live_from if device.live_from and device.is_live(now) else now
            set_live(session, device.id, since, now + duration)
            record(session, person.name, action, object_kind="device", object_id=device.name, at=now)
        return now + duration

    def _change(self, session: Session, device: DeviceRecord, change: _Change, person: Principal) -> Outcome:
        now, old = self._clock(), change.old
        begin_change(session, device.id)
        before = _visits(session, device.id, change)
        if old is not None:
            void_calibration(session, old.id, now=now)
        added = None
        if change.visit is not None:
            others = [one for one in before if old is None or one.id != old.id]
            finding = _finding(change.visit, others)
            _check(change.visit, finding, others, now)
            added = _add(session, device, change.visit, finding, person, now)
        stretch = affected_stretch(before, _visits(session, device.id, change), is_offset=change.is_offset)
        job_id = _order(session, device, stretch, person, now)
        details = {"calibration": added, "instead_of": old and old.id, "quantity": change.quantity, "job": job_id}
        record(
            session, person.name, change.action, object_kind="device", object_id=device.name, details=details, at=now
        )
        return Outcome(added, job_id)


def _allowed(by: Principal | None) -> Principal:
    if by is None or not by.role.includes(Role.AGRONOMIST):
        raise NotAllowed(by.name if by else None)
    return by


def _known(session: Session, name: str) -> DeviceRecord:
    device = find_device(session, name)
    if device is None:
        raise UnknownDevice(name)
    return device


def _device_of(session: Session, calibration: CalibrationRecord) -> DeviceRecord:
    return next(device for device in list_devices(session) if device.id == calibration.device_id)


def _visits(session: Session, device_id: int, change: _Change) -> list[CalibrationRecord]:
    """List the visits to the probe that a change is about, oldest first."""
    return list_calibrations(session, device_id, change.quantity)[::-1]


def _finding(visit: Visit, others: Sequence[CalibrationRecord]) -> Finding:
    """Work out what a visit says, on top of the correction that was in force when it was made."""
    if not isinstance(visit, OffsetVisit):
        return finding_of(visit)
    earlier = [one for one in others if one.valid_from < visit.circumstances.at]
    is_corrected = bool(earlier) and earlier[-1].method == "offset"
    return on_top_of(finding_of(visit), earlier[-1].parameters["gap"] if is_corrected else 0.0)


def _check(visit: Visit, finding: Finding, others: Sequence[CalibrationRecord], now: datetime) -> None:
    """Refuse what may not become a calibration."""
    around = visit.circumstances
    if around.at > now + _TOLERANCE:
        raise InTheFuture
    if finding.judgement is Judgement.REFUSE and not (around.forced_reason or "").strip():
        raise Refused(finding.reasons)
    if around.transition is Transition.BLEND and not _can_blend(visit, others):
        raise NoEarlierVisit


def _can_blend(visit: Visit, others: Sequence[CalibrationRecord]) -> bool:
    at = visit.circumstances.at
    if not isinstance(visit, OffsetVisit):
        return any(one.valid_from < at for one in others if one.method != "offset")
    return visit.since < at if visit.since else any(one.valid_from < at for one in others)


def _add(
    session: Session, device: DeviceRecord, visit: Visit, finding: Finding, person: Principal, now: datetime
) -> int:
    around = visit.circumstances
    columns: dict[str, Any] = {
        name: getattr(finding, name)
        for name in ("as_found", "buffer_set", "temperature_c", "slope_percent", "offset_mv")
    }
    return add_calibration(
        session,
        device.id,
        str(visit.quantity),
        finding.method,
        finding.parameters,
        valid_from=around.at,
        points=finding.points,
        transition=str(around.transition),
        technician=around.technician or person.name,
        note=around.note,
        forced_reason=around.forced_reason if finding.judgement is Judgement.REFUSE else None,
        created_by=person.id,
        created_at=now,
        **columns,
    )


def _order(
    session: Session, device: DeviceRecord, stretch: Stretch | None, person: Principal, now: datetime
) -> int | None:
    if stretch is None:
        return None
    return order_rederivation(session, device.id, *stretch, created_by=person.id, now=now)

"""Readings that came with an impossible time: people give them their time, or drop them; nobody else does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.i18n import N_
from app.principal import Principal, Role
from app.saying import Refused
from ingest_api.intake import Outcome, take_in
from ingest_api.misdated import AHEAD, EARLIEST_HISTORY, sent_again
from ingest_api.timestamps import format_moment, milliseconds
from models.db import session_scope
from models.errors import UnknownRun
from models.locks import Lock, hold
from models.read.devices import DeviceRecord, list_devices
from models.read.quarantine import HeldReading, HeldRun, held_runs, readings_of_run
from models.write.audit import record
from models.write.quarantine import settle_held

LONGEST_REASON = 500
_NEVER = N_("%(when)s is no time that a reading can have; choose another time for the first of them")


class QuarantineRefused(Refused):
    """It is not done; the message says why."""


class NotAllowed(QuarantineRefused):
    """The person may only look."""


@dataclass(frozen=True, slots=True)
class Retimed:
    """What became of readings that were given their time; the three add up to the run."""

    accepted: int
    duplicates: int
    conflicts: int


class Quarantine:
    """The one place where held readings are decided about. Agronomists and administrators may."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock

    def runs(self, *, by: Principal | None) -> list[HeldRun]:
        """List what waits, what came in last first.

        Raises
        ------
        NotAllowed
            If the person may only look at pages.
        """
        _agronomist(by)
        with session_scope(self._engine) as session:
            return held_runs(session)

    def retime(self, name: str, shift: timedelta, *, by: Principal | None) -> Retimed:
        """Move a run by ``shift`` and store it like any other readings: calibrated, judged, summed up.

        A reading that is there already stays as it is. The times are believed for having been given by a person, also
        if they lie before the device was registered.

        Raises
        ------
        NotAllowed, UnknownRun
        QuarantineRefused
            If a time would lie in the future, or before 1990.
        """
        person, now = _agronomist(by), self._clock()
        with session_scope(self._engine) as session:
            device, held = _taken(session, name)
            _check(held, shift, now)
            sent = sent_again(device.id, [milliseconds(one.at + shift) for one in held], [one.reading for one in held])
            verdicts = take_in(session, {device.id: replace(device, has_history=True)}, sent, now=now)
            digests = [one.digest for one in held]
            settle_held(session, device.id, digests, shift=shift, by=person.id or None, now=now)
            counts = [verdicts.count(each) for each in (Outcome.STORED, Outcome.DUPLICATE, Outcome.CONFLICT)]
            _record(session, person, "retime-readings", device, held, now=now, shift_s=shift.total_seconds())
        return Retimed(*counts)

    def drop(self, name: str, reason: str, *, by: Principal | None) -> int:
        """Leave a run out for good; what was sent stays on record. Gives how many readings that are.

        Raises
        ------
        NotAllowed, UnknownRun
        QuarantineRefused
            If no reason is given, or a novel.
        """
        person, now, why = _agronomist(by), self._clock(), reason.strip()
        if not why:
            raise QuarantineRefused(N_("say why these readings are left out"))
        if len(why) > LONGEST_REASON:
            raise QuarantineRefused(N_("say it in at most %(most)s characters"), most=LONGEST_REASON)
        with session_scope(self._engine) as session:
            device, held = _taken(session, name)
            dropped = settle_held(
                session, device.id, [one.digest for one in held], shift=None, by=person.id or None, now=now
            )
            _record(session, person, "drop-readings", device, held, now=now, reason=why)
        return dropped


def _agronomist(by: Principal | None) -> Principal:
    if by is None or not by.role.includes(Role.AGRONOMIST):
        name = by.name if by else "nobody"
        raise NotAllowed(N_("%(name)s may not decide about readings; ask an agronomist"), name=name)
    return by


def _taken(session: Session, name: str) -> tuple[DeviceRecord, list[HeldReading]]:
    """Give a run and its device, and keep others from deciding about it meanwhile."""
    hold(session, Lock.QUARANTINE, 0)
    held = readings_of_run(session, name)
    if not held:
        raise UnknownRun(name)
    return next(one for one in list_devices(session) if one.id == held[0].device_id), held


def _check(held: Sequence[HeldReading], shift: timedelta, now: datetime) -> None:
    try:
        first, last = held[0].at + shift, held[-1].at + shift
    except OverflowError as error:
        raise QuarantineRefused(_NEVER, when=f"{shift.total_seconds():+.0f} s") from error
    if first < EARLIEST_HISTORY:
        raise QuarantineRefused(_NEVER, when=format_moment(first))
    if last > now + AHEAD:
        text = N_("the last of them would be measured at %(when)s, which is in the future; choose an earlier time")
        raise QuarantineRefused(text, when=format_moment(last))


def _record(
    session: Session,
    person: Principal,
    action: str,
    device: DeviceRecord,
    held: Sequence[HeldReading],
    *,
    now: datetime,
    **more: object,
) -> None:
    span = {"readings": len(held), "first": format_moment(held[0].at), "last": format_moment(held[-1].at)}
    record(session, person.name, action, object_kind="device", object_id=device.name, details={**span, **more}, at=now)

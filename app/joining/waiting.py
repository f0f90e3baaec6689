"""Pis that need a person: mostly a known board with a new card; and those that came in by themselves lately."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.i18n import N_
from app.joining.errors import JoiningRefused, UnknownRequest, administrator
from app.principal import Principal
from models.db import session_scope
from models.read.devices import find_device
from models.read.enrollment import JoinedRecord, PendingRecord, find_pending, list_joined, list_pending
from models.write.audit import record
from models.write.devices import block_serial
from models.write.enrollment import approve, reject
from models.write.places import take_turn


class Waiting:
    """The one place where people decide who is let in. Every method raises :class:`NotAllowed`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock

    def list_all(self, *, by: Principal | None) -> list[PendingRecord]:
        """List the Pis that wait, the longest waiting first."""
        administrator(by)
        with session_scope(self._engine) as session:
            return list_pending(session)

    def list_joined(self, *, limit: int = 100, by: Principal | None) -> list[JoinedRecord]:
        """List the Pis that joined last, newest first: whoever holds an image can add some until its key is full."""
        administrator(by)
        with session_scope(self._engine) as session:
            return list_joined(session, limit=limit)

    def approve(self, pending_id: int, *, by: Principal | None) -> str:
        """Let a Pi in and give its name; an older card of the same board is dead within a second.

        Raises
        ------
        UnknownRequest
            If no Pi waits under this number.
        JoiningRefused
            If its board is blocked, or its key has no use left for a board that is new.
        """
        person, now = administrator(by), self._clock()
        with session_scope(self._engine) as session:
            pending = _waiting(session, pending_id)
            claimed = None if pending.device is None else find_device(session, pending.device)
            if claimed is not None and claimed.status == "blocked":
                raise JoiningRefused(N_("%(name)s is blocked; unblock it first"), name=claimed.name)
            device = approve(session, pending, decided_by=person.id or None, now=now)
            if device is None:
                text = N_("the key %(key)s is used up; make a new one for this Pi")
                raise JoiningRefused(text, key=pending.enrollment_key_id)
            _record(session, person, "approve-enrollment", pending, device=device.name, now=now)
        return device.name

    def reject(self, pending_id: int, *, by: Principal | None) -> None:
        """Turn a Pi away; with the same card it is not asked about again.

        Raises
        ------
        UnknownRequest
            If no Pi waits under this number.
        """
        person, now = administrator(by), self._clock()
        with session_scope(self._engine) as session:
            pending = _waiting(session, pending_id)
            reject(session, pending_id, decided_by=person.id or None, now=now)
            _record(session, person, "reject-enrollment", pending, device=pending.device, now=now)

    def block(self, pending_id: int, *, reason: str | None = None, by: Principal | None) -> None:
        """Turn a Pi away for good: its board never joins, whatever card is in it. A device of that name stays as it is.

        Raises
        ------
        UnknownRequest
            If no Pi waits under this number.
        """
        person, now = administrator(by), self._clock()
        with session_scope(self._engine) as session:
            pending = _waiting(session, pending_id)
            reject(session, pending_id, decided_by=person.id or None, now=now)
            block_serial(session, pending.serial, reason=reason, blocked_by=person.id or None, now=now)
            _record(session, person, "block-serial", pending, device=pending.device, now=now)


def _waiting(session: Session, pending_id: int) -> PendingRecord:
    """Find a request nobody has decided yet, and keep others from deciding it meanwhile."""
    take_turn(session)
    pending = find_pending(session, pending_id)
    if pending is None or pending.state != "pending":
        raise UnknownRequest(pending_id)
    return pending


def _record(
    session: Session, person: Principal, action: str, pending: PendingRecord, *, device: str | None, now: datetime
) -> None:
    details = {"device": device, "address": pending.address, "request": pending.id}
    record(session, person.name, action, object_kind="serial", object_id=pending.serial, details=details, at=now)

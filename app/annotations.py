"""People add, correct and hide events of a tank; whoever did it is on record."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.principal import Principal, Role
from models.db import session_scope
from models.errors import HydrofleetError, UnknownDevice
from models.read.devices import DeviceRecord, find_device
from models.write.audit import record
from models.write.events import EventRow, Key, add_event, change_event, hide_event

#: Kinds that a person may tell; the first five are those that are detected, too.
KINDS = ("dose", "top-up", "water-change", "acid", "base", "clean", "service", "check", "note")
# Clocks of phones differ; this much is not the future.
_TOLERANCE = timedelta(minutes=5)


class AnnotationRefused(HydrofleetError):
    """The event is not taken; the message says why."""


class Annotations:
    """The one place where events are changed by people. Agronomists and administrators may."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, device_name: str, event: EventRow, *, by: Principal | None) -> None:
        """Note an event; a detected one of the same kind within half an hour gives way to it.

        Raises
        ------
        AnnotationRefused
            If the person may not, or the event cannot be.
        UnknownDevice, EventTaken
            As their names say.
        """
        person, now = _allowed(by), self._clock()
        _check(event, now)
        with session_scope(self._engine) as session:
            device = _known(session, device_name)
            add_event(session, device.id, event, created_by=person.id, now=now)
            _record(session, person, "add-event", device, event.key, now=now)

    def change(self, device_name: str, key: Key, event: EventRow, *, by: Principal | None) -> None:
        """Correct the event that began as ``key`` says; it is not detected again.

        Raises
        ------
        AnnotationRefused
            If the person may not, or the event cannot be.
        UnknownDevice, UnknownEvent, EventTaken
            As their names say.
        """
        person, now = _allowed(by), self._clock()
        _check(event, now)
        with session_scope(self._engine) as session:
            device = _known(session, device_name)
            change_event(session, device.id, key, event, created_by=person.id, now=now)
            instead = {"kind": event.kind, "started_at": event.started_at.isoformat()}
            _record(session, person, "edit-event", device, key, now=now, instead=instead)

    def hide(self, device_name: str, key: Key, *, by: Principal | None) -> None:
        """Take an event out of sight for good.

        Raises
        ------
        AnnotationRefused
            If the person may not.
        UnknownDevice, UnknownEvent
            As their names say.
        """
        person, now = _allowed(by), self._clock()
        with session_scope(self._engine) as session:
            device = _known(session, device_name)
            hide_event(session, device.id, key, now=now)
            _record(session, person, "hide-event", device, key, now=now)


def _allowed(by: Principal | None) -> Principal:
    if by is None or not by.role.includes(Role.AGRONOMIST):
        who = f"{by.name} may" if by else "nobody who is not logged in may"
        raise AnnotationRefused(f"{who} not change events; ask an administrator for the role of an agronomist")
    return by


def _check(event: EventRow, now: datetime) -> None:
    if event.kind not in KINDS:
        raise AnnotationRefused(f"{event.kind!r} is no kind of event; use one of {', '.join(KINDS)}")
    if event.started_at > now + _TOLERANCE:
        raise AnnotationRefused("an event cannot begin in the future; check date and time")
    if event.ended_at is not None and event.ended_at < event.started_at:
        raise AnnotationRefused("the event ends before it begins; check both times")


def _known(session: Session, name: str) -> DeviceRecord:
    device = find_device(session, name)
    if device is None:
        raise UnknownDevice(name)
    return device


def _record(
    session: Session, person: Principal, action: str, device: DeviceRecord, key: Key, *, now: datetime, **more: Any
) -> None:
    details = {"kind": key[1], "started_at": key[0].isoformat(), **more}
    record(session, person.name, action, object_kind="device", object_id=device.name, details=details, at=now)

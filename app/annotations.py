"""People add, correct and hide events of a tank; whoever did it is on record."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.principal import Principal, Role
from models.db import session_scope
from models.errors import HydrofleetError, UnknownDevice
from models.read.devices import find_device
from models.write.audit import record
from models.write.events import (
    EventRow,
    Key,
    add_event,
    change_event,
    confirm_event,
    hide_event,
    remove_event,
    show_event,
)

#: Kinds that a person may tell; the first five are those that are detected, too.
KINDS = ("dose", "top-up", "water-change", "acid", "base", "clean", "service", "check", "note")
#: Characters of a note; enough for a page of text.
LONGEST_NOTE = 2000
# Clocks of phones differ; this much is not the future.
_TOLERANCE = timedelta(minutes=5)
# What a tank can change by: from pure water to the end of the probe's range, from one end of the pH scale to the other.
_LARGEST = {"ec_change": 20_000.0, "ph_change": 14.0}


class AnnotationRefused(HydrofleetError):
    """The event is not taken; the message says why."""


class NotAllowed(AnnotationRefused):
    """The person may only look."""


class InTheFuture(AnnotationRefused):
    """The event has not happened yet."""


class NoteTooLong(AnnotationRefused):
    """The note is longer than a page."""


#: Changes one event: ``change(session, device_id, person_id, now)``.
_Change = Callable[[Session, int, int, datetime], None]


class Annotations:
    """The one place where events are changed by people. Agronomists and administrators may.

    Every method raises :class:`AnnotationRefused` if the person may not, and :class:`UnknownDevice`.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, device_name: str, event: EventRow, *, by: Principal | None) -> None:
        """Note an event; a detected one of the same kind within half an hour gives way to it.

        Raises
        ------
        AnnotationRefused
            If the event cannot be.
        EventTaken
            If it is there already.
        """

        def add(session: Session, device_id: int, person_id: int, now: datetime) -> None:
            _check(event, now)
            add_event(session, device_id, event, created_by=person_id, now=now)

        self._on_record("add-event", device_name, event.key, add, by=by)

    def change(self, device_name: str, key: Key, event: EventRow, *, by: Principal | None) -> None:
        """Correct the event that began as ``key`` says; it is not detected again.

        Raises
        ------
        AnnotationRefused
            If the event cannot be.
        UnknownEvent, EventTaken
            If it is gone, or would become another one that is there.
        """

        def change(session: Session, device_id: int, person_id: int, now: datetime) -> None:
            _check(event, now)
            change_event(session, device_id, key, event, created_by=person_id, now=now)

        instead = {"kind": event.kind, "started_at": event.started_at.isoformat()}
        self._on_record("edit-event", device_name, key, change, by=by, instead=instead)

    def confirm(self, device_name: str, key: Key, *, by: Principal | None) -> None:
        """Say that a detected event did happen: it is a person's word from now on; UnknownEvent if it is gone."""

        def confirm(session: Session, device_id: int, person_id: int, now: datetime) -> None:
            confirm_event(session, device_id, key, created_by=person_id, now=now)

        self._on_record("confirm-event", device_name, key, confirm, by=by)

    def hide(self, device_name: str, key: Key, *, by: Principal | None) -> None:
        """Say that an event did not happen: it is out of sight and not detected again; UnknownEvent if it is gone."""

        def hide(session: Session, device_id: int, _person_id: int, now: datetime) -> None:
            hide_event(session, device_id, key, now=now)

        self._on_record("hide-event", device_name, key, hide, by=by)

    def show(self, device_name: str, key: Key, *, by: Principal | None) -> None:
        """Bring a hidden event back; UnknownEvent if it is not hidden."""

        def show(session: Session, device_id: int, _person_id: int, _now: datetime) -> None:
            show_event(session, device_id, key)

        self._on_record("show-event", device_name, key, show, by=by)

    def remove(self, device_name: str, key: Key, *, by: Principal | None) -> None:
        """Take back what a person told; UnknownEvent if nobody told it.

        What it had replaced is detected again. An event that a person only changed or confirmed is hidden instead: the
        readings would bring it back at once.
        """

        def remove(session: Session, device_id: int, _person_id: int, now: datetime) -> None:
            remove_event(session, device_id, key, now=now)

        self._on_record("remove-event", device_name, key, remove, by=by)

    def _on_record(
        self, action: str, device_name: str, key: Key, change: _Change, *, by: Principal | None, **more: Any
    ) -> None:
        """Make the change and its entry in the audit log, both or neither."""
        person, now = _allowed(by), self._clock()
        details = {"kind": key[1], "started_at": key[0].isoformat(), **more}
        with session_scope(self._engine) as session:
            device = find_device(session, device_name)
            if device is None:
                raise UnknownDevice(device_name)
            change(session, device.id, person.id, now)
            record(session, person.name, action, object_kind="device", object_id=device.name, details=details, at=now)


def _allowed(by: Principal | None) -> Principal:
    if by is None or not by.role.includes(Role.AGRONOMIST):
        who = f"{by.name} may" if by else "nobody who is not logged in may"
        raise NotAllowed(f"{who} not change events; ask an administrator for the role of an agronomist")
    return by


def _check(event: EventRow, now: datetime) -> None:
    if event.kind not in KINDS:
        raise AnnotationRefused(f"{event.kind!r} is no kind of event; use one of {', '.join(KINDS)}")
    if event.started_at > now + _TOLERANCE:
        raise InTheFuture("an event cannot begin in the future; check date and time")
    if event.ended_at is not None and event.ended_at < event.started_at:
        raise AnnotationRefused("the event ends before it begins; check both times")
    if len(event.note or "") > LONGEST_NOTE:
        raise NoteTooLong(f"the note has {len(event.note or '')} characters; shorten it to {LONGEST_NOTE}")
    for name, largest in _LARGEST.items():
        # Written so that NaN is refused, too.
        if name in event.details and not abs(event.details[name]) <= largest:
            raise AnnotationRefused(f"{name} = {event.details[name]} is more than any tank can change; check its unit")

"""Events of a tank are written: what was detected is replaced as a whole, what a person said stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from models.errors import EventTaken, UnknownEvent
from models.tables import Event

# A detected event so close to one of its kind that a person has told, changed or hidden is that very event.
_SAME_WITHIN = timedelta(minutes=30)
#: In ``details`` of an event that a person changed: kind and start as they were detected.
_AS_DETECTED = "as_detected"

Key = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event to store; ``details`` as docs/glossary.md lists them by kind."""

    kind: str
    started_at: datetime
    ended_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None

    @property
    def key(self) -> Key:
        """What tells it from the other events of its device."""
        return self.started_at, self.kind


def replace_detected(
    session: Session, device_id: int, events: Sequence[EventRow], *, covering: tuple[datetime, datetime]
) -> int:
    """Let the detected events that start in ``covering = [start, end)`` be these; gives how many rows changed.

    What a person has told, changed or hidden stays, and keeps out a detected event of the same kind within half an
    hour. Nothing is written where nothing changes.
    """
    start, end = covering
    known = _known(session, device_id, start - _SAME_WITHIN, end + _SAME_WITHIN)
    told = [claim for event, is_told in known if is_told for claim in _claims(event)]
    stored = {event.key: event for event, is_told in known if not is_told and start <= event.started_at < end}
    wanted = {event.key: event for event in events if start <= event.started_at < end and not _is_told(event, told)}
    gone = [key for key, event in stored.items() if wanted.get(key) != event]
    new = [event for key, event in wanted.items() if stored.get(key) != event]
    _delete(session, device_id, gone)
    if new:
        statement = postgresql.insert(Event).on_conflict_do_nothing()
        session.execute(statement, [_values(device_id, event, "detected") for event in new])
    return len(gone) + len(new)


def add_event(
    session: Session, device_id: int, event: EventRow, *, created_by: int | None = None, now: datetime
) -> None:
    """Store what a person tells; a detected event of the same kind within half an hour gives way.

    Raises
    ------
    EventTaken
        If this very event is there already.
    """
    nearby = select(Event.started_at, Event.kind).where(
        Event.device_id == device_id,
        Event.kind == event.kind,
        Event.origin == "detected",
        Event.started_at.between(event.started_at - _SAME_WITHIN, event.started_at + _SAME_WITHIN),
    )
    _delete(session, device_id, [(row.started_at, row.kind) for row in session.execute(nearby)])
    _insert_manual(session, device_id, event, created_by=created_by, now=now)


def change_event(
    session: Session, device_id: int, key: Key, event: EventRow, *, created_by: int | None = None, now: datetime
) -> None:
    """Put a person's version in the place of an event, which is not detected again.

    Raises
    ------
    UnknownEvent
        If there is no event with this start and kind.
    EventTaken
        If the changed event would be another one that is there already.
    """
    old = session.execute(
        delete(Event)
        .where(Event.device_id == device_id, Event.started_at == key[0], Event.kind == key[1])
        .returning(Event.origin, Event.details)
    ).one_or_none()
    if old is None:
        raise UnknownEvent(*key)
    traces = {name: old.details[name] for name in (_AS_DETECTED,) if name in old.details}
    if old.origin == "detected":
        traces = {_AS_DETECTED: {"started_at": key[0].isoformat(), "kind": key[1]}}
    changed = EventRow(event.kind, event.started_at, event.ended_at, {**event.details, **traces}, event.note)
    _insert_manual(session, device_id, changed, created_by=created_by, now=now)


def hide_event(session: Session, device_id: int, key: Key, *, now: datetime) -> None:
    """Take an event out of sight for good: it is kept, and not detected again.

    Raises
    ------
    UnknownEvent
        If there is no event with this start and kind.
    """
    hidden = session.scalar(
        update(Event)
        .where(Event.device_id == device_id, Event.started_at == key[0], Event.kind == key[1])
        .values(hidden_at=now)
        .returning(Event.kind)
    )
    if hidden is None:
        raise UnknownEvent(*key)


def _known(session: Session, device_id: int, start: datetime, end: datetime) -> list[tuple[EventRow, bool]]:
    """Read the events that start in ``[start, end)``, each with whether a person has told, changed or hidden it."""
    query = select(
        Event.kind, Event.started_at, Event.ended_at, Event.details, Event.note, Event.origin, Event.hidden_at
    ).where(Event.device_id == device_id, Event.started_at >= start, Event.started_at < end)
    return [(EventRow(*row[:5]), row.origin == "manual" or row.hidden_at is not None) for row in session.execute(query)]


def _insert_manual(session: Session, device_id: int, event: EventRow, *, created_by: int | None, now: datetime) -> None:
    values = {**_values(device_id, event, "manual"), "created_by": created_by, "created_at": now}
    statement = postgresql.insert(Event).values(values).on_conflict_do_nothing().returning(Event.kind)
    if session.scalar(statement) is None:
        raise EventTaken(*event.key)


def _claims(event: EventRow) -> list[Key]:
    """Give what a person's word covers: the event as it is, and as it was detected before it was changed."""
    before = event.details.get(_AS_DETECTED)
    claims = [event.key]
    return [*claims, (datetime.fromisoformat(before["started_at"]), before["kind"])] if before else claims


def _is_told(event: EventRow, told: Sequence[Key]) -> bool:
    return any(kind == event.kind and abs(at - event.started_at) <= _SAME_WITHIN for at, kind in told)


def _delete(session: Session, device_id: int, keys: Sequence[Key]) -> None:
    if keys:
        session.execute(
            delete(Event).where(Event.device_id == device_id, tuple_(Event.started_at, Event.kind).in_(keys))
        )


def _values(device_id: int, event: EventRow, origin: str) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "started_at": event.started_at,
        "kind": event.kind,
        "origin": origin,
        "ended_at": event.ended_at,
        "details": dict(event.details),
        "note": event.note,
    }

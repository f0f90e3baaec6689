"""Events of a tank are written: what was detected is replaced as a whole, what a person said stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, DateTime, and_, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from models.errors import EventTaken, UnknownEvent
from models.read.events import AS_DETECTED
from models.tables import Event
from models.write.dirty import mark_dirty

# A detected event so close to one of its kind that a person has told, changed or hidden is that very event.
_SAME_WITHIN = timedelta(minutes=30)

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


@dataclass(frozen=True, slots=True)
class Detected:
    """All events that were found in ``[start, end)`` of one device, and perhaps some beyond."""

    device_id: int
    events: Sequence[EventRow]
    start: datetime
    end: datetime

    def covers(self, event: EventRow) -> bool:
        """Tell whether an event starts in the stretch."""
        return self.start <= event.started_at < self.end


def replace_detected(session: Session, found: Sequence[Detected]) -> int:
    """Let the detected events that start in these stretches, one of each device, be these; gives how many rows changed.

    What a person has told, changed or hidden stays, and keeps out a detected event of the same kind within half an
    hour. Nothing is written where nothing changes.
    """
    known = _known(session, found)
    gone, new = [], []
    for one in found:
        here = known[one.device_id]
        told = [claim for event, is_told in here if is_told for claim in _claims(event)]
        stored = {event.key: event for event, is_told in here if not is_told and one.covers(event)}
        wanted = {event.key: event for event in one.events if one.covers(event) and not _is_told(event, told)}
        gone += [(one.device_id, *key) for key, event in stored.items() if wanted.get(key) != event]
        new += [_values(one.device_id, event, "detected") for key, event in wanted.items() if stored.get(key) != event]
    if gone:
        session.execute(delete(Event).where(tuple_(Event.device_id, Event.started_at, Event.kind).in_(gone)))
    if new:
        session.execute(postgresql.insert(Event).on_conflict_do_nothing(), new)
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
        delete(Event).where(_this(device_id, key)).returning(Event.origin, Event.details)
    ).one_or_none()
    if old is None:
        raise UnknownEvent(*key)
    trace = _trace(key) if old.origin == "detected" else _trace_in(old.details)
    changed = EventRow(event.kind, event.started_at, event.ended_at, {**event.details, **trace}, event.note)
    _insert_manual(session, device_id, changed, created_by=created_by, now=now)


def confirm_event(session: Session, device_id: int, key: Key, *, created_by: int | None = None, now: datetime) -> None:
    """Make a detected event a person's word as it is: it stays, whatever is detected later.

    Raises
    ------
    UnknownEvent
        If there is no detected event with this start and kind.
    """
    details = Event.details.op("||")(literal(_trace(key), Event.details.type))
    changes = {"origin": "manual", "details": details, "created_by": created_by, "created_at": now}
    _change_one(session, device_id, key, changes, Event.origin == "detected", Event.hidden_at.is_(None))


def hide_event(session: Session, device_id: int, key: Key, *, now: datetime) -> None:
    """Take an event out of sight: it is kept, and not detected again until it is shown again.

    Raises
    ------
    UnknownEvent
        If there is no event with this start and kind.
    """
    _change_one(session, device_id, key, {"hidden_at": now})


def show_event(session: Session, device_id: int, key: Key) -> None:
    """Bring a hidden event back.

    Raises
    ------
    UnknownEvent
        If there is no hidden event with this start and kind.
    """
    _change_one(session, device_id, key, {"hidden_at": None}, Event.hidden_at.is_not(None))


def remove_event(session: Session, device_id: int, key: Key, *, now: datetime) -> None:
    """Undo what a person told. What it replaced is detected again; an event that was itself detected is hidden.

    Raises
    ------
    UnknownEvent
        If no person has told an event with this start and kind.
    """
    told = _this(device_id, key) & (Event.origin == "manual")
    ended_at = func.coalesce(Event.ended_at, Event.started_at)
    row = session.execute(select(Event.details, ended_at.label("ended_at")).where(told).with_for_update()).one_or_none()
    if row is None:
        raise UnknownEvent(*key)
    if AS_DETECTED in row.details:
        hide_event(session, device_id, key, now=now)
        return
    session.execute(delete(Event).where(told))
    mark_dirty(session, device_id, key[0] - _SAME_WITHIN, row.ended_at + _SAME_WITHIN, now=now)


def _this(device_id: int, key: Key) -> ColumnElement[bool]:
    return and_(Event.device_id == device_id, Event.started_at == key[0], Event.kind == key[1])


def _change_one(
    session: Session, device_id: int, key: Key, changes: Mapping[str, Any], *conditions: ColumnElement[bool]
) -> None:
    statement = update(Event).where(_this(device_id, key), *conditions).values(**changes).returning(Event.kind)
    if session.scalar(statement) is None:
        raise UnknownEvent(*key)


def _trace(key: Key) -> dict[str, Any]:
    return {AS_DETECTED: {"started_at": key[0].isoformat(), "kind": key[1]}}


def _trace_in(details: Mapping[str, Any]) -> dict[str, Any]:
    return {AS_DETECTED: details[AS_DETECTED]} if AS_DETECTED in details else {}


def _known(session: Session, stretches: Sequence[Detected]) -> dict[int, list[tuple[EventRow, bool]]]:
    """Read, by device, the events in and near stretches, each with whether a person has told, changed or hidden it."""
    columns = Event.kind, Event.started_at, Event.ended_at, Event.details, Event.note
    asked = (
        func.unnest(
            literal([one.device_id for one in stretches], ARRAY(BigInteger)),
            literal([one.start - _SAME_WITHIN for one in stretches], ARRAY(DateTime(timezone=True))),
            literal([one.end + _SAME_WITHIN for one in stretches], ARRAY(DateTime(timezone=True))),
        )
        .table_valued("device_id", "starts_at", "ends_at")
        .render_derived("asked")
    )
    is_near = and_(
        Event.device_id == asked.c.device_id,
        Event.started_at >= asked.c.starts_at,
        Event.started_at < asked.c.ends_at,
    )
    known: dict[int, list[tuple[EventRow, bool]]] = {one.device_id: [] for one in stretches}
    for device_id, origin, hidden_at, *row in session.execute(
        select(Event.device_id, Event.origin, Event.hidden_at, *columns).join(asked, is_near)
    ):
        known[device_id].append((EventRow(*row), origin == "manual" or hidden_at is not None))
    return known


def _insert_manual(session: Session, device_id: int, event: EventRow, *, created_by: int | None, now: datetime) -> None:
    # What is told again takes the place of what was hidden, and keeps out what that kept out.
    hidden = delete(Event).where(_this(device_id, event.key), Event.hidden_at.is_not(None))
    trace = _trace_in(session.scalar(hidden.returning(Event.details)) or {})
    values = {**_values(device_id, event, "manual"), "created_by": created_by, "created_at": now}
    values["details"] = {**trace, **values["details"]}
    statement = postgresql.insert(Event).values(values).on_conflict_do_nothing().returning(Event.kind)
    if session.scalar(statement) is None:
        raise EventTaken(*event.key)


def _claims(event: EventRow) -> list[Key]:
    """Give what a person's word covers: the event as it is, and as it was detected before it was changed."""
    before = event.details.get(AS_DETECTED)
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

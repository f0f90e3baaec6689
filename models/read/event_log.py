"""Events of many tanks in one list, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from models.tables import Device, Event, User


@dataclass(frozen=True, slots=True)
class FleetEvent:
    """Something that happened to a tank; ``details`` as docs/glossary.md lists them by kind."""

    device_id: int
    device: str
    kind: str
    started_at: datetime
    ended_at: datetime | None
    origin: str
    note: str | None
    author: str | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What to look for; None leaves it open. Events that touch ``[start, end)`` are found."""

    start: datetime
    end: datetime
    devices: Sequence[str] | None = None
    kind: str | None = None


#: Start, device and kind of an event: what the list is ordered by.
EventKey = tuple[datetime, int, str]


def events_page(
    session: Session, query: EventQuery, *, after: EventKey | None = None, limit: int = 1000
) -> list[FleetEvent]:
    """Find at most ``limit`` events, oldest first, later in the list than ``after``; hidden ones are left out."""
    ended_at = func.coalesce(Event.ended_at, Event.started_at)
    chosen = (
        select(
            *(Event.device_id, Device.name, Event.kind, Event.started_at, Event.ended_at, Event.origin, Event.note),
            *(User.name, Event.details),
        )
        .join(Device, Device.id == Event.device_id)
        .outerjoin(User, User.id == Event.created_by)
        .where(Event.started_at < query.end, ended_at >= query.start, Event.hidden_at.is_(None))
        .order_by(Event.started_at, Event.device_id, Event.kind)
        .limit(limit)
    )
    if query.devices is not None:
        chosen = chosen.where(Device.name.in_(list(query.devices)))
    if query.kind is not None:
        chosen = chosen.where(Event.kind == query.kind)
    if after is not None:
        chosen = chosen.where(tuple_(Event.started_at, Event.device_id, Event.kind) > tuple_(*after))
    return [FleetEvent(*row) for row in session.execute(chosen)]

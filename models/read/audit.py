"""The audit log, searched: newest entries first, a page at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.tables import AuditEntry


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One entry; ``id`` grows with time and is the cursor of :func:`search_audit`."""

    id: int
    at: datetime
    actor: str
    address: str | None
    action: str
    object_kind: str | None
    object_id: str | None
    request_id: str | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What to look for; None leaves it open. ``about`` is an object's kind or its name; times are ``[start, end)``."""

    actor: str | None = None
    action: str | None = None
    about: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def search_audit(
    session: Session, query: AuditQuery, *, before: int | None = None, limit: int = 100
) -> list[AuditRecord]:
    """Find at most ``limit`` entries, newest first, older than the entry ``before``.

    As many as ``limit`` means that there may be more: ask again with the last one's id as ``before``.
    """
    columns = [getattr(AuditEntry, name) for name in AuditRecord.__slots__]
    chosen = select(*columns).order_by(AuditEntry.id.desc()).limit(limit)
    if query.actor is not None:
        chosen = chosen.where(AuditEntry.actor == query.actor)
    if query.action is not None:
        chosen = chosen.where(AuditEntry.action == query.action)
    if query.about is not None:
        chosen = chosen.where(or_(AuditEntry.object_kind == query.about, AuditEntry.object_id == query.about))
    if query.start is not None:
        chosen = chosen.where(AuditEntry.at >= query.start)
    if query.end is not None:
        chosen = chosen.where(AuditEntry.at < query.end)
    if before is not None:
        chosen = chosen.where(AuditEntry.id < before)
    return [AuditRecord(*row) for row in session.execute(chosen)]


def audit_words(session: Session) -> tuple[list[str], list[str]]:
    """List the actors and the actions that the log knows, by name: what a search can choose from."""
    actors = session.scalars(select(AuditEntry.actor).distinct().order_by(AuditEntry.actor).limit(1000))
    actions = session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action).limit(1000))
    return list(actors), list(actions)


def was_noted(session: Session, action: str, *, object_kind: str, object_id: str, since: datetime) -> bool:
    """Tell whether something was done to an object after ``since``."""
    of_object = (AuditEntry.object_kind == object_kind, AuditEntry.object_id == object_id)
    query = select(AuditEntry.id).where(*of_object, AuditEntry.action == action, AuditEntry.at > since).limit(1)
    return session.scalar(query) is not None

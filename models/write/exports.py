"""Exports that were asked for: what, by whom, how far they are, and what came of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from models.tables import Export


def begin_export(
    session: Session,
    query: Mapping[str, Any],
    *,
    user_id: int | None,
    now: datetime,
    estimated_rows: int | None = None,
    schedule: str | None = None,
) -> int:
    """Remember an export that begins to run; give its number."""
    values = {
        "query": dict(query),
        "schedule": schedule,
        "state": "running",
        "rows": 0,
        "bytes": 0,
        "estimated_rows": estimated_rows,
        "created_at": now,
        "created_by": user_id,
        "beat_at": now,
    }
    return int(session.execute(insert(Export).values(values).returning(Export.id)).scalar_one())


def beat_export(session: Session, export_id: int, *, rows: int, size: int, now: datetime) -> bool:
    """Remember how far an export is; tells whether it should go on, because nobody cancelled it."""
    going = update(Export).where(Export.id == export_id, Export.state == "running")
    return session.execute(going.values(rows=rows, bytes=size, beat_at=now).returning(Export.id)).first() is not None


def cancel_export(session: Session, export_id: int) -> bool:
    """Ask a running export to end; tells whether it was running. It ends at its next beat."""
    going = update(Export).where(Export.id == export_id, Export.state == "running")
    return session.execute(going.values(state="cancelled").returning(Export.id)).first() is not None


def end_export(session: Session, export_id: int, state: str, *, now: datetime, **known: Any) -> None:
    """Remember how an export ended: done, failed or cancelled; ``known`` are its other columns."""
    session.execute(update(Export).where(Export.id == export_id).values(state=state, finished_at=now, **known))


def bury_exports(session: Session, *, silent_since: datetime, error: str, now: datetime) -> list[int]:
    """End the exports whose server is gone: they are not finished, and were not heard of for long."""
    dead = update(Export).where(Export.state.in_(("running", "cancelled")), Export.finished_at.is_(None))
    dead = dead.where(Export.beat_at < silent_since).values(state="failed", error=error, finished_at=now)
    return list(session.scalars(dead.returning(Export.id)))

"""Exports that are made again and again: made, moved on, put off, ended."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.tables import ExportSchedule


def add_schedule(session: Session, **values: Any) -> bool:
    """Add a schedule; tells whether its name was free."""
    made = insert(ExportSchedule).values(values).on_conflict_do_nothing(index_elements=["name"])
    return session.execute(made.returning(ExportSchedule.id)).first() is not None


def remove_schedule(session: Session, name: str) -> bool:
    """End a schedule; tells whether there was one. The files and their records stay."""
    ended = delete(ExportSchedule).where(ExportSchedule.name == name)
    return session.execute(ended.returning(ExportSchedule.id)).first() is not None


def move_schedule(session: Session, schedule_id: int, *, written_until: datetime) -> None:
    """Remember how far a schedule has been written."""
    values = {"written_until": written_until, "failures": 0, "try_at": None}
    session.execute(update(ExportSchedule).where(ExportSchedule.id == schedule_id).values(values))


def put_off_schedule(session: Session, schedule_id: int, *, try_at: datetime) -> None:
    """Remember that a schedule failed, and when to try again."""
    values = {"failures": ExportSchedule.failures + 1, "try_at": try_at}
    session.execute(update(ExportSchedule).where(ExportSchedule.id == schedule_id).values(values))

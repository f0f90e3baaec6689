"""Exports that are made again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables import ExportSchedule


@dataclass(frozen=True, slots=True)
class ScheduleRecord:
    """One schedule; everything before ``written_until`` has been written."""

    id: int
    name: str
    every: str
    hour: int
    time_zone: str
    query: dict[str, Any]
    folder: str
    written_until: datetime
    failures: int
    try_at: datetime | None
    created_at: datetime
    created_by: int | None


_COLUMNS = tuple(getattr(ExportSchedule, name) for name in ScheduleRecord.__slots__)


def list_schedules(session: Session) -> Sequence[ScheduleRecord]:
    """List all schedules by name."""
    return [ScheduleRecord(*row) for row in session.execute(select(*_COLUMNS).order_by(ExportSchedule.name))]

"""Exports that were asked for: what, by whom, and what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from models.tables import Export


def begin_export(session: Session, query: Mapping[str, Any], *, user_id: int | None, now: datetime) -> int:
    """Remember an export that begins to run; give its number."""
    values = {"query": dict(query), "state": "running", "rows": 0, "created_at": now, "created_by": user_id}
    return int(session.execute(insert(Export).values(values).returning(Export.id)).scalar_one())


def end_export(
    session: Session, export_id: int, state: str, *, rows: int, sha256: str | None, error: str | None, now: datetime
) -> None:
    """Remember how an export ended: done, failed or cancelled."""
    values = {"state": state, "rows": rows, "sha256": sha256, "error": error, "finished_at": now}
    session.execute(update(Export).where(Export.id == export_id).values(values))

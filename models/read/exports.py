"""What became of exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables import Export, User


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """One export; ``rows``, ``bytes`` and ``sha256`` (of the bytes that were sent) are final once it is done."""

    id: int
    query: dict[str, Any]
    schedule: str | None
    state: str
    rows: int | None
    estimated_rows: int | None
    bytes: int | None
    sha256: str | None
    file: str | None
    created_at: datetime
    created_by: int | None
    beat_at: datetime | None
    finished_at: datetime | None
    error: str | None


_COLUMNS = tuple(getattr(Export, name) for name in ExportRecord.__slots__)


def find_export(session: Session, export_id: int) -> ExportRecord | None:
    """Find an export by its number."""
    row = session.execute(select(*_COLUMNS).where(Export.id == export_id)).one_or_none()
    return None if row is None else ExportRecord(*row)


def list_exports(session: Session, *, limit: int) -> Sequence[tuple[ExportRecord, str | None]]:
    """List the last exports, newest first, each with the name of the person who asked, if one did."""
    query = select(*_COLUMNS, User.name).outerjoin(User, User.id == Export.created_by)
    rows = session.execute(query.order_by(Export.created_at.desc(), Export.id.desc()).limit(limit))
    return [(ExportRecord(*row[:-1]), row[-1]) for row in rows]

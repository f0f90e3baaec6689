"""What became of exports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables import Export


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """One export; ``rows`` and ``sha256`` (of the bytes that were sent) are final once it is done."""

    id: int
    query: dict[str, Any]
    state: str
    rows: int | None
    sha256: str | None
    created_at: datetime
    finished_at: datetime | None
    error: str | None


def find_export(session: Session, export_id: int) -> ExportRecord | None:
    """Find an export by its number."""
    columns = (getattr(Export, name) for name in ExportRecord.__slots__)
    row = session.execute(select(*columns).where(Export.id == export_id)).one_or_none()
    return None if row is None else ExportRecord(*row)

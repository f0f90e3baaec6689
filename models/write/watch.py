"""The server's signs of life, and what its checks came to."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, literal, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.tables import DeviceFindings, ServerWatch

_ONLY = 1


def beat(session: Session, now: datetime, *, outage_after: timedelta) -> None:
    """Note that a server process is there; a longer pause than ``outage_after`` before it was an outage."""
    row = insert(ServerWatch).values(id=_ONLY, beat_at=now)
    was_away = row.excluded.beat_at - ServerWatch.beat_at > literal(outage_after)
    changes = {
        "beat_at": func.greatest(ServerWatch.beat_at, row.excluded.beat_at),
        "down_from": case((was_away, ServerWatch.beat_at), else_=ServerWatch.down_from),
        "up_since": case((was_away, row.excluded.beat_at), else_=ServerWatch.up_since),
    }
    session.execute(row.on_conflict_do_update(index_elements=[ServerWatch.id], set_=changes))


def replace_findings(session: Session, results: Mapping[int, list[Any]], *, now: datetime) -> None:
    """Put what a round of checks came to in place of the last one's; rows that say the same are left alone."""
    session.execute(delete(DeviceFindings).where(DeviceFindings.device_id.not_in(list(results))))
    if results:
        rows = insert(DeviceFindings).values([{"device_id": one, "results": said} for one, said in results.items()])
        told = rows.excluded.results
        session.execute(
            rows.on_conflict_do_update(
                index_elements=[DeviceFindings.device_id],
                set_={"results": told},
                where=DeviceFindings.results.is_distinct_from(told),
            )
        )
    session.execute(update(ServerWatch).where(ServerWatch.id == _ONLY).values(checked_at=now))

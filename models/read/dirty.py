"""Hours whose rollup no longer agrees with their readings: how far the rollups lag behind."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.tables import DirtyHour


def count_dirty_hours(session: Session, device_ids: Sequence[int], start: datetime, end: datetime) -> int:
    """Count the hours in ``[start, end)`` of these devices that are still to be computed again."""
    query = (
        select(func.count())
        .select_from(DirtyHour)
        .where(DirtyHour.device_id.in_([int(one) for one in device_ids]), DirtyHour.hour >= start, DirtyHour.hour < end)
    )
    return int(session.execute(query).scalar_one())

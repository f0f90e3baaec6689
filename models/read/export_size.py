"""How many lines an export will have, from the hourly and daily sums: a guess that costs next to nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.arrays import is_among
from models.read.export_kinds import Resolution
from models.tables import reading_days, reading_hours

_HOUR = timedelta(hours=1)
#: How many lines an hour with many readings gives.
_MOST_AN_HOUR = {Resolution.MINUTE: 60, Resolution.FIVE_MINUTES: 12, Resolution.HOUR: 1}


def guess_lines(
    session: Session, device_ids: Sequence[int], resolution: Resolution, start: datetime, end: datetime
) -> int:
    """Guess the lines of all devices in ``[start, end)``; hours that lie partly in it count whole."""
    if resolution is Resolution.DAY:
        days = reading_days.c
        query = select(func.count()).where(
            is_among(days.device_id, device_ids), days.day >= start.date(), days.day < end.date()
        )
        return int(session.execute(query).scalar_one())
    hours = reading_hours.c
    most = _MOST_AN_HOUR.get(resolution)
    lines = hours.n if most is None else func.least(hours.n, most)
    query = select(func.coalesce(func.sum(lines), 0)).where(
        is_among(hours.device_id, device_ids), hours.hour > start - _HOUR, hours.hour < end
    )
    return int(session.execute(query).scalar_one())

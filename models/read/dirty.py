"""Hours whose rollup no longer agrees with their readings: how far the rollups lag behind."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.arrays import Int8Array, TimestampArray, is_among, query_arrays
from models.tables import DirtyHour

# Only these hours of each device are counted, spread over those that are marked.
_LOOKED_AT = 4
_DENSITY = """
SELECT array_agg(device_id), array_agg(mean) FROM (
    SELECT device_id, avg(n)::float8 AS mean FROM (
        SELECT marks.device_id, marks.hour, count(readings.ts) AS n
        FROM unnest(%(device_id)s, %(hour)s) AS marks(device_id, hour)
        LEFT JOIN readings ON readings.device_id = marks.device_id
            AND readings.ts >= marks.hour AND readings.ts < marks.hour + interval '1 hour'
        GROUP BY marks.device_id, marks.hour
    ) AS hours GROUP BY device_id
) AS devices
"""


def count_dirty_hours(session: Session, device_ids: Sequence[int], start: datetime, end: datetime) -> int:
    """Count the hours in ``[start, end)`` of these devices that are still to be computed again."""
    query = (
        select(func.count())
        .select_from(DirtyHour)
        .where(is_among(DirtyHour.device_id, device_ids), DirtyHour.hour >= start, DirtyHour.hour < end)
    )
    return int(session.execute(query).scalar_one())


def readings_per_marked_hour(session: Session, marks: pd.DataFrame) -> Mapping[int, float]:
    """Estimate how many readings a marked hour holds, by device; ``marks`` as ``take_dirty_hours`` gives them.

    A device may measure far more often than it was told to: while it is calibrated, or in what it had stored.
    """
    if marks.empty:
        return {}
    hours = marks.groupby("device_id")["hour"]
    spread = hours.cumcount() % (hours.transform("size") // _LOOKED_AT).clip(lower=1) == 0
    some = marks[spread]
    parameters = {
        "device_id": Int8Array(some["device_id"].to_numpy()),
        "hour": TimestampArray.of_times(pd.DatetimeIndex(some["hour"])),
    }
    devices, readings = query_arrays(session, _DENSITY, parameters)
    return dict(zip(devices.tolist(), readings.tolist(), strict=True))

"""Which hours of which device no longer agree with their rollup: marked by whoever touches a reading."""

from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from models.arrays import Int8Array, TimestampArray
from models.rows import HOUR_MS

# A mark never goes back, and a new one always differs: a job that serves the old mark cannot remove the new one.
ON_MARKED = (
    "ON CONFLICT (device_id, hour) DO UPDATE "
    "SET marked_at = greatest(excluded.marked_at, dirty_hours.marked_at + interval '1 microsecond')"
)
_MARK = (
    "INSERT INTO dirty_hours (device_id, hour, marked_at) SELECT device_id, hour, %(now)s "  # noqa: S608
    f"FROM unnest(%(device_id)s, %(hour)s) AS touched(device_id, hour) {ON_MARKED}"
)
# Hours without readings and without a rollup have nothing to recompute.
_MARK_SPAN = (
    "INSERT INTO dirty_hours (device_id, hour, marked_at) SELECT %(device_id)s, hour, %(now)s FROM ("  # noqa: S608
    "SELECT date_bin('1 hour', ts, '2000-01-01 00:00+00') AS hour FROM readings "
    "WHERE device_id = %(device_id)s AND ts >= %(start)s AND ts < %(end)s "
    "UNION SELECT hour FROM reading_hours WHERE device_id = %(device_id)s AND hour >= %(start)s AND hour < %(end)s"
    f") AS touched ORDER BY hour {ON_MARKED}"
)


def mark_hours(
    session: Session, device_id: npt.NDArray[np.int64], ts_ms: npt.NDArray[np.int64], *, now: datetime
) -> None:
    """Mark the hour of every reading given, each once, in an order that two writers share."""
    hours = ts_ms // HOUR_MS
    by_device = np.lexsort((hours, device_id))
    devices, hours = device_id[by_device], hours[by_device]
    is_new = np.append(True, (devices[1:] != devices[:-1]) | (hours[1:] != hours[:-1]))
    parameters = {
        "now": now,
        "device_id": Int8Array(devices[is_new]),
        "hour": TimestampArray(hours[is_new] * HOUR_MS),
    }
    session.connection().exec_driver_sql(_MARK, parameters)


def mark_dirty(session: Session, device_id: int, start: datetime, end: datetime, *, now: datetime) -> None:
    """Mark every hour of a device in ``[start, end)`` that holds readings or a rollup.

    ``start`` is taken back to the beginning of its hour.
    """
    parameters = {"device_id": device_id, "start": start.replace(minute=0, second=0, microsecond=0), "end": end}
    session.connection().exec_driver_sql(_MARK_SPAN, {**parameters, "now": now})

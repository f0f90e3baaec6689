"""Which hours of which device no longer agree with their rollup: marked by whoever touches a reading."""

from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from models.arrays import Int8Array, TimestampArray
from models.direct import tell
from models.rows import HOUR_MS

IntColumn = npt.NDArray[np.int64]

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


def mark_hours(session: Session, device_id: IntColumn, ts_ms: IntColumn, *, now: datetime) -> None:
    """Mark the hour of every reading given, each once, in an order that two writers share."""
    devices, hours = _begins_of_runs(device_id, ts_ms // HOUR_MS)  # as they mostly come, there is little left to sort
    order = np.lexsort((hours, devices))
    devices, hours = _begins_of_runs(devices[order], hours[order])
    parameters = {"now": now, "device_id": Int8Array(devices), "hour": TimestampArray(hours * HOUR_MS)}
    tell(session, _MARK, parameters)


def _begins_of_runs(devices: IntColumn, hours: IntColumn) -> tuple[IntColumn, IntColumn]:
    """Drop every row that is like the one before it."""
    is_new = np.append(True, (devices[1:] != devices[:-1]) | (hours[1:] != hours[:-1]))
    return devices[is_new], hours[is_new]


def mark_dirty(session: Session, device_id: int, start: datetime, end: datetime, *, now: datetime) -> None:
    """Mark every hour of a device in ``[start, end)`` that holds readings or a rollup.

    ``start`` is taken back to the beginning of its hour.
    """
    parameters = {"device_id": device_id, "start": start.replace(minute=0, second=0, microsecond=0), "end": end}
    session.connection().exec_driver_sql(_MARK_SPAN, {**parameters, "now": now})

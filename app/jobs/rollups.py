"""Dirty hours served: readings judged by their neighbours, hours and days summarised, marks removed.

Whatever touches a reading marks its hour, in its own transaction. Here the marked hours are computed from the
readings as they are now, so late, corrected and deleted readings are all one case, and doing it twice, or after being
killed half-way, changes nothing.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.jobs.device_rollups import compute_hours
from models.db import session_scope
from models.locks import Lock, hold
from models.read.devices import DeviceRecord, list_devices
from models.write.rollups import clear_dirty_hours, take_dirty_hours

log = logging.getLogger(__name__)

#: Marks of one transaction: half a year of hours, so that neither memory nor a lock grows with the history.
PIECE = 4_000
# While one thread waits for PostgreSQL the other one calculates.
_WORKERS = 2


def refresh_dirty_hours(
    engine: Engine, *, now: datetime, device_ids: Sequence[int] | None = None, limit: int = 1_000_000
) -> int:
    """Compute up to ``limit`` dirty hours, of these devices or of all; gives how many were served.

    Each device, and each :data:`PIECE` of it, is computed in a transaction of its own: a device whose readings cannot
    be computed keeps its marks and stops no other.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If the database fails; what was served before stays served.
    """
    with session_scope(engine) as session:
        marks = take_dirty_hours(session, limit=limit, device_ids=device_ids)["device_id"].value_counts(sort=False)
        devices = [record for record in list_devices(session) if record.id in marks.index] if len(marks) else []

    def serve(device: DeviceRecord) -> int:
        return serve_device(engine, device, now=now, wanted=int(marks[device.id]))

    if len(devices) < 2 * _WORKERS:
        return sum(map(serve, devices))
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="rollups") as pool:
        return sum(pool.map(serve, devices))


def serve_device(engine: Engine, device: DeviceRecord, *, now: datetime, wanted: int) -> int:
    """Serve up to ``wanted`` marks of one device, piece by piece; gives how many were served.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If the database fails.
    """
    served = 0
    try:
        while served < wanted:
            piece = _serve_piece(engine, device, now=now, limit=min(PIECE, wanted - served))
            if not piece:
                break
            served += piece
    except SQLAlchemyError:
        raise
    except Exception:  # one device's history must not stand in the way of all the others
        log.exception("the hours of %s cannot be computed; they stay marked", device.name)
    return served


def _serve_piece(engine: Engine, device: DeviceRecord, *, now: datetime, limit: int) -> int:
    """Serve marks of one device: compute, then remove them; a mark that was set again meanwhile stays."""
    with session_scope(engine) as session:
        # Two jobs at once could each overwrite with older readings what the other one just computed.
        hold(session, Lock.DEVICE_ROLLUPS, device.id)
        taken = take_dirty_hours(session, limit=limit, device_ids=[device.id])
        if not taken.empty:
            compute_hours(session, device, taken["hour"], now=now)
            clear_dirty_hours(session, taken)
    return len(taken)

"""Dirty hours served: readings judged by their neighbours, hours and days summarised, marks removed.

Whatever touches a reading marks its hour, in its own transaction. Here the marked hours are computed from the
readings as they are now, so late, corrected and deleted readings are all one case, and doing it twice, or after being
killed half-way, changes nothing.
"""

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.jobs.device_rollups import compute_hours
from models.db import session_scope
from models.locks import Lock, trying
from models.read.devices import DeviceRecord, list_devices
from models.write.rollups import clear_dirty_hours, take_dirty_hours

log = logging.getLogger(__name__)

#: Marks of one transaction: half a year of hours, so that neither memory nor a lock grows with the history.
PIECE = 4_000
#: Marks that a running server serves before it looks whether it should stop.
JOB_LIMIT = 2_000
# While one thread waits for PostgreSQL the other one calculates.
_WORKERS = 2
# The job works for at most a fifth of the time, so that pages and posts keep the rest of the machine.
_REST = 4.0


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
        return _serve(engine, device, now=now, wanted=int(marks[device.id]))

    if len(devices) < 2 * _WORKERS:
        return sum(map(serve, devices))
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="rollups") as pool:
        return sum(pool.map(serve, devices))


def _serve(engine: Engine, device: DeviceRecord, *, now: datetime, wanted: int) -> int:
    """Serve the marks of one device, piece by piece."""
    served = 0
    try:
        while served < wanted:
            piece = _serve_piece(engine, device, now=now, limit=min(PIECE, wanted - served))
            if not piece:
                break
            served += piece
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception("the hours of %s cannot be computed; they stay marked", device.name)
    return served


def _serve_piece(engine: Engine, device: DeviceRecord, *, now: datetime, limit: int) -> int:
    """Serve marks of one device: compute, then remove them.

    Marks are taken, and removed, in transactions of their own: whoever stores a reading sets one, and should neither
    wait for a calculation nor lock crosswise with it. A mark that was set again meanwhile stays.
    """
    with session_scope(engine) as session:
        taken = take_dirty_hours(session, limit=limit, device_ids=[device.id])
    if taken.empty:
        return 0
    with session_scope(engine) as session:
        compute_hours(session, device, taken["hour"], now=now)
    with session_scope(engine) as session:
        clear_dirty_hours(session, taken)
    return len(taken)


class RollupJob:
    """Keeps the rollups current in the background, in one of however many processes share the database."""

    def __init__(self, engine: Engine, interval_s: float) -> None:
        self._engine = engine
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rollup-job", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the transactions at hand and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            served = self._serve_once()
            busy_s = time.monotonic() - began
            is_behind = served >= JOB_LIMIT
            self._stopping.wait(busy_s if is_behind else max(self._interval_s, _REST * busy_s))

    def _serve_once(self) -> int:
        """Serve what is marked if no other process does; a database that is away is tried again next time."""
        try:
            with trying(self._engine, Lock.ROLLUP_JOB) as is_ours:
                return refresh_dirty_hours(self._engine, now=datetime.now(UTC), limit=JOB_LIMIT) if is_ours else 0
        except SQLAlchemyError as error:
            log.warning("rollups wait for the database: %s", error)
        except Exception:
            log.exception("the rollup job failed; it goes on")
        return 0

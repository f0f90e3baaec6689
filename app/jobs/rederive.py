"""History repaired after a calibration changed, in pieces that survive being killed.

A job says which stretch of which device is to be derived again. Each transaction does one piece and writes how far
the job is; a process that dies leaves the job where its last finished piece left it, and the next one goes on.
Derivation always follows the calibrations as they are at that moment, so doing a piece twice changes nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.jobs.background import BackgroundJob
from ingest_api.calibrations import Calibrations
from ingest_api.rederivation import COLUMNS, derive_again
from models.db import session_scope
from models.locks import Lock, hold
from models.read.calibrations import calibration_rows
from models.read.devices import DeviceRecord, list_devices
from models.read.jobs import JobRecord, list_jobs
from models.read.readings import readings_frame, span
from models.write.derived import replace_derived
from models.write.jobs import add_job, fail_job, keep_progress, take_job

log = logging.getLogger(__name__)

KIND = "rederive"
#: One transaction: 20 000 readings of a device that reads every minute.
PIECE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: everything before ``reached`` is done; readings looked at and changed so far."""

    reached: datetime | None
    read: int
    changed: int

    @classmethod
    def of(cls, job: JobRecord) -> "Progress":
        """Read it from the job's row."""
        kept = job.progress
        return cls(_moment(kept.get("reached")), kept.get("read", 0), kept.get("changed", 0))

    def to_keep(self) -> dict[str, Any]:
        """Give it as the job's row holds it."""
        return {"reached": _text(self.reached), "read": self.read, "changed": self.changed}


def order_rederivation(
    session: Session, device_id: int, start: datetime, end: datetime | None, *, created_by: int | None, now: datetime
) -> int:
    """Order the readings of a device in ``[start, end)`` to be derived again; None is until now. Gives the job's id.

    Call it in the transaction that changes the calibrations.
    """
    parameters = {"device_id": device_id, "start": _text(start), "end": _text(end)}
    return add_job(session, KIND, parameters, created_by=created_by, now=now)


def is_corrected(session: Session, device_id: int) -> bool:
    """Tell whether any reading of a device has been corrected after it arrived."""
    return any(Progress.of(job).changed for job in list_jobs(session, KIND, {"device_id": device_id}))


def rederive_piece(engine: Engine, *, now: datetime, piece: timedelta = PIECE) -> bool:
    """Do one piece of the oldest open job; False if there is none, or another process has it.

    A job that cannot be done is closed with its error, so that it stops no other.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If the database fails; the job stays as it was.
    """
    taken: list[int] = []
    try:
        with session_scope(engine) as session:
            job = take_job(session, KIND)
            if job is None:
                return False
            taken.append(job.id)
            _do_piece(session, job, now=now, piece=piece)
    except SQLAlchemyError:
        raise
    except Exception as error:  # a job that cannot be done must not keep the others waiting for ever
        log.exception("history cannot be derived again")
        with session_scope(engine) as session:
            fail_job(session, taken[0], repr(error), now=now)
    return True


def finish_rederivations(engine: Engine, *, now: datetime) -> None:
    """Work until no job is open."""
    while rederive_piece(engine, now=now):
        pass


def _do_piece(session: Session, job: JobRecord, *, now: datetime, piece: timedelta) -> None:
    device = _device(session, int(job.parameters["device_id"]))
    progress = Progress.of(job)
    # The rollup job writes the same rows; in another order the two would wait for each other for ever.
    hold(session, Lock.DEVICE_ROLLUPS, device.id)
    stretch = _what_is_left(session, device, job, progress)
    if stretch is None:
        keep_progress(session, job.id, job.progress, now=now, done=True)
        return
    start, end = stretch
    until = min(start + piece, end)
    frame = readings_frame(session, device.id, start, until, COLUMNS)
    derived = derive_again(frame, device, Calibrations.of(calibration_rows(session, [device.id])))
    replace_derived(session, device.id, derived, now=now)
    after = Progress(until, progress.read + len(frame), progress.changed + len(derived))
    keep_progress(session, job.id, after.to_keep(), now=now, done=until >= end)


def _what_is_left(
    session: Session, device: DeviceRecord, job: JobRecord, progress: Progress
) -> tuple[datetime, datetime] | None:
    """Give the rest of the job's stretch, cut to where the device has readings; None if nothing is left."""
    known = span(session, device.id)
    start, end = progress.reached or _moment(job.parameters["start"]), _moment(job.parameters["end"])
    if known is None or start is None:
        return None
    first, last = known[0], known[1] + timedelta(milliseconds=1)
    start, end = max(start, first), min(end or last, last)
    return (start, end) if start < end else None


def _device(session: Session, device_id: int) -> DeviceRecord:
    found = next((device for device in list_devices(session) if device.id == device_id), None)
    if found is None:
        raise LookupError(f"no device has the number {device_id}")
    return found


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


class RederiveJob(BackgroundJob):
    """Repairs history in the background; processes that share the database share the jobs."""

    def __init__(self, engine: Engine, interval_s: float, *, clock: Callable[[], datetime] | None = None) -> None:
        tell = clock or (lambda: datetime.now(UTC))
        super().__init__("rederive", lambda _: rederive_piece(engine, now=tell()), engine=engine, interval_s=interval_s)

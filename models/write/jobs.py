"""Long work in chunks: what is to be done, how far it is, and who works on it, all in the database.

A worker takes a job, does one chunk and writes the progress in one transaction. A worker that dies gives the job back
by dying; nothing is done twice and nothing is left out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from models.read.jobs import JobRecord, jobs_query
from models.tables import Job

_OPEN = ("waiting", "running")


def add_job(
    session: Session, kind: str, parameters: Mapping[str, Any], *, created_by: int | None, now: datetime
) -> int:
    """Add a job that waits for a worker, and give its id."""
    values = {"kind": kind, "parameters": dict(parameters), "created_by": created_by, "created_at": now}
    return session.execute(insert(Job).values(values).returning(Job.id)).scalar_one()


def take_job(session: Session, kind: str) -> JobRecord | None:
    """Take the oldest open job of a kind that no other worker holds; it is held until the transaction ends."""
    query = jobs_query().where(Job.kind == kind, Job.state.in_(_OPEN)).order_by(Job.id).limit(1)
    row = session.execute(query.with_for_update(skip_locked=True)).one_or_none()
    return None if row is None else JobRecord(*row)


def keep_progress(session: Session, job_id: int, progress: Mapping[str, Any], *, now: datetime, done: bool) -> None:
    """Remember how far a job has come; ``done`` ends it."""
    values: dict[str, Any] = {"progress": dict(progress), "state": "done" if done else "running"}
    values |= {"finished_at": now} if done else {}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    session.execute(update(Job).where(Job.id == job_id, Job.started_at.is_(None)).values(started_at=now))


def fail_job(session: Session, job_id: int, error: str, *, now: datetime) -> None:
    """End a job that cannot be done, with the reason; what it did stays done."""
    session.execute(update(Job).where(Job.id == job_id).values(state="failed", error=error, finished_at=now))

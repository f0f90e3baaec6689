"""How far long pieces of work have come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables import Job


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it stands; what ``parameters`` and ``progress`` hold is the business of its kind."""

    id: int
    kind: str
    parameters: dict[str, Any]
    progress: dict[str, Any]
    state: str
    created_at: datetime
    finished_at: datetime | None
    error: str | None


def find_job(session: Session, job_id: int) -> JobRecord | None:
    """Find one job; None if there is none with this id."""
    row = session.execute(jobs_query().where(Job.id == job_id)).one_or_none()
    return None if row is None else JobRecord(*row)


def list_jobs(session: Session, kind: str, parameters: Mapping[str, Any]) -> list[JobRecord]:
    """List the jobs of a kind whose parameters hold all of these, oldest first."""
    query = jobs_query().where(Job.kind == kind, Job.parameters.contains(dict(parameters))).order_by(Job.id)
    return [JobRecord(*row) for row in session.execute(query)]


def jobs_query() -> Any:
    """Select the columns of :class:`JobRecord`, in its order."""
    return select(*(getattr(Job, name) for name in JobRecord.__slots__))

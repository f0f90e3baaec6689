"""A person's verdict on a span of readings is added or withdrawn; what was said stays on record."""

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from models.read.overrides import OverrideRow
from models.tables import FlagOverride


def add_override(
    session: Session, device_id: int, verdict: OverrideRow, *, reason: str, created_by: int | None, now: datetime
) -> int:
    """Add a verdict and give its number; of two on the same reading the one added later counts."""
    values = {"device_id": device_id, **verdict._asdict(), "reason": reason, "created_by": created_by}
    added = insert(FlagOverride).values(**values, created_at=now).returning(FlagOverride.id)
    return session.execute(added).scalar_one()


def void_override(session: Session, override_id: int, *, now: datetime) -> bool:
    """Withdraw a verdict; False if it is not there, or withdrawn already."""
    is_in_force = (FlagOverride.id == override_id, FlagOverride.voided_at.is_(None))
    voided = update(FlagOverride).where(*is_in_force).values(voided_at=now).returning(FlagOverride.id)
    return session.execute(voided).scalar_one_or_none() is not None

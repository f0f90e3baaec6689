"""Keys that let Pis join: made, counted, ended."""

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from models.tables import EnrollmentKey
from models.tokens import Token


def add_key(
    session: Session,
    token: Token,
    *,
    max_uses: int,
    expires_at: datetime,
    site_id: int | None = None,
    note: str | None = None,
    auto_approve: bool = False,
    listed_only: bool = False,
    created_by: int | None = None,
    now: datetime,
) -> None:
    """Let a key in: ``max_uses`` new boards may join with it before ``expires_at``."""
    values = {
        "id": token.id,
        "digest": token.digest,
        "max_uses": max_uses,
        "expires_at": expires_at,
        "site_id": site_id,
        "note": note,
        "auto_approve": auto_approve,
        "listed_only": listed_only,
        "created_by": created_by,
        "created_at": now,
    }
    session.execute(insert(EnrollmentKey).values(values))


def count_use(session: Session, key_id: str) -> bool:
    """Use a key once; False when it is full, and nothing is changed."""
    statement = (
        update(EnrollmentKey)
        .where(EnrollmentKey.id == key_id, EnrollmentKey.uses < EnrollmentKey.max_uses)
        .values(uses=EnrollmentKey.uses + 1)
        .returning(EnrollmentKey.uses)
    )
    return session.scalar(statement) is not None


def revoke_key(session: Session, key_id: str, *, now: datetime) -> bool:
    """End a key; False when there is none, or it was revoked before."""
    statement = (
        update(EnrollmentKey)
        .where(EnrollmentKey.id == key_id, EnrollmentKey.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(EnrollmentKey.id)
    )
    return session.scalar(statement) is not None

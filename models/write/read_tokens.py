"""Read tokens are made and revoked; they are never deleted, so that a log entry keeps its meaning."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, update
from sqlalchemy.orm import Session

from models.errors import UnknownReadToken
from models.tables import ReadToken
from models.tokens import Token


def add_read_token(
    session: Session,
    token: Token,
    *,
    note: str,
    device_ids: Sequence[int] | None,
    created_by: int | None,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Store the digest of a new token; ``device_ids`` None lets it read every device, also those that join later."""
    values = {
        "id": token.id,
        "digest": token.digest,
        "note": note,
        "device_ids": None if device_ids is None else [int(one) for one in device_ids],
        "created_by": created_by,
        "created_at": now,
        "expires_at": expires_at,
    }
    session.execute(insert(ReadToken).values(values))


def revoke_read_token(session: Session, token_id: str, *, now: datetime) -> None:
    """Let a token end now; one that is revoked already keeps the time at which it was.

    Raises
    ------
    UnknownReadToken
        If there is none with this id.
    """
    statement = (
        update(ReadToken)
        .where(ReadToken.id == token_id)
        .values(revoked_at=func.coalesce(ReadToken.revoked_at, now))
        .returning(ReadToken.id)
    )
    if session.execute(statement).one_or_none() is None:
        raise UnknownReadToken(token_id)

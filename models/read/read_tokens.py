"""Read tokens as administrators see them: never the secret, only what it opens and until when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.names import natural_key
from models.tables import Device, ReadToken, User


@dataclass(frozen=True, slots=True)
class ReadTokenRecord:
    """A read token. ``id`` is the public part of its text; ``devices`` are the names it may read, None means all."""

    id: str
    note: str
    devices: tuple[str, ...] | None
    created_by: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def list_read_tokens(session: Session) -> list[ReadTokenRecord]:
    """List all read tokens, newest first; expired and revoked ones too."""
    names = select(func.array_agg(Device.name)).where(Device.id == func.any(ReadToken.device_ids)).scalar_subquery()
    query = (
        select(
            *(ReadToken.id, ReadToken.note, ReadToken.device_ids, names, User.name),
            *(ReadToken.created_at, ReadToken.expires_at, ReadToken.revoked_at),
        )
        .outerjoin(User, User.id == ReadToken.created_by)
        .order_by(ReadToken.created_at.desc(), ReadToken.id)
    )
    return [
        ReadTokenRecord(token_id, note, _sorted(limited, devices), *rest)
        for token_id, note, limited, devices, *rest in session.execute(query)
    ]


def _sorted(limited: list[int] | None, devices: list[str] | None) -> tuple[str, ...] | None:
    return None if limited is None else tuple(sorted(devices or (), key=natural_key))

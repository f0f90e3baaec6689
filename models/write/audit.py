"""Who did what, when, from where: added, never changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from models.tables import AuditEntry


def record(
    session: Session,
    actor: str,
    action: str,
    *,
    object_kind: str | None = None,
    object_id: str | int | None = None,
    address: str | None = None,
    request_id: str | None = None,
    details: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Add an entry, in the transaction of what it tells about: either both are there or neither.

    ``actor`` is a person's name or ``device:pi-7``; ``action`` a verb such as ``login`` or ``revoke-token``. Without
    ``at`` the database's clock stamps it. Control characters, which could forge lines of a log, are replaced.
    """
    values: dict[str, Any] = {
        "actor": _printable(actor),
        "action": _printable(action),
        "object_kind": object_kind,
        "object_id": None if object_id is None else _printable(str(object_id)),
        "address": address,
        "request_id": request_id,
        "details": dict(details or {}),
    }
    if at is not None:
        values["at"] = at
    session.execute(insert(AuditEntry).values(values))


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in text)

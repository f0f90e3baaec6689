"""Who did what, when, from where: added, never changed; the database itself refuses anything else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from models.tables import AuditEntry


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from."""

    address: str | None = None
    request_id: str | None = None


_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("audit_origin", default=_NOWHERE)


@contextmanager
def acting_from(origin: Origin) -> Iterator[None]:
    """Let every entry that is added inside this context carry where it came from."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def set_origin(origin: Origin) -> None:
    """Say where the request comes from that this thread answers from now on."""
    _origin.set(origin)


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
    ``address`` and ``request_id`` those of :func:`set_origin` are taken, without ``at`` the database's clock stamps
    it. Control characters, which could forge lines of a log, are replaced, in ``details`` too.
    """
    origin = _origin.get()
    values: dict[str, Any] = {
        "actor": _printable(actor),
        "action": _printable(action),
        "object_kind": object_kind,
        "object_id": None if object_id is None else _printable(str(object_id)),
        "address": address or origin.address,
        "request_id": request_id or origin.request_id,
        "details": _clean(dict(details or {})),
    }
    if at is not None:
        values["at"] = at
    session.execute(insert(AuditEntry).values(values))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _printable(value)
    if isinstance(value, Mapping):
        return {_printable(str(key)): _clean(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(part) for part in value]
    return value


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in text)

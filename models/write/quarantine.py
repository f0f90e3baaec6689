"""Readings with a time that cannot be true: held as they came, decided by a person."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from models.tables import QuarantinedReading

#: Rows of one statement; a batch of ten thousand is ten of them.
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A reading to hold: its time as the device wrote it, the reason, and all the rest as sent.

    ``reason`` is one of ``future``, ``too-old``, ``before-device``, ``replaced``.
    """

    device_id: int
    ts: str
    reason: str
    reading: dict[str, Any]
    received_at: datetime

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the reading as sent, by which the same one is recognised."""
        return hashlib.sha256(json.dumps([self.ts, self.reading], sort_keys=True).encode()).digest()


def quarantine(session: Session, rows: Iterable[QuarantineRow]) -> int:
    """Hold these readings, each once however often it is sent; gives how many were not held before."""
    values = [
        {
            "device_id": row.device_id,
            "digest": row.digest,
            "ts": row.ts,
            "reason": row.reason,
            "reading": row.reading,
            "received_at": row.received_at,
        }
        for row in rows
    ]
    held = 0
    for first in range(0, len(values), _CHUNK):
        insert = postgresql.insert(QuarantinedReading).values(values[first : first + _CHUNK])
        fresh = insert.on_conflict_do_nothing().returning(QuarantinedReading.device_id)
        held += len(session.execute(fresh).all())
    return held


def settle_held(
    session: Session,
    device_id: int,
    digests: Sequence[bytes],
    *,
    shift: timedelta | None,
    by: int | None,
    now: datetime,
) -> int:
    """Note what became of held readings: moved by ``shift``, or dropped (None); gives how many still waited.

    They stay in the table as they were sent.
    """
    statement = text(
        "UPDATE quarantine SET resolved_at = :now, resolved_by = :by, "
        "       retimed_to = CASE WHEN CAST(:shift AS interval) IS NULL THEN NULL ELSE ts::timestamptz + :shift END "
        "WHERE device_id = :device AND digest = ANY(:digests) AND resolved_at IS NULL RETURNING device_id"
    )
    values = {"now": now, "by": by, "shift": shift, "device": device_id, "digests": list(digests)}
    return len(session.execute(statement, values).all())

"""Readings that make room for others: taken out of the history, and kept apart as they were sent."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.write.current import NEWEST
from models.write.dirty import mark_dirty

# Years of a device take longer than any question of a page may.
_PATIENTLY = text("SET LOCAL statement_timeout = 0")
_TAKE_OUT = text("""
WITH gone AS (
    DELETE FROM readings WHERE device_id = :device AND ts >= :start AND ts < :end
    RETURNING ts, ph_mv, ec_mv, water_c, ph_sent, ec_sent, seq, stream, clock
), written AS (
    SELECT to_char(ts, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ts, jsonb_strip_nulls(jsonb_build_object(
        'ph_mv', ph_mv, 'ec_mv', ec_mv, 'water_c', water_c, 'ph', ph_sent, 'ec_us_cm', ec_sent,
        'seq', seq, 'stream', stream, 'clock', clock)) AS reading
    FROM gone
), kept AS (
    INSERT INTO quarantine (device_id, digest, ts, reason, reading, received_at, resolved_at, resolved_by)
    SELECT :device, sha256(convert_to(ts || reading::text, 'UTF8')), ts, 'replaced', reading, :now, :now, :by
    FROM written
    ON CONFLICT DO NOTHING RETURNING device_id
)
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM kept)
""")
# One statement sees the table as it was before: what is newest now has to be asked for by another.
_NEWEST_NOW = text(
    f"UPDATE device_state SET ({NEWEST}) = (SELECT {NEWEST} FROM readings "  # noqa: S608 (own constants)
    "WHERE device_id = :device ORDER BY ts DESC LIMIT 1) WHERE device_id = :device"
)


def take_out(session: Session, device_id: int, start: datetime, end: datetime, *, by: int | None, now: datetime) -> int:
    """Take a device's readings in ``[start, end)`` out of its history; gives how many there were.

    They go to the quarantine, as decided there, with the reason ``replaced``. The hours are marked, and what the device
    says now is its newest reading that is left.
    """
    session.execute(_PATIENTLY)
    mark_dirty(session, device_id, start, end, now=now)
    span = {"device": device_id, "start": start, "end": end, "by": by, "now": now}
    taken: int = session.execute(_TAKE_OUT, span).one()[0]
    session.execute(_NEWEST_NOW, {"device": device_id})
    return taken

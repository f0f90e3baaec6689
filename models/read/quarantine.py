"""Readings whose time cannot be true, as runs: what a Pi measured while its clock ran on from one wrong time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

# In the order in which they were made: by number where the sender counts, else by arrival. A clock that goes back
# was set anew, by a start of the Pi, and is wrong by another amount from then on.
_RUNS = """
WITH held AS (
    SELECT device_id, digest, ts::timestamptz AS at, reason, received_at, reading,
           COALESCE((reading ->> 'stream')::int, -1) AS stream, (reading ->> 'seq')::bigint AS seq
    FROM quarantine WHERE resolved_at IS NULL
), marked AS (
    SELECT *, CASE WHEN at < lag(at) OVER made THEN 1 ELSE 0 END AS begins
    FROM held WINDOW made AS (PARTITION BY device_id, stream ORDER BY seq NULLS LAST, received_at, at)
), numbered AS (
    SELECT *, sum(begins) OVER made AS run
    FROM marked WINDOW made AS (PARTITION BY device_id, stream ORDER BY seq NULLS LAST, received_at, at)
), named AS (
    SELECT *, encode(first_value(digest) OVER made, 'hex') AS name
    FROM numbered WINDOW made AS (PARTITION BY device_id, stream, run ORDER BY seq NULLS LAST, received_at, at)
)
{question}
"""
_LIST = text(
    _RUNS.format(
        question="""
SELECT named.name, devices.name AS device, sites.time_zone, min(named.reason) AS reason, count(*) AS readings,
       min(at) AS first_at, max(at) AS last_at, min(received_at) AS received_from, max(received_at) AS received_to,
       min(received_at - at) AS behind
FROM named JOIN devices ON devices.id = named.device_id LEFT JOIN sites ON sites.id = devices.site_id
GROUP BY named.device_id, named.stream, named.run, named.name, devices.name, sites.time_zone
ORDER BY max(received_at) DESC, devices.name
"""
    )
)
_ROWS = text(_RUNS.format(question="SELECT device_id, digest, at, reading FROM named WHERE name = :name ORDER BY at"))


@dataclass(frozen=True, slots=True)
class HeldRun:
    """Readings of one device whose clock was wrong by the same amount.

    ``first_at`` and ``last_at`` are what the device's clock said. ``behind`` is the least by which it was behind the
    server's when the readings came in: exactly how wrong it was if they came as they were made, and more than that if
    they were kept back. Negative for a clock that was ahead.
    """

    name: str
    device: str
    time_zone: str | None
    reason: str
    readings: int
    first_at: datetime
    last_at: datetime
    received_from: datetime
    received_to: datetime
    behind: timedelta


@dataclass(frozen=True, slots=True)
class HeldReading:
    """One of them: its key, what the device's clock said, and the rest as sent."""

    device_id: int
    digest: bytes
    at: datetime
    reading: dict[str, Any]


def held_runs(session: Session) -> list[HeldRun]:
    """List what waits for a person, what came in last first."""
    return [HeldRun(*row) for row in session.execute(_LIST)]


def readings_of_run(session: Session, name: str) -> list[HeldReading]:
    """Give the readings of one run, oldest first; none where no run has this name (any more)."""
    rows = session.execute(_ROWS, {"name": name})
    return [HeldReading(row.device_id, bytes(row.digest), row.at, row.reading) for row in rows]

"""Readings go in: each once, the first one wins, and what depends on them is told in the same transaction."""

from datetime import UTC, datetime
from enum import IntEnum, unique
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.arrays import Int8Array, TimestampArray, query_arrays, to_epoch_ms
from models.copying import copy_in
from models.direct import ask, tell
from models.partitions import ensure_months
from models.rows import AS_SENT, SINGLE_PRECISION, TABLE_COLUMNS, ReadingRows
from models.write.current import NEWEST, ON_REMEMBERED, remember_newest
from models.write.devices_seen import DeviceSeen, record_seen
from models.write.dirty import ON_MARKED, mark_hours
from models.write.quarantine import QuarantineRow, quarantine
from models.write.streams import find_stream, stream_number

__all__ = [
    "DeviceSeen",
    "QuarantineRow",
    "ReadingRows",
    "StoreOutcome",
    "bulk_load",
    "find_stream",
    "quarantine",
    "record_seen",
    "store_readings",
    "stream_number",
]

BoolColumn = npt.NDArray[np.bool_]
IntColumn = npt.NDArray[np.int64]

#: From this many rows on, COPY is worth its extra trips to the database.
COPY_FROM = 300

_COLUMNS = ", ".join(TABLE_COLUMNS)
_PLACES = ", ".join(f"%({name})s" for name in TABLE_COLUMNS)
# One statement, so that a single reading costs one trip to the database. What depends on a reading is written for
# the rows that RETURNING gives, which are those really stored: a row count would, on a cluster, count the attempts.
_STORE = f"""
WITH stored AS (
    INSERT INTO readings ({_COLUMNS}) SELECT * FROM unnest({_PLACES})
    ON CONFLICT (device_id, ts) DO NOTHING RETURNING device_id, {NEWEST}
), marked AS (
    INSERT INTO dirty_hours (device_id, hour, marked_at)
    SELECT DISTINCT device_id, date_bin('1 hour', ts, '2000-01-01 00:00+00') AS hour, %(now)s::timestamptz FROM stored
    ORDER BY device_id, hour {ON_MARKED}
), remembered AS (
    INSERT INTO device_state (device_id, last_seen_at, {NEWEST})
    SELECT DISTINCT ON (device_id) device_id, %(now)s::timestamptz, {NEWEST} FROM stored
    ORDER BY device_id, ts DESC {ON_REMEMBERED}
)
SELECT coalesce(array_agg(device_id), '{{}}'), coalesce(array_agg(ts), '{{}}') FROM stored
"""  # noqa: S608 (own constants)
_STORED_VALUES = ", ".join(f"array_agg(coalesce(r.{name}::float8, 'NaN'))" for name in AS_SENT)
_FIND = (
    f"SELECT array_agg(k.n), {_STORED_VALUES} FROM unnest(%(device_id)s, %(ts)s) "  # noqa: S608 (own constants)
    "WITH ORDINALITY AS k(device_id, ts, n) JOIN readings r ON r.device_id = k.device_id AND r.ts = k.ts "
    "WHERE r.ts BETWEEN %(first)s AND %(last)s"
)


@unique
class StoreOutcome(IntEnum):
    """What became of one row."""

    STORED = 0
    #: The same device said the same at this time before.
    DUPLICATE = 1
    #: The same device said something else at this time before; that stands.
    CONFLICT = 2


def store_readings(session: Session, rows: ReadingRows, *, now: datetime) -> npt.NDArray[np.int8]:
    """Store a batch and give a :class:`StoreOutcome` per row, in the order of the rows.

    The first reading of a device and time stays for ever, inside a batch as between batches. Hours that got a
    reading are marked for recomputation, and the device's newest reading is remembered, for stored rows only.
    Partitions are made for months that have none.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        If a value is outside what the table holds; nothing of the batch is stored then.
    """
    outcome = np.full(len(rows), StoreOutcome.CONFLICT, dtype=np.int8)
    if not len(rows):
        return outcome
    ensure_months(session.connection(), rows.months())
    winners, first_of = _first_of_each_key(rows)
    stored = _insert(session, rows if _is_in_place(winners, len(rows)) else rows.take(winners), now=now)
    outcome[winners[stored]] = StoreOutcome.STORED
    _settle_repetitions(session, rows, outcome, first_of)
    return outcome


def bulk_load(session: Session, rows: ReadingRows, *, now: datetime) -> int:
    """Load a batch as fast as the database takes it; for a first load whose keys are known to be new.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        If any row is there already, or outside what the table holds; nothing of the batch is stored then.
    """
    if not len(rows):
        return 0
    ensure_months(session.connection(), rows.months())
    copy_in(session, "readings", TABLE_COLUMNS, rows.copy_bytes())
    _follow_up(session, rows, now=now)
    return len(rows)


def _first_of_each_key(rows: ReadingRows) -> tuple[IntColumn, IntColumn]:
    """Give the first row of each key, in key order, and for every row the first row of its key.

    Storing in key order keeps neighbours together on disk, and two batches from deadlocking each other.
    """
    order = np.lexsort((np.arange(len(rows)), rows.ts_ms, rows.device_id))
    devices, stamps = rows.device_id[order], rows.ts_ms[order]
    is_first = np.append(True, (devices[1:] != devices[:-1]) | (stamps[1:] != stamps[:-1]))
    winners = order[is_first]
    first_of = np.empty(len(rows), dtype=np.int64)
    first_of[order] = winners[np.cumsum(is_first) - 1]
    return winners, first_of


def _is_in_place(winners: IntColumn, size: int) -> bool:
    """Tell whether all rows of a batch stay, in their order, as nearly always."""
    return winners.size == size and bool((winners[1:] > winners[:-1]).all())


def _insert(session: Session, rows: ReadingRows, *, now: datetime) -> BoolColumn:
    """Insert rows sorted by key; say which of them were not there before."""
    if len(rows) >= COPY_FROM and _copy_all(session, rows, now=now):
        return np.ones(len(rows), dtype=bool)
    [(devices, timestamps)] = ask(session, _STORE, {**rows.parameters(), "now": now}, binary=True)
    if len(devices) == len(rows):
        return np.ones(len(rows), dtype=bool)
    known = np.unique(rows.device_id)
    stored = _keys(known, devices, to_epoch_ms(timestamps))
    return np.isin(_keys(known, rows.device_id, rows.ts_ms), stored)


def _copy_all(session: Session, rows: ReadingRows, *, now: datetime) -> bool:
    """Try to load all rows at once; False, and nothing done, when any of them is there already.

    A big batch is nearly always new from end to end, and COPY takes a third of the time. A batch that comes again
    fails at its first row, which costs next to nothing.
    """
    tell(session, "SAVEPOINT copied")
    try:
        copy_in(session, "readings", TABLE_COLUMNS, rows.copy_bytes())
    except IntegrityError as error:
        if not isinstance(error.orig, UniqueViolation):
            raise
        tell(session, "ROLLBACK TO copied")
        tell(session, "RELEASE copied")
        return False
    tell(session, "RELEASE copied")
    _follow_up(session, rows, now=now)
    return True


def _follow_up(session: Session, rows: ReadingRows, *, now: datetime) -> None:
    """Note what follows from new readings: hours to be summed up, and the newest of each device."""
    mark_hours(session, rows.device_id, rows.ts_ms, now=now)
    remember_newest(session, rows, now=now)


def _keys(known: IntColumn, devices: IntColumn, ts_ms: IntColumn) -> IntColumn:
    """Give each (device, time) one number; ``known`` is sorted and holds all devices. Times need 43 bits."""
    return (np.searchsorted(known, devices) << 43) + ts_ms


def _settle_repetitions(
    session: Session, rows: ReadingRows, outcome: npt.NDArray[np.int8], first_of: IntColumn
) -> None:
    """Tell duplicates from conflicts among the rows that were not stored."""
    open_rows = np.flatnonzero(outcome != StoreOutcome.STORED)
    if not len(open_rows):
        return
    inside = open_rows[outcome[first_of[open_rows]] == StoreOutcome.STORED]
    before = open_rows[outcome[first_of[open_rows]] != StoreOutcome.STORED]
    outcome[inside[_same(_sent(rows, inside), _sent(rows, first_of[inside]))]] = StoreOutcome.DUPLICATE
    if len(before):
        found, values = _stored_values(session, rows, before)
        outcome[before[found[_same(_sent(rows, before[found]), values)]]] = StoreOutcome.DUPLICATE


def _stored_values(session: Session, rows: ReadingRows, wanted: IntColumn) -> tuple[IntColumn, npt.NDArray[Any]]:
    """Read what the database holds for these rows: positions in ``wanted``, and values of shape (5, found)."""
    ts_ms = rows.ts_ms[wanted]
    parameters = {
        "device_id": Int8Array(rows.device_id[wanted]),
        "ts": TimestampArray(ts_ms),
        # Without these two the planner could not leave out the months that hold none of the rows.
        "first": _moment(ts_ms.min()),
        "last": _moment(ts_ms.max()),
    }
    numbers, *values = query_arrays(session, _FIND, parameters)
    return numbers - 1, np.array(values)


def _sent(rows: ReadingRows, index: IntColumn) -> npt.NDArray[np.float64]:
    """Give what the device said as the table keeps it, shape (5, n)."""
    columns = [getattr(rows, name)[index] for name in AS_SENT]
    return np.array(
        [
            column.astype(np.float32).astype(np.float64) if name in SINGLE_PRECISION else column
            for name, column in zip(AS_SENT, columns, strict=True)
        ]
    )


def _same(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> BoolColumn:
    return ((left == right) | (np.isnan(left) & np.isnan(right))).all(axis=0)


def _moment(ts_ms: np.int64) -> datetime:
    return datetime.fromtimestamp(int(ts_ms) / 1000, UTC)

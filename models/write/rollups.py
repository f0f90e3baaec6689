"""Hours and days are written as a whole, never added to: what is recomputed replaces what was there."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Table, delete
from sqlalchemy.orm import Session

from models.arrays import (
    DateArray,
    Float8Array,
    Int4Array,
    Int8Array,
    Int8OrNullArray,
    PgArray,
    TimestampArray,
    query_arrays,
    to_times,
)
from models.errors import BadReadings
from models.tables import ROLLUP_QUANTITIES, reading_days, reading_hours
from models.write.dirty import mark_dirty

__all__ = [
    "clear_dirty_hours",
    "mark_dirty",
    "put_days",
    "put_hours",
    "replace_days",
    "replace_hours",
    "take_dirty_hours",
    "update_flags",
    "update_recent_flags",
]

_HISTOGRAMS = tuple(f"{quantity}_hist" for quantity in ROLLUP_QUANTITIES)

# By device and hour, so that whole runs of one device come together.
_TAKE = (
    "SELECT coalesce(array_agg(device_id), '{}'), coalesce(array_agg(hour), '{}'), "
    "coalesce(array_agg(marked_at), '{}') FROM (SELECT device_id, hour, marked_at FROM dirty_hours "
    "WHERE %(device_ids)s::bigint[] IS NULL OR device_id = ANY(%(device_ids)s::bigint[]) "
    "ORDER BY device_id, hour LIMIT %(limit)s) AS taken"
)
# A mark that somebody holds is being set again at this moment. To wait for it would be for nothing, and could lock two
# transactions crosswise that touch the same marks in another order.
_CLEAR = (
    "DELETE FROM dirty_hours USING (SELECT device_id, hour FROM dirty_hours "
    "JOIN unnest(%(device_id)s, %(hour)s, %(marked_at)s) AS taken(device_id, hour, marked_at) "
    "USING (device_id, hour, marked_at) FOR UPDATE OF dirty_hours SKIP LOCKED) AS served "
    "WHERE dirty_hours.device_id = served.device_id AND dirty_hours.hour = served.hour"
)
_FLAG = (
    "UPDATE readings SET quality = judged.quality, tests = judged.tests "
    "FROM unnest(%(ts)s, %(quality)s, %(tests)s) AS judged(ts, quality, tests) "
    "WHERE readings.device_id = %(device_id)s AND readings.ts = judged.ts "
    "AND readings.ts >= %(first)s AND readings.ts <= %(last)s "
    "AND (readings.quality <> judged.quality OR readings.tests IS DISTINCT FROM judged.tests) RETURNING 1"
)
_FLAG_RECENT = (
    "UPDATE readings SET quality = judged.quality, tests = judged.tests "
    "FROM unnest(%(device_id)s, %(ts)s, %(quality)s, %(tests)s) AS judged(device_id, ts, quality, tests) "
    "WHERE readings.device_id = judged.device_id AND readings.ts = judged.ts "
    "AND readings.ts >= %(first)s AND readings.ts <= %(last)s"
)
_FLAG_RECENT_NEWEST = (
    "UPDATE device_state SET quality = judged.quality, tests = judged.tests "
    "FROM unnest(%(device_id)s, %(ts)s, %(quality)s, %(tests)s) AS judged(device_id, ts, quality, tests) "
    "WHERE device_state.device_id = judged.device_id AND device_state.ts = judged.ts"
)
_FLAG_NEWEST = (
    "UPDATE device_state SET quality = judged.quality, tests = judged.tests "
    "FROM unnest(%(ts)s, %(quality)s, %(tests)s) AS judged(ts, quality, tests) "
    "WHERE device_state.device_id = %(device_id)s AND device_state.ts = judged.ts"
)


def take_dirty_hours(session: Session, *, limit: int, device_ids: Sequence[int] | None = None) -> pd.DataFrame:
    """Look up ``limit`` marks to serve, of these devices or of all; they stay until :func:`clear_dirty_hours`.

    Returns
    -------
    DataFrame with columns ``device_id`` (int64), ``hour`` and ``marked_at`` (aware UTC), by device and hour.
    """
    parameters = {"limit": limit, "device_ids": None if device_ids is None else [int(one) for one in device_ids]}
    devices, hours, marks = query_arrays(session, _TAKE, parameters)
    return pd.DataFrame({"device_id": devices, "hour": to_times(hours), "marked_at": to_times(marks, unit="us")})


def clear_dirty_hours(session: Session, taken: pd.DataFrame) -> None:
    """Remove the marks that were taken, except those that have been set again since or are being set now."""
    parameters = {
        "device_id": Int8Array(taken["device_id"].to_numpy()),
        "hour": TimestampArray.of_times(pd.DatetimeIndex(taken["hour"])),
        "marked_at": TimestampArray.of_times(pd.DatetimeIndex(taken["marked_at"])),
    }
    session.connection().exec_driver_sql(_CLEAR, parameters)


def replace_hours(
    session: Session, device_id: int, hours: pd.DataFrame, *, covering: tuple[datetime, datetime]
) -> None:
    """Put these hours in place of all that a device has in ``covering = [start, end)``.

    Parameters
    ----------
    hours
        Index: starts of hours, aware. Columns as the table ``reading_hours``: counts are integers, the rest floats
        with NaN for null, the histograms integer arrays, empty for none.
    covering
        Hours in it that are not in ``hours`` have lost their last reading and disappear.

    Raises
    ------
    BadReadings
        If a column is missing.
    """
    starts = TimestampArray.of_times(pd.DatetimeIndex(hours.index))
    _replace(session, reading_hours, device_id, starts, hours, covering)


def replace_days(session: Session, device_id: int, days: pd.DataFrame, *, covering: tuple[date, date]) -> None:
    """Put these UTC days in place of all that a device has in ``covering = [start, end)``; see :func:`replace_hours`.

    The index is midnight UTC of each day, aware.
    """
    midnights = pd.DatetimeIndex(days.index).as_unit("s").asi8
    _replace(session, reading_days, device_id, DateArray(midnights // 86_400), days, covering)


def put_hours(session: Session, hours: pd.DataFrame) -> None:
    """Write hours of many devices, over those that are there.

    Columns ``device_id`` (int64) and ``hour`` (aware), and those of :func:`replace_hours`.

    Raises
    ------
    BadReadings
        If a column is missing.
    """
    starts = TimestampArray.of_times(pd.DatetimeIndex(hours["hour"]))
    _insert(session, reading_hours, hours["device_id"].to_numpy(), starts, hours, or_update=True)


def put_days(session: Session, days: pd.DataFrame) -> None:
    """Write UTC days of many devices, over those that are there; as :func:`put_hours`, with ``day`` for ``hour``."""
    midnights = pd.DatetimeIndex(days["day"]).as_unit("s").asi8
    _insert(session, reading_days, days["device_id"].to_numpy(), DateArray(midnights // 86_400), days, or_update=True)


def update_recent_flags(session: Session, judged: pd.DataFrame) -> None:
    """Write packed flags and tests to readings of many devices; ``tests`` 0 is stored as null.

    ``judged`` has the columns ``device_id``, ``ts_ms``, ``quality`` and ``tests``, by device and time. What the
    devices' states say about their newest readings follows.
    """
    if judged.empty:
        return
    parameters = {
        "device_id": Int8Array(judged["device_id"].to_numpy()),
        "ts": TimestampArray(judged["ts_ms"].to_numpy()),
        "quality": Int8Array(judged["quality"].to_numpy()),
        "tests": Int8OrNullArray(judged["tests"].to_numpy(), null=0),
        "first": datetime.fromtimestamp(int(judged["ts_ms"].min()) / 1000, UTC),
        "last": datetime.fromtimestamp(int(judged["ts_ms"].max()) / 1000, UTC),
    }
    session.connection().exec_driver_sql(_FLAG_RECENT, parameters)
    session.connection().exec_driver_sql(_FLAG_RECENT_NEWEST, parameters)


def update_flags(
    session: Session,
    device_id: int,
    ts_ms: npt.NDArray[np.int64],
    quality: npt.NDArray[np.integer],
    tests: npt.NDArray[np.integer],
) -> int:
    """Write packed flags and tests to a device's readings, only where they differ; gives how many did.

    ``ts_ms`` is increasing milliseconds since 1970. ``tests`` 0 is stored as null. What the device's state says about
    its newest reading follows.
    """
    if not len(ts_ms):
        return 0
    judged = {
        "device_id": device_id,
        "ts": TimestampArray(ts_ms),
        "quality": Int8Array(quality),
        "tests": Int8OrNullArray(tests, null=0),
    }
    first, last = (datetime.fromtimestamp(int(edge) / 1000, UTC) for edge in (ts_ms[0], ts_ms[-1]))
    changed = len(session.connection().exec_driver_sql(_FLAG, {**judged, "first": first, "last": last}).all())
    if changed:
        session.connection().exec_driver_sql(_FLAG_NEWEST, judged)
    return changed


def _replace(
    session: Session, table: Table, device_id: int, starts: PgArray, frame: pd.DataFrame, covering: tuple[date, date]
) -> None:
    key = table.primary_key.columns.values()[1]
    start, end = covering
    session.execute(delete(table).where(table.c.device_id == device_id, key >= start, key < end))
    _insert(session, table, np.full(len(frame), device_id), starts, frame, or_update=False)


def _insert(
    session: Session, table: Table, device_ids: Any, starts: PgArray, frame: pd.DataFrame, *, or_update: bool
) -> None:
    if frame.empty:
        return
    key = table.primary_key.columns.values()[1].name
    names = [column.name for column in table.columns if column.name not in ("device_id", key)]
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise BadReadings(f"rollups for {table.name} lack the columns {', '.join(missing)}")
    plain = [name for name in names if name not in _HISTOGRAMS]
    parameters: dict[str, Any] = {"device_id": Int8Array(device_ids), key: starts}
    parameters |= {name: _column(frame[name].to_numpy()) for name in plain}
    parameters |= {name: part for column in _HISTOGRAMS for name, part in _histogram(column, frame[column]).items()}
    query = _insert_query(table.name, key, plain) + (_on_conflict(key, names) if or_update else "")
    session.connection().exec_driver_sql(query, parameters)


def _insert_query(table: str, key: str, plain: Sequence[str]) -> str:
    """Compose the INSERT of one rollup table; histograms are cut out of one long array each."""
    keys = ("device_id", key)
    rows = [*keys, *plain, *(f"{name}_{side}" for name in _HISTOGRAMS for side in ("from", "to"))]
    places = ", ".join(f"%({name})s" for name in rows)
    cut = ", ".join(f"nullif((%({name})s)[{name}_from:{name}_to], '{{}}')" for name in _HISTOGRAMS)
    values = ", ".join((*keys, *plain))
    return (
        f"INSERT INTO {table} ({values}, {', '.join(_HISTOGRAMS)}) "  # noqa: S608 (own names)
        f"SELECT {values}, {cut} FROM unnest({places}) AS u({', '.join(rows)})"
    )


def _on_conflict(key: str, names: Sequence[str]) -> str:
    return f" ON CONFLICT (device_id, {key}) DO UPDATE SET " + ", ".join(f"{one} = excluded.{one}" for one in names)


def _column(values: npt.NDArray[Any]) -> PgArray:
    return Int8Array(values) if np.issubdtype(values.dtype, np.integer) else Float8Array(values)


def _histogram(name: str, histograms: pd.Series) -> dict[str, PgArray]:
    """Lay the histograms end to end; ``from`` and ``to`` are PostgreSQL's positions, counted from 1, inclusive."""
    parts = [np.asarray(part, dtype=np.int64) for part in histograms]
    ends = np.cumsum([len(part) for part in parts])
    starts = np.concatenate(([0], ends[:-1])) + 1
    together = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
    return {name: Int4Array(together), f"{name}_from": Int8Array(starts), f"{name}_to": Int8Array(ends)}

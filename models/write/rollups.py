"""Hours and days are written as a whole, never added to: what is recomputed replaces what was there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Table
from sqlalchemy.orm import Session

from models.arrays import (
    DateArray,
    Float8Array,
    Int4Array,
    Int8Array,
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

#: A device with the span ``[start, end)`` of its hours, or of its days, that is being written.
Covering = Sequence[tuple[int, datetime, datetime]]


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


def replace_hours(session: Session, hours: pd.DataFrame, *, covering: Covering) -> None:
    """Put these hours in place of all that some devices have in their spans.

    Parameters
    ----------
    hours
        Columns ``device_id`` (int64), ``hour`` (aware), and those of the table ``reading_hours``: counts are integers,
        the rest floats with NaN for null, the histograms integer arrays, empty for none.
    covering
        Hours in ``[start, end)`` of a device that are not in ``hours`` have lost their last reading and disappear.

    Raises
    ------
    BadReadings
        If a column is missing.
    """
    _drop_others(session, reading_hours, hours["device_id"], _starts_of(hours), covering)
    put_hours(session, hours)


def replace_days(session: Session, days: pd.DataFrame, *, covering: Covering) -> None:
    """Put these UTC days in place of all that some devices have in their spans, from midnight to midnight UTC.

    As :func:`replace_hours`, with ``day`` (midnight, aware) for ``hour``.
    """
    _drop_others(session, reading_days, days["device_id"], _dates_of(days), covering)
    put_days(session, days)


def put_hours(session: Session, hours: pd.DataFrame) -> None:
    """Write hours of many devices, over those that are there and differ; columns as for :func:`replace_hours`.

    Raises
    ------
    BadReadings
        If a column is missing.
    """
    _put(session, reading_hours, _starts_of(hours), hours)


def put_days(session: Session, days: pd.DataFrame) -> None:
    """Write UTC days of many devices, over those that are there and differ; columns as for :func:`replace_days`."""
    _put(session, reading_days, _dates_of(days), days)


def _starts_of(hours: pd.DataFrame) -> PgArray:
    return TimestampArray.of_times(pd.DatetimeIndex(hours["hour"]))


def _dates_of(days: pd.DataFrame) -> PgArray:
    return DateArray(pd.DatetimeIndex(days["day"]).as_unit("s").asi8 // 86_400)


def _drop_others(session: Session, table: Table, device_ids: pd.Series, starts: PgArray, covering: Covering) -> None:
    """Delete what some devices have in their spans beside what starts at ``starts``."""
    ids, firsts, ends = zip(*covering, strict=True)
    key = table.primary_key.columns.values()[1].name
    query = (
        f"DELETE FROM {table.name} AS old "  # noqa: S608 (own names)
        "USING unnest(%(ids)s, %(firsts)s, %(ends)s) AS covered(device_id, first, until) "
        f"WHERE old.device_id = covered.device_id AND old.{key} >= covered.first AND old.{key} < covered.until "
        f"AND (old.device_id, old.{key}) NOT IN (SELECT * FROM unnest(%(device_ids)s, %(starts)s))"
    )
    given = {"ids": Int8Array(ids), "device_ids": Int8Array(device_ids.to_numpy()), "starts": starts}
    edges = {"firsts": TimestampArray.of_times(pd.DatetimeIndex(firsts))}
    edges["ends"] = TimestampArray.of_times(pd.DatetimeIndex(ends))
    session.connection().exec_driver_sql(query, {**given, **edges})


def _put(session: Session, table: Table, starts: PgArray, frame: pd.DataFrame) -> None:
    key = table.primary_key.columns.values()[1].name
    names = [column.name for column in table.columns if column.name not in ("device_id", key)]
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise BadReadings(f"rollups for {table.name} lack the columns {', '.join(missing)}")
    if frame.empty:
        return
    plain = [name for name in names if name not in _HISTOGRAMS]
    parameters: dict[str, Any] = {"device_id": Int8Array(frame["device_id"].to_numpy()), key: starts}
    parameters |= {name: _column(frame[name].to_numpy()) for name in plain}
    parameters |= {name: part for column in _HISTOGRAMS for name, part in _histogram(column, frame[column]).items()}
    query = _insert_query(table.name, key, plain) + _on_conflict(table.name, key, names)
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


def _on_conflict(table: str, key: str, names: Sequence[str]) -> str:
    """Compose what becomes of a row that is there: most of what is computed again is what it was, and stays."""
    changes = ", ".join(f"{one} = excluded.{one}" for one in names)
    old, new = (", ".join(f"{side}.{one}" for one in names) for side in (table, "excluded"))
    return f" ON CONFLICT (device_id, {key}) DO UPDATE SET {changes} WHERE ({old}) IS DISTINCT FROM ({new})"


def _column(values: npt.NDArray[Any]) -> PgArray:
    return Int8Array(values) if np.issubdtype(values.dtype, np.integer) else Float8Array(values)


def _histogram(name: str, histograms: pd.Series) -> dict[str, PgArray]:
    """Lay the histograms end to end; ``from`` and ``to`` are PostgreSQL's positions, counted from 1, inclusive."""
    parts = histograms.to_list()
    ends = np.cumsum([len(part) for part in parts])
    starts = np.concatenate(([0], ends[:-1])) + 1
    together = np.concatenate(parts)
    return {name: Int4Array(together), f"{name}_from": Int8Array(starts), f"{name}_to": Int8Array(ends)}

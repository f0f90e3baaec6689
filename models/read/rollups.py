"""Hours and days of many devices as frames: what long ranges and fleet-wide pages are drawn from."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import BigInteger, Column, Date, DateTime, Double, Integer, Table, func, select
from sqlalchemy.orm import Session

from models.arrays import EPOCH_SHIFT_DAYS, is_among, query_arrays, to_times, unpack, unpack_int4_arrays
from models.errors import BadReadings
from models.tables import ROLLUP_QUANTITIES, reading_days, reading_hours

#: The columns of both tables beside the key and the histograms, which are most of what there is to read.
PLAIN_COLUMNS = tuple(
    column.name for column in reading_hours.columns if not column.primary_key and not column.name.endswith("_hist")
)
_HISTOGRAMS = tuple(f"{quantity}_hist" for quantity in ROLLUP_QUANTITIES)
#: Type of a column -> the function that gives its bytes, and what numpy calls them.
_SENT: Mapping[type, tuple[str, str]] = MappingProxyType(
    {
        BigInteger: ("int8send", "i8"),
        Integer: ("int4send", "i4"),
        Double: ("float8send", "f8"),
        DateTime: ("timestamptz_send", "i8"),
        Date: ("date_send", "i4"),
    }
)


def hours_frame(
    session: Session,
    device_ids: Sequence[int],
    start: datetime,
    end: datetime,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read the hours in ``[start, end)`` of these devices, by device and hour.

    Parameters
    ----------
    columns
        Columns of the table ``reading_hours`` beside the key; None gives all, histograms included.

    Returns
    -------
    DataFrame with ``device_id`` (int64), ``hour`` (aware UTC) and the columns: counts int64, the rest float64 with
    NaN for null, histograms int32 arrays, empty for null.

    Raises
    ------
    BadReadings
        If a column is asked for that the table does not have.
    """
    frame = _frame(session, reading_hours, device_ids, (start, end), columns)
    frame["hour"] = to_times(frame["hour"].to_numpy())
    return frame


def days_frame(
    session: Session, device_ids: Sequence[int], start: date, end: date, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read the UTC days in ``[start, end)`` of these devices, as :func:`hours_frame`; ``day`` is midnight UTC, aware.

    A ``start`` or ``end`` with a time of day means the day it falls on.
    """
    edges = tuple(edge.date() if isinstance(edge, datetime) else edge for edge in (start, end))
    frame = _frame(session, reading_days, device_ids, edges, columns)
    days = frame["day"].to_numpy().astype(np.int64) + EPOCH_SHIFT_DAYS
    frame["day"] = pd.DatetimeIndex(days.astype("M8[D]").astype("M8[s]"), tz="UTC").as_unit("ms")
    return frame


def _frame(
    session: Session,
    table: Table,
    device_ids: Sequence[int],
    edges: tuple[date, ...],
    columns: Sequence[str] | None,
) -> pd.DataFrame:
    key = str(table.primary_key.columns.values()[1].name)
    known = [column.name for column in table.columns if column.name not in ("device_id", key)]
    names = known if columns is None else list(columns)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadReadings(f"{table.name} has no column {', '.join(unknown)}; it has {', '.join(known)}")
    given = {"device_ids": [int(one) for one in device_ids], "start": edges[0], "end": edges[1]}
    wanted = ("device_id", key, *names)
    packed = [f"coalesce(string_agg({one}, ''), '')" for name in wanted for one in _expressions(table.columns[name])]
    query = (
        f"SELECT {', '.join(packed)} FROM (SELECT {', '.join(wanted)} FROM {table.name} "  # noqa: S608 (own names)
        f"WHERE device_id = ANY(%(device_ids)s::bigint[]) AND {key} >= %(start)s AND {key} < %(end)s "
        f"ORDER BY device_id, {key}) AS r"
    )
    found = iter(query_arrays(session, query, given))
    return pd.DataFrame({name: _values(table.columns[name], found) for name in wanted}, copy=False)


def _expressions(column: Column) -> Sequence[str]:
    """Give the SQL of the bytes of a column, nulls replaced; of a histogram, also its length."""
    name = column.name
    if name in _HISTOGRAMS:
        return f"int4send(coalesce(cardinality({name}), 0))", f"array_send(coalesce({name}, '{{}}'))"
    send, _ = _SENT[type(column.type)]
    return (f"{send}(coalesce({name}, 'NaN'))" if column.nullable else f"{send}({name})",)


def _values(column: Column, found: Iterator[bytes]) -> npt.NDArray[Any] | list[npt.NDArray[np.int32]]:
    """Read a column; every histogram of many thousands is cut out by plain slices, at a tenth of ``np.split``."""
    if column.name not in _HISTOGRAMS:
        return unpack(next(found), _SENT[type(column.type)][1])
    lengths = unpack(next(found), "i4")
    together, ends = unpack_int4_arrays(next(found), lengths), np.cumsum(lengths).tolist()
    return [together[start:end] for start, end in pairwise([0, *ends])]


def first_day(session: Session, device_ids: Sequence[int]) -> date | None:
    """Give the first UTC day that any of these devices has; None if none has any."""
    days = select(func.min(reading_days.c.day)).where(is_among(reading_days.c.device_id, device_ids))
    return session.scalar(days)

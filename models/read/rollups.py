"""Hours and days of many devices as frames: what long ranges and fleet-wide pages are drawn from."""

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from models.arrays import EPOCH_SHIFT_DAYS, query_arrays, to_times
from models.errors import BadReadings
from models.tables import ROLLUP_QUANTITIES, reading_days, reading_hours

_HISTOGRAMS = tuple(f"{quantity}_hist" for quantity in ROLLUP_QUANTITIES)


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
    plain = ["device_id", key, *(name for name in names if name not in _HISTOGRAMS)]
    histograms = [name for name in names if name in _HISTOGRAMS]
    given = {"device_ids": [int(one) for one in device_ids], "start": edges[0], "end": edges[1]}
    rows = (
        f"SELECT * FROM {table.name} WHERE device_id = ANY(%(device_ids)s::bigint[]) "  # noqa: S608 (names of the table)
        f"AND {key} >= %(start)s AND {key} < %(end)s ORDER BY device_id, {key}"
    )
    aggregates = [f"coalesce(array_agg({_expression(table, name)}), '{{}}')" for name in plain]
    aggregates += [f"coalesce(array_agg(coalesce(cardinality({name}), 0)), '{{}}')" for name in histograms]
    found = query_arrays(session, f"SELECT {', '.join(aggregates)} FROM ({rows}) AS r", given)  # noqa: S608
    data: dict[str, object] = dict(zip(plain, found[: len(plain)], strict=True))
    for name, lengths in zip(histograms, found[len(plain) :], strict=True):
        data[name] = _histograms(session, name, lengths, rows, given)
    return pd.DataFrame({name: data[name] for name in ("device_id", key, *names)})


def _expression(table: Table, name: str) -> str:
    """Give a column without nulls, which a plain array could not hold."""
    return f"coalesce({name}, 'NaN')" if table.columns[name].nullable else name


def _histograms(
    session: Session, name: str, lengths: npt.NDArray[np.int32], rows: str, given: dict[str, object]
) -> list[npt.NDArray[np.int32]]:
    """Read the histograms of the same rows end to end and cut them apart again."""
    key = "hour" if "FROM reading_hours" in rows else "day"
    query = (
        f"SELECT coalesce(array_agg(seconds ORDER BY device_id, {key}, place), '{{}}') "  # noqa: S608 (names of the table)
        f"FROM ({rows}) AS r, unnest({name}) WITH ORDINALITY AS h(seconds, place)"
    )
    (together,) = query_arrays(session, query, given)
    return np.split(together, np.cumsum(lengths)[:-1]) if len(lengths) else []


def first_day(session: Session, device_ids: Sequence[int]) -> date | None:
    """Give the first UTC day that any of these devices has; None if none has any."""
    days = select(func.min(reading_days.c.day)).where(reading_days.c.device_id.in_(device_ids))
    return session.scalar(days)

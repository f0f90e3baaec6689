"""What many devices sent lately, at once: one question instead of one per device."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.arrays import query_arrays, to_epoch_ms, unpack
from models.read.readings import EXPRESSIONS
from models.tables import FlagOverride


def recent_readings(
    session: Session, device_ids: Sequence[int], start: datetime, end: datetime, columns: Sequence[str]
) -> pd.DataFrame:
    """Read the readings of these devices in ``[start, end)``, by device and time.

    Parameters
    ----------
    columns
        Any of ``models.read.readings.READING_COLUMNS``.

    Returns
    -------
    DataFrame with ``device_id`` (int64), ``ts_ms`` (int64, milliseconds since 1970) and the columns, in the types of
    :func:`models.read.readings.readings_frame`.
    """
    expressions = {"device_id": ("int8send(device_id)", "i8"), **{one: EXPRESSIONS[one] for one in ("ts", *columns)}}
    packed = ", ".join(f"coalesce(string_agg({one}, ''), '')" for one, _ in expressions.values())
    query = (
        f"SELECT {packed} FROM (SELECT * FROM readings WHERE device_id = ANY(%(device_ids)s::bigint[]) "  # noqa: S608
        "AND ts >= %(start)s AND ts < %(end)s ORDER BY device_id, ts) AS r"
    )
    given = {"device_ids": [int(one) for one in device_ids], "start": start, "end": end}
    found = query_arrays(session, query, given)
    values = {name: unpack(data, kind) for (name, (_, kind)), data in zip(expressions.items(), found, strict=True)}
    return pd.DataFrame({"device_id": values.pop("device_id"), "ts_ms": to_epoch_ms(values.pop("ts")), **values})


#: Spans are read together if that reads at most so much more than there is in any of them.
_MOST_SPREAD = 1.25

#: Column -> its values, and under ``ts_ms`` (int64) the times in milliseconds since 1970, increasing.
Readings = Mapping[str, npt.NDArray[Any]]


def span_readings(
    session: Session, spans: Sequence[tuple[int, datetime, datetime]], columns: Sequence[str]
) -> list[Readings]:
    """Read a span ``[start, end)`` of each of these devices, by id; a device may have several.

    ``columns`` are any of ``models.read.readings.READING_COLUMNS``; the types are those of
    :func:`models.read.readings.readings_frame`.
    """
    found: dict[int, Readings] = {}
    for numbers in _of_nearly_one_span(spans):
        ids, starts, ends = zip(*(spans[number] for number in numbers), strict=True)
        frame = recent_readings(session, ids, min(starts), max(ends), columns)
        columns_of = {name: frame[name].to_numpy() for name in ("ts_ms", *columns)}
        edges = np.searchsorted(frame["device_id"].to_numpy(), np.add.outer([0, 1], ids))
        for number, start, end, (first, last) in zip(numbers, starts, ends, edges.T.tolist(), strict=True):
            ts_ms = columns_of["ts_ms"][first:last]
            inside = slice(*(first + np.searchsorted(ts_ms, [_ms(start), _ms(end)])).tolist())
            found[number] = {name: values[inside] for name, values in columns_of.items()}
    return [found[number] for number in range(len(spans))]


def _of_nearly_one_span(spans: Sequence[tuple[int, datetime, datetime]]) -> Iterator[list[int]]:
    """Group spans, by their place in the list, that are read together at little more than the cost of each."""
    group: list[int] = []
    for number in sorted(range(len(spans)), key=lambda one: spans[one][1:]):
        starts, ends = zip(*(spans[one][1:] for one in [*group, number]), strict=True)
        shortest = min(end - start for start, end in zip(starts, ends, strict=True))
        if group and max(ends) - min(starts) > _MOST_SPREAD * shortest:
            yield group
            group = []
        group.append(number)
    if group:
        yield group


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def devices_with_overrides(session: Session, start: datetime, end: datetime) -> set[int]:
    """Name the devices of which a person has decided flags in force in ``[start, end)``."""
    query = select(FlagOverride.device_id).where(
        FlagOverride.voided_at.is_(None), FlagOverride.start_at < end, FlagOverride.end_at > start
    )
    return set(session.scalars(query))

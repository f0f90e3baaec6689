"""The histograms of many hours or days at once, laid flat: what a band that never was is counted with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy.orm import Session

from models.arrays import EPOCH_SHIFT_DAYS, query_arrays, to_times
from models.errors import BadReadings
from models.tables import ROLLUP_QUANTITIES

IntArray = npt.NDArray[np.int64]
#: Words of four bytes before the values of an array as ``array_send`` writes it; an empty one has fewer.
_HEAD, _EMPTY_HEAD = 5, 3


@dataclass(frozen=True, slots=True)
class Histograms:
    """Seconds by value bin of n hours or days.

    ``device_id`` and ``start`` (aware UTC) have shape (n,). ``row`` (which of the n), ``bin`` (floor of value over bin
    width) and ``seconds`` have one entry for every occupied bin, rows in order.
    """

    device_id: IntArray
    start: pd.DatetimeIndex
    row: IntArray
    bin: IntArray
    seconds: IntArray


def read_histograms(
    session: Session,
    prefix: str,
    per: Literal["hour", "day"],
    device_ids: Sequence[int],
    start: datetime,
    end: datetime,
) -> Histograms:
    """Read the histograms of one quantity of these devices in ``[start, end)``, by device and time.

    Days are those of UTC; a ``start`` or ``end`` with a time of day means the day it falls on. ``prefix`` is one of
    ``models.tables.ROLLUP_QUANTITIES``.

    Raises
    ------
    BadReadings
        If there is no such quantity.
    """
    if prefix not in ROLLUP_QUANTITIES:
        raise BadReadings(f"there are no histograms of {prefix!r}, only of {', '.join(ROLLUP_QUANTITIES)}")
    # The server lays its arrays end to end as they are; cutting them apart here costs a tenth of unnesting them there.
    query = (
        "SELECT coalesce(array_agg(device_id), '{}'), coalesce(array_agg(at), '{}'), "  # noqa: S608 (names of ours)
        "coalesce(array_agg(cardinality(hist)), '{}'), coalesce(string_agg(array_send(hist), ''), '') "
        f"FROM (SELECT device_id, {per} AS at, coalesce({prefix}_hist, '{{}}') AS hist FROM reading_{per}s "
        f"WHERE device_id = ANY(%(device_ids)s::bigint[]) AND {per} >= %(start)s AND {per} < %(end)s "
        f"ORDER BY device_id, {per}) AS r"
    )
    edges: tuple[date, date] = (start, end) if per == "hour" else (start.date(), end.date())
    given = {"device_ids": [int(one) for one in device_ids], "start": edges[0], "end": edges[1]}
    ids, at, lengths, packed = query_arrays(session, query, given)
    starts = to_times(at) if per == "hour" else _days(at)
    return Histograms(ids, starts, *_flat(lengths.astype(np.int64), np.frombuffer(packed, dtype=">i4")))


def _flat(lengths: IntArray, words: npt.NDArray[np.int32]) -> tuple[IntArray, IntArray, IntArray]:
    """Cut arrays ``[first bin, seconds, seconds, …]`` of these lengths out of what ``array_send`` wrote."""
    sizes = np.where(lengths > 0, _HEAD + 2 * lengths, _EMPTY_HEAD)
    # Every value is a pair: its length in bytes, then itself.
    first_value = np.cumsum(sizes) - sizes + _HEAD + 1
    counts = np.maximum(lengths - 1, 0)
    row = np.repeat(np.arange(lengths.size), counts)
    place = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)
    seconds = words[first_value[row] + 2 * (place + 1)].astype(np.int64)
    lowest = np.zeros(lengths.size, dtype=np.int64)
    filled = lengths > 0
    lowest[filled] = words[first_value[filled]]
    occupied = np.flatnonzero(seconds)
    return row[occupied], (lowest[row] + place)[occupied], seconds[occupied]


def _days(days: npt.NDArray[np.int32]) -> pd.DatetimeIndex:
    since_1970 = days.astype(np.int64) + EPOCH_SHIFT_DAYS
    return pd.DatetimeIndex(since_1970.astype("M8[D]").astype("M8[s]"), tz="UTC").as_unit("ms")

"""The histograms of many hours or days at once, laid flat: what a band that never was is counted with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy.orm import Session

from models.arrays import EPOCH_SHIFT_DAYS, query_arrays, to_times, unpack, unpack_int4_arrays
from models.errors import BadReadings
from models.read.rollups import days_frame, hours_frame
from models.tables import ROLLUP_QUANTITIES

IntArray = npt.NDArray[np.int64]

_HISTOGRAMS = tuple(f"{prefix}_hist" for prefix in ROLLUP_QUANTITIES)


@dataclass(frozen=True, slots=True)
class Histograms:
    """Seconds by value bin of n hours or days.

    ``device_id``, ``start`` (aware UTC), ``first_bin`` (floor of the lowest value over bin width) and ``bins`` (how
    many follow, 0 where no value was usable) have shape (n,). ``seconds`` are those of all bins, row after row.
    """

    device_id: IntArray
    start: pd.DatetimeIndex
    first_bin: IntArray
    bins: IntArray
    seconds: IntArray

    @property
    def begin(self) -> IntArray:
        """Give where each row begins in ``seconds``, shape (n,)."""
        return np.cumsum(self.bins) - self.bins

    def occupied(self) -> tuple[IntArray, IntArray, IntArray]:
        """Give row, bin and seconds of every bin that holds any, rows in order."""
        row = np.repeat(np.arange(self.bins.size), self.bins)
        place = np.arange(row.size) - np.repeat(self.begin, self.bins)
        filled = np.flatnonzero(self.seconds)
        return row[filled], (self.first_bin[row] + place)[filled], self.seconds[filled]


def histograms_of_span(
    session: Session, device_id: int, start: datetime, end: datetime
) -> dict[str, list[npt.NDArray[np.int32]]]:
    """Read histograms whose sum is that of a device's hours in ``[start, end)``, of every rollup quantity.

    Whole days are given as one each: a year is 365 histograms, not 8760. Those without a value are empty.
    """
    first, last = _midnight(start + timedelta(days=1) - timedelta.resolution), _midnight(end)
    if first < last:
        parts = [
            hours_frame(session, [device_id], start, first, _HISTOGRAMS),
            days_frame(session, [device_id], first, last, _HISTOGRAMS),
            hours_frame(session, [device_id], last, end, _HISTOGRAMS),
        ]
    else:
        parts = [hours_frame(session, [device_id], start, end, _HISTOGRAMS)]
    return {prefix: [one for part in parts for one in part[f"{prefix}_hist"]] for prefix in ROLLUP_QUANTITIES}


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


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
    query = (
        "SELECT coalesce(string_agg(int8send(device_id), ''), ''), "  # noqa: S608 (names of ours)
        f"coalesce(string_agg({'timestamptz' if per == 'hour' else 'date'}_send(at), ''), ''), "
        "coalesce(string_agg(int4send(cardinality(hist)), ''), ''), coalesce(string_agg(array_send(hist), ''), '') "
        f"FROM (SELECT device_id, {per} AS at, coalesce({prefix}_hist, '{{}}') AS hist FROM reading_{per}s "
        f"WHERE device_id = ANY(%(device_ids)s::bigint[]) AND {per} >= %(start)s AND {per} < %(end)s "
        f"ORDER BY device_id, {per}) AS r"
    )
    edges: tuple[date, date] = (start, end) if per == "hour" else (start.date(), end.date())
    given = {"device_ids": [int(one) for one in device_ids], "start": edges[0], "end": edges[1]}
    ids, at, lengths, packed = query_arrays(session, query, given)
    starts = to_times(unpack(at, "i8")) if per == "hour" else _days(unpack(at, "i4"))
    return Histograms(unpack(ids, "i8"), starts, *_flat(unpack(lengths, "i4").astype(np.int64), packed))


def _flat(lengths: IntArray, packed: bytes) -> tuple[IntArray, IntArray, IntArray]:
    """Part arrays ``[first bin, seconds, seconds, …]`` of these lengths into first bins, bins and seconds."""
    together = unpack_int4_arrays(packed, lengths)
    filled = lengths > 0
    heads = (np.cumsum(lengths) - lengths)[filled]
    first_bin = np.zeros(lengths.size, dtype=np.int64)
    first_bin[filled] = together[heads]
    is_second = np.ones(together.size, dtype=bool)
    is_second[heads] = False
    return first_bin, np.maximum(lengths - 1, 0), together[is_second].astype(np.int64)


def _days(days: npt.NDArray[np.int32]) -> pd.DatetimeIndex:
    since_1970 = days.astype(np.int64) + EPOCH_SHIFT_DAYS
    return pd.DatetimeIndex(since_1970.astype("M8[D]").astype("M8[s]"), tz="UTC").as_unit("ms")

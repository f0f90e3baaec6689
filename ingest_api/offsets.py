"""Corrections of values that were sent without millivolts: a gap found at a visit, added or spread over time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.drift import share_of_time
from ingest_api.sent import FloatArray, IntArray
from ingest_api.timestamps import milliseconds
from models.read.calibrations import CalibrationRow


@dataclass(frozen=True, slots=True)
class Offset:
    """One correction of the readings in ``start_ms`` to ``end_ms``: true value minus reading, in the value's unit.

    With ``grows`` it rises in time from nothing at the start to ``gap`` at the end; else it holds throughout. As in
    :func:`analytics.drift.correct_drifts`, a reading at the moment of a visit belongs to the drift that ends there.
    """

    id: int
    start_ms: int
    end_ms: int
    gap: float
    grows: bool


#: Beyond every reading.
_FOR_EVER_MS = 2**62


def offsets_of(rows: Sequence[CalibrationRow]) -> list[Offset]:
    """Give each correction of one probe (method ``offset``, in order) its stretch.

    A drift reaches back to its start, a step on to the next visit.
    """
    visits = [milliseconds(row.valid_from) for row in rows]
    before, after = [None, *visits[:-1]], [*visits[1:], _FOR_EVER_MS]
    made = map(_offset, rows, visits, before, after)
    return [one for one in made if one.start_ms < one.end_ms]


def apply_offsets(ts_ms: IntArray, values: FloatArray, offsets: Sequence[Offset]) -> tuple[FloatArray, IntArray]:
    """Correct values of one device, shape (n,), and say by which correction; 0 where none applies.

    Where stretches overlap, the one that began last counts: corrections are never added on top of each other.
    """
    corrected, ids = values.copy(), np.zeros(ts_ms.size, dtype=np.int64)
    for one in sorted(offsets, key=lambda offset: offset.start_ms):
        after_start = ts_ms > one.start_ms if one.grows else ts_ms >= one.start_ms
        before_end = ts_ms <= one.end_ms if one.grows else ts_ms < one.end_ms
        inside = after_start & before_end
        share = share_of_time(ts_ms[inside], one.start_ms, one.end_ms) if one.grows else 1.0
        corrected[inside] = values[inside] + one.gap * share
        ids[inside] = one.id
    return corrected, ids


def _offset(row: CalibrationRow, own_ms: int, previous: int | None, following: int) -> Offset:
    gap = float(row.parameters["gap"])
    if row.transition != "blend":
        return Offset(row.id, own_ms, following, gap, grows=False)
    start_ms = row.parameters.get("start_ms") or previous or own_ms
    return Offset(row.id, int(start_ms), own_ms, gap, grows=True)

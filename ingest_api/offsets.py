"""Corrections of values that were sent without millivolts: a gap found at a visit, added or spread over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics.drift import share_of_time
from ingest_api.sent import FloatArray, IntArray


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


def offsets_of(frame: pd.DataFrame) -> dict[tuple[int, str], list[Offset]]:
    """Take the corrections of each device and quantity from rows of ``calibrations_frame`` with method ``offset``."""
    ordered = frame.sort_values(["device_id", "quantity", "valid_from", "id"])
    rows = ordered.assign(ms=pd.DatetimeIndex(ordered["valid_from"]).as_unit("ms").asi8).to_dict("records")
    found: dict[tuple[int, str], list[dict[Any, Any]]] = {}
    for row in rows:
        found.setdefault((int(row["device_id"]), str(row["quantity"])), []).append(row)
    return {key: _offsets(of_probe) for key, of_probe in found.items()}


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


def _offsets(rows: Sequence[Mapping[Any, Any]]) -> list[Offset]:
    """Give each correction its stretch: a drift reaches back to its start, a step on to the next visit."""
    visits = [int(row["ms"]) for row in rows]
    before, after = [None, *visits[:-1]], [*visits[1:], _FOR_EVER_MS]
    made = map(_offset, rows, before, after)
    return [one for one in made if one.start_ms < one.end_ms]


def _offset(row: Mapping[Any, Any], previous: int | None, following: int) -> Offset:
    number, gap, own_ms = int(row["id"]), float(row["parameters"]["gap"]), int(row["ms"])
    if row["transition"] != "blend":
        return Offset(number, own_ms, following, gap, grows=False)
    start_ms = row["parameters"].get("start_ms") or previous or own_ms
    return Offset(number, int(start_ms), own_ms, gap, grows=True)

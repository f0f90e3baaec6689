"""Corrections of finished values: the gap to a meter found at a visit, held from then on or spread over time before.

The gap is added to a value however it came about, as sent or from millivolts. Every visit to a probe ends what the
visit before left behind: a probe that was calibrated anew has no gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.drift import share_of_time
from ingest_api.sent import FloatArray, IntArray
from ingest_api.timestamps import milliseconds
from models.read.calibrations import CalibrationRow

#: Beyond every reading.
_FOR_EVER_MS = 2**62


@dataclass(frozen=True, slots=True)
class Check:
    """One visit to a probe; gaps are true value minus reading, in the value's unit.

    ``left`` holds from the visit on. With ``drifts`` the readings before it go, in time, from what the visit before
    left (or from ``since_ms``, if that is later) to ``found``.
    """

    id: int
    at_ms: int
    left: float
    found: float
    drifts: bool
    since_ms: int | None = None


def checks_of(rows: Sequence[CalibrationRow]) -> list[Check]:
    """Give the visits to one probe, all its calibrations in order; empty if no gap was ever found at any of them."""
    if all(row.method != "offset" for row in rows):
        return []
    return [_check(row) for row in rows]


def apply_offsets(ts_ms: IntArray, values: FloatArray, checks: Sequence[Check]) -> tuple[FloatArray, IntArray]:
    """Correct values of one device, shape (n,), and say by which visit; 0 where none changes anything.

    As in :func:`analytics.drift.correct_drifts`, a reading at the moment of a visit belongs to the drift that ends
    there.
    """
    gaps, ids = np.zeros(ts_ms.size), np.zeros(ts_ms.size, dtype=np.int64)
    ends = [*(one.at_ms for one in checks[1:]), _FOR_EVER_MS]
    for one, end_ms in zip(checks, ends, strict=False):
        held = (ts_ms >= one.at_ms) & (ts_ms < end_ms)
        gaps[held], ids[held] = one.left, one.id if one.left else 0
    for place, one in enumerate(checks):
        before = next((other for other in reversed(checks[:place]) if other.at_ms < one.at_ms), None)
        start_ms = max(one.since_ms or 0, before.at_ms if before else 0)
        if not one.drifts or not 0 < start_ms < one.at_ms:
            continue
        inside = (ts_ms > start_ms) & (ts_ms <= one.at_ms)
        left = before.left if before else 0.0
        gaps[inside] = left + (one.found - left) * share_of_time(ts_ms[inside], start_ms, one.at_ms)
        ids[inside] = one.id
    return values + gaps, ids


def _check(row: CalibrationRow) -> Check:
    at_ms = milliseconds(row.valid_from)
    if row.method != "offset":
        return Check(0, at_ms, 0.0, 0.0, drifts=False)
    left = float(row.parameters["gap"])
    found = float(row.as_found["gap"]) if row.as_found else left
    return Check(row.id, at_ms, left, found, row.transition == "blend", row.parameters.get("start_ms"))

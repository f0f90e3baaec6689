"""Quality tests that compare a reading with its neighbours in time (QARTOD: spike, rate, flat line, attenuated, gap).

Every test works on real time differences, so uneven sampling is judged rightly. All take ``stamps_s`` (shape (n,),
increasing, seconds) and ``values`` of the same shape, NaN where there is none, and return flags of that shape:
1 passed, 2 not evaluated (neighbours too far away or not enough of them), 3 suspect, 4 fail, 9 missing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.indexers import BaseIndexer

from analytics.flags import Flag, FlagArray
from analytics.holding import CAP_INTERVALS
from analytics.time_limits import FlatLimits, Size

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# A change per hour is measured over at least this long: one step of a DS18B20 within 10 s would be 22 °C/h.
RATE_BASELINE_S = 900.0
# Fewer equal readings than this are a coincidence, however far apart they are.
_FEWEST_FLAT = 6
_DAY_S = 86_400.0
# A day's range is only a day's range if this share of its readings is there.
_DAY_COVERAGE = 0.7
_COMPANY_S = 7200.0
_COMPANY_INTERVALS = 12
_FEWEST_ROUGH = 6
_BAD_SHARE = 0.3
# The decimal steps that values may be written in, coarsest first.
_STEPS = np.array([100.0, 10.0, 1.0, 0.1, 0.01, 0.001, 0.0001])


def spike_test(stamps_s: FloatArray, values: FloatArray, *, suspect: Size, fail: Size, interval_s: float) -> FlagArray:
    """Find single readings that stick out from both neighbours.

    A spike is farther than the threshold from the mean of its neighbours and, on the same side, at least half as
    far from the nearer one; so the edge of a step (a dose, a top-up) is not a spike. Relative thresholds refer to
    the neighbours' mean. Neighbours are the nearest readings that exist, at most three intervals away.
    """
    finite = np.isfinite(values)
    flags = np.full(int(finite.sum()), np.uint8(Flag.NOT_EVALUATED))
    kept, at = values[finite], stamps_s[finite]
    if kept.size > 2:
        before, here, after = kept[:-2], kept[1:-1], kept[2:]
        mean = (before + after) / 2
        size = np.abs(here - mean)
        nearer = np.minimum(np.abs(here - before), np.abs(here - after))
        sticks_out = ((here - before) * (here - after) > 0) & (nearer >= size / 2)
        steps = np.diff(at)
        close = np.maximum(steps[:-1], steps[1:]) <= CAP_INTERVALS * interval_s
        flags[1:-1] = np.select(
            [~close, sticks_out & (size > fail.at(mean)), sticks_out & (size > suspect.at(mean))],
            [Flag.NOT_EVALUATED, Flag.FAIL, Flag.SUSPECT],
            default=Flag.GOOD,
        )
    return _spread(flags, finite)


def rate_of_change_test(stamps_s: FloatArray, values: FloatArray, *, per_hour: Size, interval_s: float) -> FlagArray:
    """Find readings that changed faster than ``per_hour`` since the reading 15 minutes (or one interval) before.

    Only ever suspect, as in QARTOD: a dose changes water that fast. The relative part refers to the earlier value.
    """
    finite = np.isfinite(values)
    kept, at = values[finite], stamps_s[finite]
    earlier = np.searchsorted(at, at - RATE_BASELINE_S, side="right") - 1
    span = at - at[earlier]
    evaluated = (earlier >= 0) & (span <= RATE_BASELINE_S + CAP_INTERVALS * interval_s)
    hours = np.where(evaluated, span, 1.0) / 3600.0
    fast = np.abs(kept - kept[earlier]) / hours > per_hour.at(kept[earlier])
    flags = np.select([~evaluated, fast], [Flag.NOT_EVALUATED, Flag.SUSPECT], default=Flag.GOOD)
    return _spread(flags.astype(np.uint8), finite)


def flat_line_test(stamps_s: FloatArray, values: FloatArray, *, limits: FlatLimits, interval_s: float) -> FlagArray:
    """Find readings that end a stretch during which the signal stayed within ``limits.tolerance``.

    The stretch must be free of gaps and hold at least six readings; the readings at its beginning pass, because
    nothing was known against them.
    """
    finite = np.isfinite(values)
    kept, at = values[finite], stamps_s[finite]
    flags = np.full(kept.size, np.uint8(Flag.GOOD))
    # The last binary digit of a stored decimal must not hide an equality.
    tolerance = limits.tolerance * (1 + 1e-9)
    # A window that holds a single step beyond the tolerance needs no closer look, and nearly every one does.
    moved = np.abs(np.diff(kept, prepend=kept[:1])) > tolerance
    last_step = np.maximum.accumulate(np.where(moved, np.arange(kept.size), 0))
    for duration_s, flag in ((limits.suspect_s, Flag.SUSPECT), (limits.fail_s, Flag.FAIL)):
        windows = _windows_of(at, duration_s, interval_s)
        stuck = windows.full & (last_step <= windows.start)
        if stuck.any():
            stuck &= windows.spread_of(kept) <= tolerance
        flags[stuck] = flag
        if not stuck.any():
            break  # what never rested for the short time did not rest for the long one
    return _spread(flags, finite)


def attenuated_test(stamps_s: FloatArray, values: FloatArray, *, least_range: Size, interval_s: float) -> FlagArray:
    """Find readings at the end of 24 h in which the signal moved less than ``least_range``; suspect only.

    Not evaluated where less than 70 % of the 24 h hold readings. The relative part refers to the reading itself.
    """
    finite = np.isfinite(values)
    kept, at = values[finite], stamps_s[finite]
    start = np.searchsorted(at, at - _DAY_S, side="left")
    windows = _Windows(start, np.arange(at.size) + 1, np.ones(at.size, dtype=bool))
    enough = (at - at[start] >= _DAY_COVERAGE * _DAY_S) & (
        windows.stop - start >= max(_DAY_COVERAGE * _DAY_S / interval_s, _FEWEST_FLAT)
    )
    quiet = enough & (windows.spread_of(kept) < least_range.at(kept)) if enough.any() else enough
    flags = np.select([~enough, quiet], [Flag.NOT_EVALUATED, Flag.SUSPECT], default=Flag.GOOD)
    return _spread(flags.astype(np.uint8), finite)


def noise_test(
    stamps_s: FloatArray, values: FloatArray, *, limit: Size, interval_s: float, apart_s: float = np.inf
) -> FlagArray:
    """Find readings of a signal that has been jumping about; suspect only.

    Suspect where, over the last twelve readings, the median distance of a reading from the mean of its neighbours
    exceeds ``limit`` (relative part: of their mean). A tide or a dose is smooth and passes. Not evaluated where
    the twelve readings reach back more than 24 intervals. A step of ``apart_s`` leads to another series.
    """
    finite = np.isfinite(values)
    kept, at = values[finite], stamps_s[finite]
    roughness = np.abs(kept - 2 * np.roll(kept, 1) + np.roll(kept, 2)) / 2
    rows, first = np.arange(at.size), first_of_series(at, apart_s)
    roughness[rows < first + 2] = np.nan
    windows = _Windows(np.maximum(rows - _COMPANY_INTERVALS + 1, first), rows + 1, rows >= first)
    # The first two readings have no roughness, and six make a median.
    known = (rows - first >= 2 + _FEWEST_ROUGH - 1) & (at - at[windows.start] <= 2 * _COMPANY_INTERVALS * interval_s)
    rough = _median_exceeds(roughness, kept, limit, windows) if known.any() else known
    flags = np.select([~known, rough], [Flag.NOT_EVALUATED, Flag.SUSPECT], default=Flag.GOOD)
    return _spread(flags.astype(np.uint8), finite)


def first_of_series(stamps_s: FloatArray, apart_s: float) -> IntArray:
    """Give, for every row, the first row of its series: a step of ``apart_s`` or longer begins a new one."""
    begins = np.diff(stamps_s, prepend=stamps_s[:1]) >= apart_s
    return np.maximum.accumulate(np.where(begins, np.arange(stamps_s.size), 0))


def _median_exceeds(roughness: FloatArray, values: FloatArray, limit: Size, windows: "_Windows") -> BoolArray:
    """Tell where the median of the last twelve is above the limit at their mean."""
    # Half of them, three at least, are then above the lowest limit there is: mostly there are none.
    loud = np.cumsum(roughness > limit.absolute)
    loud[_COMPANY_INTERVALS:] = loud[_COMPANY_INTERVALS:] - loud[:-_COMPANY_INTERVALS]
    if not (loud >= _FEWEST_ROUGH // 2).any():
        return np.zeros(values.size, dtype=bool)
    bounds = _GivenBounds(windows.start, windows.stop)
    typical = pd.Series(roughness).rolling(bounds, min_periods=_FEWEST_ROUGH).median().to_numpy()
    level = pd.Series(values).rolling(bounds, min_periods=1).mean().to_numpy()
    return np.asarray(typical > limit.at(level))


def among_failures_test(
    stamps_s: FloatArray, values: FloatArray, impossible: BoolArray, *, interval_s: float
) -> FlagArray:
    """Find readings of a probe that has been answering with impossible values; suspect only.

    A broken probe writes plausible numbers between its error codes. Suspect where more than 30 % of the rows of the
    last two hours (at least twelve intervals), and three at least, are ``impossible``.
    """
    reach_s = max(_COMPANY_S, _COMPANY_INTERVALS * interval_s)
    start = np.searchsorted(stamps_s, stamps_s - reach_s, side="right")
    total = np.concatenate([[0], np.cumsum(impossible)])
    bad, rows = total[1:] - total[start], np.arange(1, stamps_s.size + 1) - start
    flags = np.where((bad >= 3) & (bad > _BAD_SHARE * rows), np.uint8(Flag.SUSPECT), np.uint8(Flag.GOOD))
    return np.where(np.isfinite(values), flags, np.uint8(Flag.MISSING))


def decimal_step(values: FloatArray) -> float:
    """Give the decimal step in which all values are written: 0.1 for 7.9, 8.0, 8.1; 0 if finer than 0.0001."""
    numbers = values[np.isfinite(values)]
    if not numbers.size:
        return 0.0
    # A few values rule out most steps; only those that are left need them all.
    possible = _STEPS[_on_grid(numbers[:64], _STEPS)].tolist()
    return next((step for step in possible if _on_grid(numbers, np.array([step]))[0]), 0.0)


def _on_grid(numbers: FloatArray, steps: FloatArray) -> BoolArray:
    """Tell, for each step, whether all numbers are multiples of it."""
    multiples = numbers / steps[:, None]
    return np.asarray(np.abs(multiples - np.rint(multiples)).max(axis=1) < 1e-4)


def after_gap(stamps_s: FloatArray, interval_s: float, *, apart_s: float = np.inf) -> BoolArray:
    """Mark the first row after a silence longer than three intervals: a fact about the row, not a fault of it.

    A step of ``apart_s`` leads to another series, whose first row has nothing before it.
    """
    steps = np.diff(stamps_s, prepend=stamps_s[:1])
    return (steps > CAP_INTERVALS * interval_s) & (steps < apart_s)


@dataclass(frozen=True, slots=True)
class _Windows:
    """Half-open ranges ``[start, stop)`` ending with each reading; ``full`` where the range is long enough."""

    start: IntArray
    stop: IntArray
    full: BoolArray

    def spread_of(self, values: FloatArray) -> FloatArray:
        """Give highest minus lowest value of each range."""
        rolling = pd.Series(values).rolling(_GivenBounds(self.start, self.stop), min_periods=1)
        return (rolling.max() - rolling.min()).to_numpy()


class _GivenBounds(BaseIndexer):
    """Rolling windows whose bounds are known already."""

    def __init__(self, start: IntArray, stop: IntArray) -> None:
        super().__init__()
        self._bounds = start, stop

    def get_window_bounds(
        self,
        num_values: int = 0,
        min_periods: int | None = None,
        center: bool | None = None,
        closed: str | None = None,
        step: int | None = None,
    ) -> tuple[IntArray, IntArray]:
        return self._bounds


def _windows_of(at: FloatArray, duration_s: float, interval_s: float) -> _Windows:
    """Reach back from each reading over ``duration_s`` and at least six readings, never across a gap."""
    rows = np.arange(at.size)
    earlier = np.searchsorted(at, at - duration_s, side="right") - 1
    start = np.minimum(earlier, rows - (_FEWEST_FLAT - 1))
    gap = np.diff(at, prepend=at[:1]) > CAP_INTERVALS * interval_s
    first_after_gap = np.maximum.accumulate(np.where(gap, rows, 0))
    return _Windows(np.maximum(start, 0), rows + 1, (start >= 0) & (start >= first_after_gap))


def _spread(flags: FlagArray, finite: BoolArray) -> FlagArray:
    whole = np.full(finite.size, np.uint8(Flag.MISSING))
    whole[finite] = flags
    return whole

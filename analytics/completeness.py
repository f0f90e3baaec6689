"""How complete a history is: readings that came, and those that a steady pace would have brought besides."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_DAY_MS = 86_400_000
# A step so much longer than the usual one has lost a reading rather than come late.
_LATE = 1.5


@dataclass(frozen=True, slots=True)
class Completeness:
    """What came and what did not.

    ``missing`` has, for every step between two readings in which some are missing, how many; ``after_ms`` and
    ``before_ms`` are the readings around it. All three have one shape. ``pace_s`` is the usual step; NaN for fewer than
    two readings.
    """

    arrived: int
    pace_s: float
    after_ms: IntArray
    before_ms: IntArray
    missing: IntArray

    @property
    def expected(self) -> int:
        """Readings that a steady pace would have brought."""
        return self.arrived + int(self.missing.sum())

    @property
    def share(self) -> float:
        """Share 0..1 of the expected readings that came; NaN where none is expected."""
        return self.arrived / self.expected if self.expected else float("nan")


def completeness(ts_ms: npt.ArrayLike) -> Completeness:
    """Count the readings that a history lacks.

    Parameters
    ----------
    ts_ms
        Shape (n,), increasing, milliseconds since 1970 UTC.

    Returns
    -------
    Completeness from the first reading to the last. The pace is the median step of each UTC day, so that a device whose
    interval was changed is measured by what it kept at the time; a step from one day to the next goes by the slower of
    the two. A step of more than one and a half paces lacks as many readings as fit into it.

    Raises
    ------
    ValueError
        If the stamps go backwards or repeat.
    """
    stamps = np.asarray(ts_ms, dtype=np.int64)
    steps = np.diff(stamps)
    if (steps <= 0).any():
        raise ValueError("the readings repeat or go backwards; sort them and drop duplicates first")
    if not steps.size:
        nothing = np.empty(0, dtype=np.int64)
        return Completeness(stamps.size, float("nan"), nothing, nothing, nothing)
    pace = _paces(stamps, steps)
    lacking = np.flatnonzero(steps > _LATE * pace)
    missing = np.maximum(np.rint(steps[lacking] / pace[lacking]).astype(np.int64) - 1, 1)
    return Completeness(stamps.size, float(np.median(steps)) / 1000, stamps[lacking], stamps[lacking + 1], missing)


def _paces(stamps: IntArray, steps: IntArray) -> FloatArray:
    """Give the usual step of the day of each step, the slower of two days where it leads from one to the next."""
    days, day_of = np.unique(stamps // _DAY_MS, return_inverse=True)
    within = day_of[:-1] == day_of[1:]
    usual = np.full(days.size, float(np.median(steps)))
    first = np.flatnonzero(np.diff(day_of[:-1][within], prepend=-1))
    if first.size:
        for place, group in zip(day_of[:-1][within][first], np.split(steps[within], first[1:]), strict=True):
            usual[place] = np.median(group)
    return np.maximum(usual[day_of[:-1]], usual[day_of[1:]])

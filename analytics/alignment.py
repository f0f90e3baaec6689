"""Many series on one grid of steps, each counted from its own beginning: side by side by the clock, or by age."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Samples:
    """Readings, or summaries of them, of several series laid end to end; every array has shape (n,).

    ``trace`` says which series, from 0, and ``at_ms`` when, in milliseconds since 1970; rows are sorted by both. ``n``
    readings sum up to ``total`` and lie between ``low`` and ``high``; ``n`` is at least 1.
    """

    trace: IntArray
    at_ms: IntArray
    n: FloatArray
    total: FloatArray
    low: FloatArray
    high: FloatArray

    def of(self, trace: int) -> "Samples":
        """Give the rows of one series, as views."""
        first, stop = np.searchsorted(self.trace, [trace, trace + 1])
        rows = slice(first, stop)
        return Samples(
            self.trace[rows], self.at_ms[rows], self.n[rows], self.total[rows], self.low[rows], self.high[rows]
        )


@dataclass(frozen=True, slots=True)
class Grid:
    """Mean, lowest and highest reading of every series in every step, shape (series, steps); NaN where is none."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


def align(samples: Samples, origins_ms: npt.ArrayLike, *, step_ms: int, steps: int) -> Grid:
    """Lay series over one another, step 0 of each at its own origin.

    Parameters
    ----------
    samples
        Of as many series as there are origins; a row belongs to the step in which it begins. Rows before the origin
        or beyond the last step are left out.
    origins_ms
        Shape (series,), in milliseconds since 1970: all alike to compare by the clock, the days of transplanting to
        compare by age.
    step_ms, steps
        Width and number of the steps.

    Returns
    -------
    Grid of shape (series, steps). The mean weighs every reading alike, however they were summed up before.

    Raises
    ------
    ValueError
        If the step is not positive.
    """
    if step_ms <= 0:
        raise ValueError(f"a step must be wider than nothing, got {step_ms} ms")
    origins = np.asarray(origins_ms, dtype=np.int64)
    step = (samples.at_ms - origins[samples.trace]) // step_ms
    kept = (step >= 0) & (step < steps)
    cell = (samples.trace * steps + step)[kept]
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    grid = np.full((3, origins.size * steps), np.nan)
    if cell.size:
        n, total = (np.add.reduceat(column[kept], first) for column in (samples.n, samples.total))
        grid[0, cell[first]] = total / n
        grid[1, cell[first]] = np.minimum.reduceat(samples.low[kept], first)
        grid[2, cell[first]] = np.maximum.reduceat(samples.high[kept], first)
    return Grid(*grid.reshape(3, origins.size, steps))

"""The bands that were valid at the time: for judging readings and for drawing steps behind them."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.quantities import Quantity

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BandStep:
    """A stretch of time during which the band of a quantity did not change."""

    start: datetime
    end: datetime
    low: float
    high: float
    crop: str
    stage: str


def limits_at(index: pd.DatetimeIndex, bands: pd.DataFrame, quantity: Quantity) -> tuple[FloatArray, FloatArray]:
    """Give the lower and upper limit valid at each time, NaN where no band was.

    ``bands`` is what :func:`models.read.targets.bands_frame` gives: columns ``quantity, start, end, low, high, …``.
    """
    steps = _of(bands, quantity)
    low, high = np.full(len(index), np.nan), np.full(len(index), np.nan)
    for step in steps:
        at = slice(index.searchsorted(step.start), index.searchsorted(step.end))
        low[at], high[at] = step.low, step.high
    return low, high


def band_steps(bands: pd.DataFrame, quantity: Quantity) -> list[BandStep]:
    """List the steps of one quantity's band in time order, those with equal limits joined into one."""
    joined: list[BandStep] = []
    for step in _of(bands, quantity):
        last = joined[-1] if joined else None
        if last and (last.low, last.high, last.end) == (step.low, step.high, step.start):
            joined[-1] = BandStep(last.start, step.end, last.low, last.high, last.crop, last.stage)
        else:
            joined.append(step)
    return joined


def _of(bands: pd.DataFrame, quantity: Quantity) -> list[BandStep]:
    """Read the few rows of one quantity; a chain of frames would take longer than all the rest of a panel."""
    columns = [bands[name].tolist() for name in ("quantity", "start", "end", "low", "high", "crop", "stage")]
    steps = [BandStep(*row) for of, *row in zip(*columns, strict=True) if of == quantity]
    return sorted(steps, key=lambda step: step.start)

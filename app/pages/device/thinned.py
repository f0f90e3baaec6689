"""From a channel to the few points that a screen can show: gaps stay gaps, extremes stay extremes."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.holding import CAP_INTERVALS
from analytics.thin import break_gaps, thin
from analytics.times import aware_index

FloatArray = npt.NDArray[np.float64]

#: Twice the pixels of a large screen; more cannot be told apart.
LINE_POINTS = 1500
#: Statistics over a window are smooth.
STATISTIC_POINTS = 500
ENVELOPE_POINTS = 700
MARKS = 400


def line(values: pd.Series, *, interval_s: float, points: int = LINE_POINTS) -> pd.Series:
    """Thin a line to about ``points``; a NaN stands wherever more than three intervals lack a value."""
    return thin(break_gaps(values.dropna(), f"{CAP_INTERVALS * interval_s}s"), points)


def statistic(rolling: pd.DataFrame, *, interval_s: float) -> pd.DataFrame:
    """Thin rolling statistics by the shape of their mean, so that all of them share their points."""
    mean = line(rolling["mean"], interval_s=interval_s, points=STATISTIC_POINTS)
    return rolling.reindex(mean.index)


def envelope(extremes: pd.DataFrame, *, interval_s: float) -> pd.Series:
    """Give the outline between the columns ``low`` and ``high``; each is thinned by its own shape."""
    return ribbon(*(line(extremes[end], interval_s=interval_s, points=ENVELOPE_POINTS) for end in ("low", "high")))


def marks(flagged: pd.DataFrame) -> pd.DataFrame:
    """Keep at most :data:`MARKS` rows, evenly over time: beyond that marks only cover each other."""
    if len(flagged) <= MARKS:
        return flagged
    return flagged.iloc[np.linspace(0, len(flagged) - 1, MARKS).round().astype(int)]


def ribbon(low: pd.Series, high: pd.Series) -> pd.Series:
    """Give the outline of the area between two lines, one closed loop per stretch and a NaN between two loops.

    One filled trace then shows the area with its gaps; filling between two traces would bridge them. The lines may
    have points of their own, but the same stretches.
    """
    loops: list[pd.Series] = []
    for below, above in zip(_stretches(low), _stretches(high), strict=True):
        back = below.iloc[::-1]
        loops += [above, back, pd.Series([np.nan], index=back.index[-1:])]
    return pd.concat(loops) if loops else low.iloc[:0]


def epoch_ms(index: pd.Index, zone: ZoneInfo) -> FloatArray:
    """Give times in milliseconds of the wall clock of ``zone``, as if that were UTC.

    Into a figure they go as :func:`app.components.wall_times`.
    """
    return aware_index(index).tz_convert(zone).tz_localize(None).as_unit("ms").asi8.astype(np.float64)


def _stretches(values: pd.Series) -> Iterator[pd.Series]:
    finite = np.isfinite(values.to_numpy(dtype=np.float64))
    edges = np.flatnonzero(np.diff(finite.astype(np.int8), prepend=0, append=0))
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        yield values.iloc[first:stop]

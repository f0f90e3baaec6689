"""From samples to the few points of a line, on the clock of the page or by days since transplanting."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.holding import CAP_INTERVALS
from analytics.thin import break_gaps, thin
from app.components import wall_times
from app.pages.compare.comparison import Comparison
from app.pages.compare.scene import Scene
from app.pages.device.panels import packed
from app.pages.device.period import Level
from app.pages.device.thinned import epoch_ms

FloatArray = npt.NDArray[np.float64]

#: More points of one line cannot be told apart on the widest screen.
MOST_POINTS = 2000
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Line:
    """The points of one trace, NaN between two stretches; ``low`` and ``high`` are the extremes behind a mean."""

    x: FloatArray
    y: FloatArray
    low: FloatArray
    high: FloatArray


def line_of(comparison: Comparison, place: int) -> Line:
    """Thin one trace to about :data:`MOST_POINTS`: its gaps stay gaps, and its highest and lowest points stay."""
    scene, samples = comparison.scene, comparison.samples.of(place)
    at = pd.DatetimeIndex(samples.at_ms.astype("M8[ms]"), tz="UTC")
    means = pd.Series(samples.total / samples.n, index=at)
    kept = thin(break_gaps(means, f"{longest_gap_s(scene, place)}s"), MOST_POINTS)
    stamps = pd.DatetimeIndex(kept.index).as_unit("ms")
    rows = np.searchsorted(samples.at_ms, stamps.asi8)
    found = np.isfinite(kept.to_numpy())
    low, high = (np.where(found, edge[np.minimum(rows, edge.size - 1)], np.nan) for edge in (samples.low, samples.high))
    return Line(xs_of(scene, place, stamps), kept.to_numpy(), low, high)


def xs_of(scene: Scene, place: int, at: pd.DatetimeIndex) -> FloatArray:
    """Give where moments of a trace lie: milliseconds on the wall clock of the page, or days since transplanting."""
    if not scene.is_by_age:
        return epoch_ms(at, scene.zone)
    origin_ms = round(scene.traces[place].origin.timestamp() * 1000)
    return np.asarray((at.as_unit("ms").asi8 - origin_ms) / _DAY_MS, dtype=np.float64)


def steps_x(scene: Scene, joined: int = 1) -> FloatArray:
    """Give where the steps of the grid begin, as :func:`xs_of`; ``joined`` of the scene's steps are one."""
    step = joined * scene.step
    count = -(-scene.steps // joined)
    if scene.is_by_age:
        return np.arange(count, dtype=np.float64) * (step.total_seconds() / 86_400)
    starts = pd.Timestamp(scene.period.start).value + np.arange(count, dtype=np.int64) * pd.Timedelta(step).value
    return epoch_ms(pd.DatetimeIndex(starts, tz="UTC"), scene.zone)


def drawn_x(scene: Scene, x: FloatArray) -> list[str] | dict[str, str]:
    """Write what :func:`xs_of` gives as plotly takes it."""
    return packed(x) if scene.is_by_age else wall_times(x)


def longest_gap_s(scene: Scene, place: int) -> float:
    """Give how long a trace may be silent before its line is interrupted."""
    step_s = {Level.READINGS: 0.0, Level.HOURS: 3600.0, Level.DAYS: 86_400.0}[scene.level]
    return CAP_INTERVALS * max(scene.traces[place].device.record.interval_s, step_s)


def bridged(values: FloatArray, most: int) -> FloatArray:
    """Draw straight through at most ``most`` steps without a value, which a slow device leaves between two readings.

    ``values`` has shape (steps,); what lies before the first value and after the last stays NaN.
    """
    places = np.flatnonzero(np.isfinite(values))
    if places.size < 2 or most < 1:
        return values
    filled = np.interp(np.arange(values.size), places, values[places])
    before, after = (np.searchsorted(places, np.arange(values.size), side=side) for side in ("right", "left"))
    inside = (before > 0) & (after < places.size)
    width = places[np.minimum(after, places.size - 1)] - places[np.maximum(before - 1, 0)] - 1
    return np.where(np.isfinite(values) | (inside & (width <= most)), filled, np.nan)

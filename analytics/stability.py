"""Whether a live millivolt signal has settled, so that a calibration point may be taken."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.times import utc_ns
from analytics.trends import theil_sen

# Over this last stretch the signal must be still.
WINDOW_S = 30.0
_FEWEST = 8
# On a Gravity board 1 mV is 0.006 pH: settled means 0.02 pH a minute at most, noise below 0.01 pH.
STEADY_MV_PER_MIN = 3.5
QUIET_MV = 1.8
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class Stability:
    """The state of a live signal; drift and noise are NaN as long as there is too little to judge."""

    settled: bool
    millivolts: float
    drift_mv_per_min: float
    noise_mv: float
    reason: str


def judge_stability(live_mv: pd.Series, *, window_s: float = WINDOW_S) -> Stability:
    """Judge the last ``window_s`` seconds of a live signal.

    ``live_mv``: shape (n,), index an increasing timezone-aware ``DatetimeIndex``, NaN a failed read. The value
    to use for calibration is ``millivolts``, the median of the window. ``reason`` says what to wait for.
    """
    stamps_s = utc_ns(live_mv.index) / 1e9
    values = live_mv.to_numpy(dtype=np.float64)
    finite = np.isfinite(values)
    at, values = stamps_s[finite], values[finite]
    recent = at > at[-1] - window_s if at.size else np.zeros(0, dtype=bool)
    at, values = at[recent], values[recent]
    median = float(np.median(values)) if values.size else float("nan")
    if values.size < _FEWEST or at[-1] - at[0] < 0.8 * window_s:
        return Stability(False, median, float("nan"), float("nan"), f"needs {window_s:.0f} s of readings")
    drift = theil_sen(at / 60.0, values).slope
    noise = _noise(values - drift * at / 60.0)
    if abs(drift) > STEADY_MV_PER_MIN:
        return Stability(False, median, drift, noise, f"still drifting {drift:+.1f} mV per minute")
    if noise > QUIET_MV:
        return Stability(False, median, drift, noise, f"noise of {noise:.1f} mV; stir less, check cable and grounding")
    return Stability(True, median, drift, noise, "settled")


def settling_seconds(live_mv: pd.Series, *, within_mv: float = 2.0) -> float:
    """Give the seconds from the first reading until the signal stays within ``within_mv`` of its final median.

    The final median is that of the last 30 s; a slow electrode shows here before its slope falls. NaN when the
    signal holds less than a minute of readings, for then the end is not known.
    """
    stamps_s = utc_ns(live_mv.index) / 1e9
    values = live_mv.to_numpy(dtype=np.float64)
    finite = np.isfinite(values)
    at, values = stamps_s[finite], values[finite]
    if not at.size or at[-1] - at[0] < 2 * WINDOW_S:
        return float("nan")
    final = np.median(values[at > at[-1] - WINDOW_S])
    outside = np.flatnonzero(np.abs(values - final) > within_mv)
    return float(at[min(outside[-1] + 1, at.size - 1)] - at[0]) if outside.size else 0.0


def _noise(values: npt.NDArray[np.float64]) -> float:
    return float(_MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))

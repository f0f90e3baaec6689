"""One quantity over one period, whatever its points stand for: what figures draw, in EC at 25 °C, pH and °C.

Only readings flagged good or not evaluated take part; suspect and failed ones are kept apart, to be marked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from analytics.flags import CHANNELS, Flag, unpack_flags, usable
from analytics.quantities import Quantity
from analytics.rolling import rolling_median_at, rolling_stats
from analytics.times import aware_index
from app.pages.device.period import Level, Period, window_fits
from app.pages.device.thinned import statistic
from app.pages.device.view import Window

#: How the columns of the rollup tables begin.
PREFIX: Mapping[Quantity, str] = MappingProxyType({Quantity.PH: "ph", Quantity.EC: "ec", Quantity.WATER: "water"})

_FEWEST_IN_WINDOW = 3


@dataclass(frozen=True, slots=True)
class Channel:
    """One quantity of a device over a period.

    values
        Usable values, or means of an hour or a day; NaN where there is none. Index: aware UTC.
    rolling
        Columns ``mean, std, median`` over the trailing window, at the few points that a screen can show, with a row
        of NaN in every gap; None where the window is too short for points this far apart.
    envelope
        Columns ``low, high``: the extremes behind each mean; None for single readings.
    flagged
        Columns ``value`` (NaN where a failed read left none), ``flag`` and ``count`` of readings kept out.
    interval_s
        Usual distance of two points; three of these without a point are a gap.
    """

    values: pd.Series
    rolling: pd.DataFrame | None
    envelope: pd.DataFrame | None
    flagged: pd.DataFrame
    interval_s: float


Channels = Mapping[Quantity, Channel]


def reading_channels(readings: pd.DataFrame, period: Period, window: Window, *, interval_s: float) -> Channels:
    """Split single readings into their quantities.

    Parameters
    ----------
    readings
        Columns ``ph, ec_us_cm, water_c, quality``; index aware UTC, increasing. Rows before the period, at least a
        window's width of them, are context of the rolling statistics and are not shown.
    interval_s
        The pace of these readings; more than three of it without one are a gap.
    """
    flags = unpack_flags(readings["quality"].to_numpy())
    return {
        quantity: _reading_channel(readings[quantity], flag, period, window, interval_s)
        for quantity, flag in zip(CHANNELS, flags, strict=True)
    }


def rollup_channels(rollups: pd.DataFrame, period: Period, window: Window, *, level: Level) -> Channels:
    """Split hours or days into their quantities; the window is pooled from sums, as if from the readings.

    ``rollups`` has the columns of the rollup tables and an aware UTC index of the starts; rows before the period
    are context.
    """
    return {quantity: _rollup_channel(rollups, prefix, period, window, level) for quantity, prefix in PREFIX.items()}


def was_measured(rollups: pd.DataFrame, prefix: str) -> bool:
    """Tell whether hours or days hold a quantity at all, if only readings that failed their tests.

    Where none is usable, it was measured if every reading has something suspect or failed: the tables do not say in
    which quantity, but one without a probe fails no test.
    """
    if rollups[f"{prefix}_n"].to_numpy().any():
        return True
    doubted = rollups["n_fail"] + rollups["n_suspect"]
    return bool(len(rollups)) and bool((doubted >= rollups["n"]).all())


def _reading_channel(
    values: pd.Series, flags: np.ndarray, period: Period, window: Window, interval_s: float
) -> Channel:
    used = values.where(usable(flags))
    shown = _within(used.index, period)
    rolling = None
    if window.width.total_seconds() >= _FEWEST_IN_WINDOW * interval_s:
        smooth = rolling_stats(used, window.width, min_count=_FEWEST_IN_WINDOW, statistics=("mean", "std"))[shown]
        rolling = statistic(smooth, interval_s=interval_s)
        median = rolling_median_at(used, window.width, aware_index(rolling.index), min_count=_FEWEST_IN_WINDOW)
        rolling["median"] = np.where(rolling["mean"].isna(), np.nan, median)
    marked = shown & np.isin(flags, (Flag.SUSPECT, Flag.FAIL))
    flagged = pd.DataFrame({"value": values[marked], "flag": flags[marked].astype(int), "count": 1})
    return Channel(used[shown], rolling, None, flagged, interval_s)


def _rollup_channel(rollups: pd.DataFrame, prefix: str, period: Period, window: Window, level: Level) -> Channel:
    parts = rollups[[f"{prefix}_{name}" for name in ("n", "sum", "sumsq", "min", "max")]]
    parts = parts.set_axis(["n", "sum", "sumsq", "low", "high"], axis=1).astype(np.float64)
    means = (parts["sum"] / parts["n"]).where(parts["n"] > 0)
    shown = _within(parts.index, period)
    step = level.step
    assert step is not None, "rollups are hours or days"
    rolling = None
    if window_fits(window, level):
        rolling = statistic(_pooled(parts, window)[shown], interval_s=step.total_seconds())
        rolling["median"] = _median_of_means(means, window, rolling)
    return Channel(
        means[shown],
        rolling,
        parts.loc[shown, ["low", "high"]],
        _left_out(rollups[shown], prefix),
        step.total_seconds(),
    )


def _pooled(parts: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Give the window's mean and deviation of the readings themselves."""
    width = pd.Timedelta(window.width)
    sums = parts[["n", "sum", "sumsq"]].fillna(0.0).rolling(width, min_periods=1).sum()
    count, total, squares = sums.to_numpy().T
    n = np.where(count >= _FEWEST_IN_WINDOW, count, np.nan)
    mean = total / n
    # Rounding may leave a tiny negative rest where all readings are equal.
    spread = np.maximum(squares - mean * total, 0.0)
    return pd.DataFrame({"mean": mean, "std": np.sqrt(spread / (n - 1))}, index=parts.index)


def _median_of_means(means: pd.Series, window: Window, rolling: pd.DataFrame) -> np.ndarray:
    """Give the median of the means in each window that has a mean, only where it is drawn: it is slow."""
    median = rolling_median_at(means, window.width, aware_index(rolling.index), min_count=1)
    return np.where(rolling["mean"].isna(), np.nan, median)


def _left_out(rollups: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """List the hours or days in which a test kept readings of this quantity out.

    The tables count flags by row, not by quantity, so a quantity that was never measured is left alone.
    """
    used = rollups[f"{prefix}_n"].to_numpy()
    failed, suspect = rollups["n_fail"].to_numpy(), rollups["n_suspect"].to_numpy()
    is_measured = was_measured(rollups, prefix)
    count = np.minimum(rollups["n"].to_numpy() - used, failed + suspect) if is_measured else np.zeros_like(used)
    rows = np.flatnonzero(count > 0)
    sums = rollups[f"{prefix}_sum"].to_numpy(dtype=np.float64)[rows]
    return pd.DataFrame(
        {
            "value": np.divide(sums, used[rows], out=np.full(rows.size, np.nan), where=used[rows] > 0),
            "flag": np.where(failed[rows] > 0, Flag.FAIL, Flag.SUSPECT),
            "count": count[rows],
        },
        index=rollups.index[rows],
    )


def _within(index: pd.Index, period: Period) -> np.ndarray:
    start, end = aware_index(index).searchsorted([pd.Timestamp(period.start), pd.Timestamp(period.end)])
    within = np.zeros(len(index), dtype=bool)
    within[start:end] = True
    return within

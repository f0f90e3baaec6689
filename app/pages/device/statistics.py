"""The numbers under the figure: what a period was like, per quantity, and how much of it the numbers rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

from analytics.flags import CHANNELS, Flag, unpack_flags, usable
from analytics.histogram import Histogram
from analytics.quantities import QUANTITIES, Quantity
from analytics.ranges import time_in_range
from analytics.times import aware_index
from app.pages.device.bands import limits_at
from app.pages.device.channels import PREFIX, was_measured
from app.pages.device.period import Period


@dataclass(frozen=True, slots=True)
class Summary:
    """One quantity over a period, in its own unit; NaN where there is nothing to say.

    Shares are 0..1: ``inside, below, above`` of the covered time, ``coverage`` of the period. ``used`` readings
    entered the numbers; ``left_out`` were suspect, failed or missing. ``median_is_exact`` is False where the median
    comes from a histogram, ``is_measured`` where no reading holds the quantity: then nothing was left out.
    """

    mean: float
    median: float
    std: float
    low: float
    high: float
    inside: float
    below: float
    above: float
    coverage: float
    used: int
    left_out: int
    median_is_exact: bool = True
    is_measured: bool = True


Summaries = Mapping[Quantity, Summary]


def summarise_readings(readings: pd.DataFrame, bands: pd.DataFrame, period: Period, *, interval_s: float) -> Summaries:
    """Summarise single readings.

    ``readings`` has the columns ``ph, ec_us_cm, water_c, quality``; rows before the period count only for as long
    as they hold into it. ``bands`` as in :func:`app.pages.device.bands.limits_at`.
    """
    flags = unpack_flags(readings["quality"].to_numpy())
    return {
        quantity: _of_readings(
            readings[quantity],
            flag,
            limits_at(aware_index(readings.index), bands, quantity),
            period,
            interval_s,
        )
        for quantity, flag in zip(CHANNELS, flags, strict=True)
    }


def summarise_rollups(
    rollups: pd.DataFrame, bands: pd.DataFrame, period: Period, seconds: Mapping[Quantity, Histogram]
) -> Summaries:
    """Summarise hours or days; all but the median is what the single readings would give.

    ``rollups`` has the columns of the rollup tables and an index of the starts; only those in the period count.
    ``seconds`` are those of the whole period by value bin: what the median is read off.
    """
    shown = rollups[(rollups.index >= period.start) & (rollups.index < period.end)]
    return {
        quantity: _of_rollups(shown, quantity, _has_band(bands, quantity), period, seconds[quantity])
        for quantity in CHANNELS
    }


def _of_readings(
    values: pd.Series, flags: np.ndarray, limits: tuple[np.ndarray, np.ndarray], period: Period, interval_s: float
) -> Summary:
    used, (low, high) = values.where(usable(flags)), limits
    span = (pd.Timestamp(period.start), pd.Timestamp(period.end))
    is_judged = ~np.isnan(low)
    judged = time_in_range(used.where(is_judged), low, high, interval_s=interval_s, period=span)
    # Where every reading had a band, as nearly always, what was judged is what was held.
    held = judged if is_judged.all() else time_in_range(used, np.nan, np.nan, interval_s=interval_s, period=span)
    within = (used.index >= period.start) & (used.index < period.end)
    shown, is_measured = used[within], bool((flags[within] != Flag.MISSING).any())
    count = int(shown.count())
    return Summary(
        mean=float(shown.mean()),
        median=float(shown.median()),
        std=float(shown.std(ddof=1)),
        low=float(shown.min()),
        high=float(shown.max()),
        inside=judged.share_inside,
        below=judged.share_below,
        above=judged.share_above,
        coverage=held.coverage,
        used=count,
        left_out=len(shown) - count if is_measured else 0,
        is_measured=is_measured,
    )


def _of_rollups(
    rollups: pd.DataFrame, quantity: Quantity, has_band: bool, period: Period, value_seconds: Histogram
) -> Summary:
    prefix = PREFIX[quantity]
    total = {name: float(rollups[f"{prefix}_{name}"].sum()) for name in ("n", "sum", "sumsq")}
    seconds = {name: float(rollups[f"{prefix}_{name}"].sum()) for name in ("covered_s", "below_s", "above_s")}
    count, covered, is_measured = total["n"], seconds["covered_s"], was_measured(rollups, prefix)
    mean = total["sum"] / count if count else nan
    spread = max(total["sumsq"] - mean * total["sum"], 0.0) if count > 1 else nan
    judged = covered if has_band and covered > 0 else nan
    return Summary(
        mean=mean,
        median=_median(value_seconds, QUANTITIES[quantity].bin_width),
        std=(spread / (count - 1)) ** 0.5 if count > 1 else nan,
        low=float(rollups[f"{prefix}_min"].min()),
        high=float(rollups[f"{prefix}_max"].max()),
        inside=(covered - seconds["below_s"] - seconds["above_s"]) / judged,
        below=seconds["below_s"] / judged,
        above=seconds["above_s"] / judged,
        coverage=min(covered / period.width.total_seconds(), 1.0),
        used=int(count),
        left_out=int(rollups["n"].sum() - count) if is_measured else 0,
        median_is_exact=False,
        is_measured=is_measured,
    )


def _has_band(bands: pd.DataFrame, quantity: Quantity) -> bool:
    return bool((bands["quantity"] == quantity).any())


def _median(total: Histogram, width: float) -> float:
    """Give the value below which half of the held seconds lie, by going evenly through its bin."""
    seconds = total[1:].astype(np.float64)
    if not seconds.sum() > 0:
        return nan
    until = np.cumsum(seconds)
    at = int(np.searchsorted(until, until[-1] / 2))
    inside_bin = (until[-1] / 2 - (until[at] - seconds[at])) / seconds[at]
    return (int(total[0]) + at + inside_bin) * width

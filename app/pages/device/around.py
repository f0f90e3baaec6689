"""What is drawn around the rolling mean instead of its deviation: extremes, or the inner 80 percent."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.flags import CHANNELS, unpack_flags, usable
from analytics.quantities import Quantity
from analytics.rolling import rolling_stats
from app.pages.device.channels import PREFIX, Channel, Channels
from app.pages.device.view import Around, Window

_TENTHS = (0.1, 0.9)


def with_edges_of_readings(channels: Channels, readings: pd.DataFrame, window: Window, around: Around) -> Channels:
    """Add ``lower`` and ``upper`` to the rolling statistics, from the usable readings of each window."""
    if around is Around.DEVIATION:
        return channels
    flags = dict(zip(CHANNELS, unpack_flags(readings["quality"].to_numpy()), strict=True))
    used = {quantity: readings[quantity].where(usable(flags[quantity])) for quantity in CHANNELS}
    return _with_edges(channels, {quantity: (one, one) for quantity, one in used.items()}, window, around)


def with_edges_of_rollups(channels: Channels, rollups: pd.DataFrame, window: Window, around: Around) -> Channels:
    """Add ``lower`` and ``upper`` to the rolling statistics of hours or days.

    Extremes are those of the readings; the inner 80 percent are those of the means, which is all that is kept of them.
    """
    if around is Around.DEVIATION:
        return channels
    sources = {}
    for quantity, prefix in PREFIX.items():
        count, total = (rollups[f"{prefix}_{name}"].astype(np.float64) for name in ("n", "sum"))
        mean = (total / count).where(count > 0)
        extremes = rollups[f"{prefix}_min"].where(count > 0), rollups[f"{prefix}_max"].where(count > 0)
        sources[quantity] = extremes if around is Around.EXTREMES else (mean, mean)
    return _with_edges(channels, sources, window, around)


def edges_around(rolling: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Give the lower and the upper edge of what is drawn around the mean; NaN where either is not known."""
    if "lower" in rolling.columns:
        known = rolling["mean"].notna() & rolling["lower"].notna() & rolling["upper"].notna()
        return rolling["lower"].where(known), rolling["upper"].where(known)
    return rolling["mean"] - rolling["std"], rolling["mean"] + rolling["std"]


def _with_edges(
    channels: Channels, sources: Mapping[Quantity, tuple[pd.Series, pd.Series]], window: Window, around: Around
) -> Channels:
    return {quantity: _edged(channel, sources[quantity], window, around) for quantity, channel in channels.items()}


def _edged(channel: Channel, source: tuple[pd.Series, pd.Series], window: Window, around: Around) -> Channel:
    if channel.rolling is None:
        return channel
    below, above = source
    if around is Around.EXTREMES:
        lower = rolling_stats(below, window.width, min_count=1, statistics=("low",))["low"]
        upper = rolling_stats(above, window.width, min_count=1, statistics=("high",))["high"]
    else:
        inner = rolling_stats(below, window.width, min_count=1, statistics=(), quantiles=_TENTHS)
        lower, upper = inner.iloc[:, 0], inner.iloc[:, 1]
    index = channel.rolling.index
    return replace(channel, rolling=channel.rolling.assign(lower=lower.reindex(index), upper=upper.reindex(index)))

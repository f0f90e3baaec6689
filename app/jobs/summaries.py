"""Hours and days of a span of readings, in the columns of the rollup tables."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from analytics.flags import CHANNELS, Flag, pack_flags, unpack_flags
from analytics.hourly import Channel, day_rollups, hour_rollups
from analytics.quantities import Quantity
from app.jobs.spans import Span

#: Quantity -> the beginning of its columns in the rollup tables.
PREFIXES = {Quantity.PH: "ph", Quantity.EC: "ec", Quantity.WATER: "water"}


def with_successor(frame: pd.DataFrame, quantities: Sequence[Quantity], moment: datetime) -> pd.DataFrame:
    """Append one reading of these quantities at ``moment``, so that the last one before it has a successor.

    What it reads does not matter, because it lies beyond every hour that is summarised.
    """
    if not quantities:
        return frame
    flags = [[Flag.GOOD if one in quantities else Flag.MISSING] for one in CHANNELS]
    row = {str(one): 1.0 if one in quantities else np.nan for one in CHANNELS} | {"quality": pack_flags(*flags)[0]}
    stamp = pd.DatetimeIndex([moment]).as_unit("ms")
    return pd.concat([frame[list(row)], pd.DataFrame(row, index=stamp)])


def summarise_hours(frame: pd.DataFrame, bands: pd.DataFrame, span: Span, *, interval_s: float) -> pd.DataFrame:
    """Summarise the hours of ``span``; ``frame`` (values and ``quality``) reaches beyond it at both ends.

    ``bands`` as from :func:`models.read.targets.bands_frame`: each reading is measured by the band valid at its time.
    """
    ts_ms = pd.DatetimeIndex(frame.index).asi8
    flags = dict(zip(CHANNELS, unpack_flags(frame["quality"]), strict=True))
    channels = {
        quantity: Channel(frame[quantity].to_numpy(), flags[quantity], *_band_at(ts_ms, bands, quantity))
        for quantity in CHANNELS
    }
    edges = {name: int(edge.timestamp() * 1000) for name, edge in (("start_ms", span.start), ("end_ms", span.end))}
    hours = hour_rollups(ts_ms, channels, interval_s=interval_s, **edges)
    return hours.rename(columns={name: _table_name(name) for name in hours.columns})


def summarise_days(hours: pd.DataFrame) -> pd.DataFrame:
    """Merge the hours of whole UTC days, as from :func:`models.read.rollups.hours_frame`, of one device."""
    return day_rollups(hours.drop(columns="device_id").set_index("hour"))


def _band_at(ts_ms: np.ndarray, bands: pd.DataFrame, quantity: Quantity) -> tuple[np.ndarray, np.ndarray]:
    """Give the limits of one quantity at every reading, NaN where there is no band."""
    spans = bands[bands["quantity"] == quantity]
    if spans.empty:
        return np.full(ts_ms.size, np.nan), np.full(ts_ms.size, np.nan)
    starts, ends = (pd.DatetimeIndex(spans[name]).as_unit("ms").asi8 for name in ("start", "end"))
    row = np.searchsorted(starts, ts_ms, side="right") - 1
    inside = (row >= 0) & (ts_ms < ends[row])
    low, high = (np.where(inside, spans[name].to_numpy()[row], np.nan) for name in ("low", "high"))
    return low, high


def _table_name(name: str) -> str:
    for quantity, prefix in PREFIXES.items():
        if name.startswith(f"{quantity}_"):
            return name.replace(quantity, prefix, 1)
    return name

"""Hours and days of a span of readings, in the columns of the rollup tables."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.flags import CHANNELS, unpack_flags
from analytics.hourly import Channel, day_rollups, hour_rollups
from analytics.quantities import Quantity
from app.jobs.spans import Span

#: Quantity -> the beginning of its columns in the rollup tables.
PREFIXES = {Quantity.PH: "ph", Quantity.EC: "ec", Quantity.WATER: "water"}


def summarise_hours(frame: pd.DataFrame, bands: pd.DataFrame, span: Span, *, interval_s: float) -> pd.DataFrame:
    """Summarise the hours of ``span``; ``frame`` (values and ``quality``) reaches beyond it at both ends.

    ``bands`` as from :func:`models.read.targets.bands_frame`: each reading is measured by the band valid at its time.
    """
    ts_ms = pd.DatetimeIndex(frame.index).asi8
    flags = dict(zip(CHANNELS, unpack_flags(frame["quality"]), strict=True))
    limits = bands_at(ts_ms, bands)
    channels = {
        quantity: Channel(frame[quantity].to_numpy(), flags[quantity], *limits[quantity]) for quantity in CHANNELS
    }
    edges = {name: int(edge.timestamp() * 1000) for name, edge in (("start_ms", span.start), ("end_ms", span.end))}
    hours = hour_rollups(ts_ms, channels, interval_s=interval_s, **edges)
    return table_names(hours)


def table_names(rollups: pd.DataFrame) -> pd.DataFrame:
    """Rename the columns of :func:`analytics.hourly.hour_rollups` to those of the rollup tables."""
    return rollups.rename(columns={name: _table_name(name) for name in rollups.columns})


def summarise_days(hours: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Merge all the hours of whole UTC days, in pieces one after the other, of one device."""
    pieces = [piece for piece in hours if not piece.empty]
    return day_rollups(pieces[0] if len(pieces) == 1 else pd.concat(pieces or list(hours)))


def bands_at(ts_ms: np.ndarray, bands: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Give the limits of every quantity at every reading, NaN where there is no band."""
    quantities = bands["quantity"].to_numpy(dtype=object)
    starts, ends = (pd.DatetimeIndex(bands[name]).as_unit("ms").asi8 for name in ("start", "end"))
    limits = bands[["low", "high"]].to_numpy()
    found = {}
    for quantity in CHANNELS:
        low_high = np.full((ts_ms.size, 2), np.nan)
        for place in np.flatnonzero(quantities == str(quantity)):
            inside = slice(*np.searchsorted(ts_ms, [starts[place], ends[place]]))
            low_high[inside] = limits[place]
        found[str(quantity)] = low_high[:, 0], low_high[:, 1]
    return found


def _table_name(name: str) -> str:
    for quantity, prefix in PREFIXES.items():
        if name.startswith(f"{quantity}_"):
            return name.replace(quantity, prefix, 1)
    return name

"""Hourly and daily summaries of one device's readings, from which every long view is drawn.

Only flags 1 and 2 enter a number. Seconds count as in :mod:`analytics.holding`, split where the hour turns; per
quantity they run from one usable reading to the next, so that one failed read inside an interval is bridged and a
stretch of failures is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.flags import Flag, usable
from analytics.histogram import add_histograms_by_group, seconds_per_bin
from analytics.holding import held_seconds
from analytics.quantities import QUANTITIES, Quantity
from analytics.times import aware_index

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Pace:
    """How long readings hold: see :func:`analytics.holding.held_seconds`."""

    interval_s: float
    until_s: float | None
    apart_s: float


_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Channel:
    """One quantity of a span of readings; arrays of shape (n,), the band may be two scalars.

    ``values`` in the quantity's unit, NaN where there is none; ``flags`` as in :class:`analytics.flags.Flag`;
    ``low`` and ``high`` the band valid at each reading, NaN where none was.
    """

    values: FloatArray
    flags: npt.ArrayLike
    low: npt.ArrayLike = np.nan
    high: npt.ArrayLike = np.nan


def hour_rollups(
    ts_ms: npt.ArrayLike,
    channels: Mapping[Quantity, Channel],
    *,
    interval_s: float,
    start_ms: int | None = None,
    end_ms: int | None = None,
    until_ms: int | None = None,
    apart_ms: float = np.inf,
) -> pd.DataFrame:
    """Summarise a span of one device's readings per UTC hour.

    Parameters
    ----------
    ts_ms
        Shape (n,), strictly increasing milliseconds since 1970 UTC.
    channels
        The quantities present; each gets its columns.
    interval_s
        The device's sampling interval in seconds.
    start_ms, end_ms
        Full hours: rows are made for hours in ``[start_ms, end_ms)`` only, and readings outside are context. With
        the readings of three intervals before and after, and ``until_ms`` where they end, the rows are the same as
        from the whole history.
    until_ms
        Time up to which all readings are given. Without it a reading that has no successor here holds one interval,
        as the newest of a device does; before a gap it would hold three.
    apart_ms
        Several devices may be laid one behind the other, with such a step or a longer one between them.

    Returns
    -------
    DataFrame, one row per hour that holds a reading. Index ``hour_at``: start of the hour, aware UTC. Columns ``n``
    (readings), ``n_suspect``, ``n_fail`` (readings with any channel flagged 3, 4), and per quantity q ``{q}_n``,
    ``{q}_sum``, ``{q}_sumsq``, ``{q}_min``, ``{q}_max``, ``{q}_first``, ``{q}_last`` (NaN when ``{q}_n`` is 0),
    ``{q}_covered_s``, ``{q}_below_s``, ``{q}_above_s`` and ``{q}_hist``: an int32 array ``[first bin, seconds in it,
    seconds in the next, ...]`` with bin = floor(value / bin width), empty when ``{q}_n`` is 0. Seconds that a
    reading holds into an hour without any reading are not counted: an hour nobody measured has no row.

    Raises
    ------
    ValueError
        If the stamps do not increase or a channel's length differs from theirs.
    """
    stamps = np.asarray(ts_ms, dtype=np.int64)
    _require_consistent(stamps, channels)
    inside = np.ones(stamps.size, dtype=bool)
    if start_ms is not None:
        inside &= stamps >= start_ms
    if end_ms is not None:
        inside &= stamps < end_ms
    pace = _Pace(interval_s, None if until_ms is None else until_ms / 1000.0, apart_ms / 1000.0)
    hours, hour_of_row = np.unique(stamps[inside] // _HOUR_MS, return_inverse=True)
    columns: dict[str, object] = {"n": np.bincount(hour_of_row, minlength=hours.size)}
    for name, flag in (("n_suspect", Flag.SUSPECT), ("n_fail", Flag.FAIL)):
        flagged = np.zeros(stamps.size, dtype=bool)
        for channel in channels.values():
            flagged |= np.asarray(channel.flags) == flag
        columns[name] = np.bincount(hour_of_row, weights=flagged[inside], minlength=hours.size).astype(np.int64)
    for quantity, channel in channels.items():
        columns |= _quantity_columns(quantity, stamps, channel, hours, pace)
    starts = pd.DatetimeIndex((hours * _HOUR_MS).astype("datetime64[ms]"), tz="UTC", name="hour_at")
    return pd.DataFrame(columns, index=starts)


def day_rollups(hours: pd.DataFrame) -> pd.DataFrame:
    """Merge one device's hours, as made by :func:`hour_rollups`, to UTC days.

    Returns a DataFrame with the same columns and index ``day_at`` (midnight UTC): sums and seconds are added,
    extremes compared, histograms added bin by bin, so nothing is lost but what the hours had rounded in theirs.

    Raises
    ------
    ValueError
        If the hours are not in strictly increasing order.
    """
    if not hours.index.is_monotonic_increasing or not hours.index.is_unique:
        raise ValueError("hours must be in increasing order, each once; give the hours of one device, sorted")
    days = aware_index(hours.index).normalize()
    first = np.flatnonzero(np.append(True, days[1:] != days[:-1])) if len(hours) else np.zeros(0, dtype=np.intp)
    merged = {str(name): _merge_column(str(name), hours[name].to_numpy(), first) for name in hours.columns}
    return pd.DataFrame(merged, index=days[first].rename("day_at"))


def _require_consistent(stamps: IntArray, channels: Mapping[Quantity, Channel]) -> None:
    steps = np.diff(stamps)
    if np.any(steps <= 0):
        at = int(np.argmax(steps <= 0)) + 1
        raise ValueError(f"ts_ms must increase, but row {at} is {stamps[at]} after {stamps[at - 1]}")
    for quantity, channel in channels.items():
        sizes = {np.size(channel.values), np.size(channel.flags)}
        if sizes != {stamps.size}:
            raise ValueError(f"{quantity} has {sorted(sizes)} values and flags for {stamps.size} readings")


def _quantity_columns(
    quantity: Quantity, stamps: IntArray, channel: Channel, hours: IntArray, pace: _Pace
) -> dict[str, object]:
    values = np.asarray(channel.values, dtype=np.float64)
    kept = np.flatnonzero(usable(channel.flags) & np.isfinite(values))
    values, at = values[kept], stamps[kept]
    columns = _value_columns(values, _position(at // _HOUR_MS, hours), hours.size)

    row, hour, seconds = _split_by_hour(at, pace, hours)
    low = np.broadcast_to(np.asarray(channel.low, dtype=np.float64), stamps.shape)[kept]
    high = np.broadcast_to(np.asarray(channel.high, dtype=np.float64), stamps.shape)[kept]
    for name, where in (("covered_s", np.ones(values.size)), ("below_s", values < low), ("above_s", values > high)):
        # numpy counts nothing at all in integers.
        columns[name] = np.bincount(hour, weights=seconds * where[row], minlength=hours.size).astype(np.float64)
    columns["hist"] = seconds_per_bin(values[row], seconds, hour, size=hours.size, width=QUANTITIES[quantity].bin_width)
    return {f"{quantity}_{name}": column for name, column in columns.items()}


def _position(wanted: IntArray, hours: IntArray) -> IntArray:
    """Give the row of each hour in the sorted ``hours``, -1 where it is absent."""
    if not hours.size:
        return np.full(wanted.size, -1)
    at = np.minimum(np.searchsorted(hours, wanted), hours.size - 1)
    return np.where(hours[at] == wanted, at, -1)


def _value_columns(values: FloatArray, hour: IntArray, size: int) -> dict[str, object]:
    """Count, sums, extremes and ends per hour; ``hour`` is sorted apart from the -1 of context rows."""
    values, hour = values[hour >= 0], hour[hour >= 0]
    first = np.flatnonzero(np.diff(hour, prepend=-1))
    present = hour[first]
    last = np.append(first[1:], hour.size)[: first.size] - 1

    def spread(part: FloatArray, empty: float) -> FloatArray:
        whole = np.full(size, empty)
        whole[present] = part
        return whole

    def reduced(by: np.ufunc, of: FloatArray) -> FloatArray:
        return by.reduceat(of, first) if first.size else np.zeros(0)

    return {
        "n": np.bincount(hour, minlength=size),
        "sum": spread(reduced(np.add, values), 0.0),
        "sumsq": spread(reduced(np.add, values * values), 0.0),
        "min": spread(reduced(np.minimum, values), np.nan),
        "max": spread(reduced(np.maximum, values), np.nan),
        "first": spread(values[first], np.nan),
        "last": spread(values[last], np.nan),
    }


def _split_by_hour(at: IntArray, pace: _Pace, hours: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Cut every reading's held time at full hours: reading, row of the hour, seconds; absent hours left out."""
    held_s = held_seconds(at / 1000.0, pace.interval_s, until_s=pace.until_s, apart_s=pace.apart_s)
    held_ms = np.rint(held_s * 1000).astype(np.int64)
    first_hour, last_hour = at // _HOUR_MS, (at + np.maximum(held_ms, 1) - 1) // _HOUR_MS
    pieces = last_hour - first_hour + 1
    row = np.repeat(np.arange(at.size), pieces)
    hour = first_hour[row] + np.arange(row.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begin = np.maximum(at[row], hour * _HOUR_MS)
    end = np.minimum(at[row] + held_ms[row], (hour + 1) * _HOUR_MS)
    position = _position(hour, hours)
    kept = position >= 0
    return row[kept], position[kept], (end - begin)[kept] / 1000.0


def _merge_column(name: str, column: np.ndarray, first: npt.NDArray[np.intp]) -> np.ndarray | list[np.ndarray]:
    if name.endswith("_hist"):
        return add_histograms_by_group(list(column), first)
    if not first.size:
        return column
    if name.endswith("_min"):
        return np.fmin.reduceat(column, first)
    if name.endswith("_max"):
        return np.fmax.reduceat(column, first)
    if name.endswith("_first"):
        return _first_numbers(column, first)
    if name.endswith("_last"):
        ends = np.append(first[1:], column.size)
        return _first_numbers(column[::-1], column.size - ends[::-1])[::-1]
    return np.add.reduceat(column, first)


def _first_numbers(values: FloatArray, first: npt.NDArray[np.intp]) -> FloatArray:
    """Give the first number of every group that is not NaN; NaN where there is none."""
    numbers = np.flatnonzero(~np.isnan(values))
    at = np.searchsorted(numbers, first)
    found = numbers[np.minimum(at, numbers.size - 1)] if numbers.size else np.zeros(first.size, dtype=np.intp)
    inside = (at < numbers.size) & (found < np.append(first[1:], values.size))
    return np.where(inside, values[found], np.nan)

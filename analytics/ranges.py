"""Time in range and excursions, weighted by time and not by the number of rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.holding import CAP_INTERVALS, held_seconds, held_within
from analytics.times import index_from_ns, utc_ns

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TimeInRange:
    """Seconds below, inside and above the band; ``span_s`` is the whole period asked about."""

    below_s: float
    inside_s: float
    above_s: float
    span_s: float

    @property
    def covered_s(self) -> float:
        """Seconds for which a reading stands."""
        return self.below_s + self.inside_s + self.above_s

    @property
    def coverage(self) -> float:
        """Share of the period covered by readings, 0..1; NaN for an empty period."""
        return _share(self.covered_s, self.span_s)

    @property
    def share_below(self) -> float:
        """Share of the covered time below the band, 0..1; NaN if nothing is covered."""
        return _share(self.below_s, self.covered_s)

    @property
    def share_inside(self) -> float:
        """Share of the covered time inside the band, 0..1; NaN if nothing is covered."""
        return _share(self.inside_s, self.covered_s)

    @property
    def share_above(self) -> float:
        """Share of the covered time above the band, 0..1; NaN if nothing is covered."""
        return _share(self.above_s, self.covered_s)


def time_in_range(
    readings: pd.Series,
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    *,
    interval_s: float,
    period: tuple[pd.Timestamp, pd.Timestamp] | None = None,
) -> TimeInRange:
    """Measure how long the readings were below, inside and above their band.

    Parameters
    ----------
    readings
        Shape (n,). Index: increasing, timezone-aware ``DatetimeIndex``. NaN is no reading: pass suspect and failed
        values as NaN.
    low, high
        The band valid at each reading, scalar or shape (n,); a value on a limit is inside, a NaN limit is open.
    interval_s
        Sampling interval; a reading holds until the next but at most three intervals, the last one interval.
    period
        Count only time in ``[start, end)``; readings before it count as far as they hold into it. Default: from
        the first reading to one interval after the last.

    Raises
    ------
    ValueError
        If the index is unusable (see :func:`analytics.times.utc_ns`) or the period ends before it starts.
    """
    stamps_s, values, lows, highs = _usable(readings, low, high)
    everything = utc_ns(readings.index) / 1e9
    start, end = (0.0, 0.0)
    if period is not None:
        start, end = period[0].timestamp(), period[1].timestamp()
    elif everything.size:
        start, end = everything[0], everything[-1] + interval_s
    if end < start:
        raise ValueError(f"the period ends before it starts: {period}")

    inside_period = held_within(stamps_s, interval_s, start, end)
    below, above = values < lows, values > highs
    return TimeInRange(
        below_s=float(inside_period[below].sum()),
        inside_s=float(inside_period[~below & ~above].sum()),
        above_s=float(inside_period[above].sum()),
        span_s=float(end - start),
    )


def excursions(readings: pd.Series, low: npt.ArrayLike, high: npt.ArrayLike, *, interval_s: float) -> pd.DataFrame:
    """List the runs of readings outside their band, in the order they happened.

    Parameters are those of :func:`time_in_range`. A run is a maximal stretch of readings on the same side of the
    band; a gap longer than three intervals ends it.

    Returns
    -------
    DataFrame, one row per run in time order: ``start_at`` and ``end_at`` (aware, in the zone of the index; the end
    is when the last reading stops holding), ``side`` ("low" or "high"), ``count`` of readings, ``duration_s``,
    ``worst`` (the value farthest outside) and ``area`` (distance from the limit times hours, unit x h).
    """
    stamps_s, values, lows, highs = _usable(readings, low, high)
    held = held_seconds(stamps_s, interval_s)
    side = np.select([values < lows, values > highs], [-1, 1], default=0)
    new_run = np.ones(side.size, dtype=bool)
    new_run[1:] = (np.diff(side) != 0) | (np.diff(stamps_s) > CAP_INTERVALS * interval_s)
    first = np.flatnonzero(new_run)
    last = np.append(first[1:], side.size)[: first.size] - 1
    distance = np.select([side < 0, side > 0], [lows - values, values - highs], default=0.0)

    outside = side[first] != 0
    table = pd.DataFrame(
        {
            "start_at": _index_at(readings, stamps_s[first]),
            "end_at": _index_at(readings, stamps_s[last] + held[last]),
            "side": np.where(side[first] < 0, "low", "high"),
            "count": last - first + 1,
            "duration_s": _per_run(held, first),
            "worst": _worst(values, distance, first, last),
            "area": _per_run(distance * held, first) / 3600.0,
        }
    )
    return table[outside].reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class ExcursionSummary:
    """The excursions of a period in five numbers; ``worst`` is NaN when there were none."""

    count: int
    longest_s: float
    total_s: float
    worst: float
    area: float


def summarise_excursions(table: pd.DataFrame, *, side: str) -> ExcursionSummary:
    """Sum up one side ("low" or "high") of a table made by :func:`excursions`.

    Raises
    ------
    ValueError
        If ``side`` is neither: low and high excursions have no common worst value.
    """
    if side not in ("low", "high"):
        raise ValueError(f'side must be "low" or "high", got {side!r}')
    rows = table[table["side"] == side]
    worst = rows["worst"].min() if side == "low" else rows["worst"].max()
    longest = float(rows["duration_s"].max()) if len(rows) else 0.0
    return ExcursionSummary(
        len(rows), longest, float(rows["duration_s"].sum()), float(worst), float(rows["area"].sum())
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _usable(
    readings: pd.Series, low: npt.ArrayLike, high: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Give stamps in seconds, values and bands of the readings that exist."""
    values = readings.to_numpy(dtype=np.float64)
    kept = np.isfinite(values)
    lows = np.broadcast_to(np.asarray(low, dtype=np.float64), values.shape)
    highs = np.broadcast_to(np.asarray(high, dtype=np.float64), values.shape)
    return utc_ns(readings.index)[kept] / 1e9, values[kept], lows[kept], highs[kept]


def _index_at(readings: pd.Series, stamps_s: FloatArray) -> pd.DatetimeIndex:
    # Seconds since 1970 in a float64 are good to a microsecond; a reading's stamp is whole milliseconds.
    whole_ms = np.rint(stamps_s * 1000).astype(np.int64)
    return index_from_ns(whole_ms * 1_000_000, readings.index).rename(None)


def _per_run(amounts: FloatArray, first: npt.NDArray[np.intp]) -> FloatArray:
    return np.add.reduceat(amounts, first) if first.size else np.zeros(0)


def _worst(
    values: FloatArray, distance: FloatArray, first: npt.NDArray[np.intp], last: npt.NDArray[np.intp]
) -> FloatArray:
    """Pick from every run the value whose distance from its own limit is largest."""
    run = np.repeat(np.arange(first.size), last - first + 1)
    by_distance = np.lexsort((distance, run))
    return values[by_distance[last]] if first.size else np.zeros(0)

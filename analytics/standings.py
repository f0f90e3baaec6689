"""Several series summed up over one period, to be put in an order: in range, mean, spread, drift, worst, coverage."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.trends import theil_sen

FloatArray = npt.NDArray[np.float64]

_DAY_MS = 86_400_000
#: A slope of fewer days says more about the hours of the day than about the tank.
FEWEST_DAYS = 3


def standings(rows: pd.DataFrame, series: int, *, period_s: npt.ArrayLike) -> pd.DataFrame:
    """Sum up hours or days of several series.

    Parameters
    ----------
    rows
        One row per series and hour or day, sorted by both: ``trace`` (0..series-1), ``at_ms`` (milliseconds since
        1970), ``n``, ``sum``, ``sumsq``, ``min`` and ``max`` of the usable readings, ``covered_s`` that they held,
        ``below_s`` and ``above_s`` outside the band valid then, and that band, ``low`` and ``high``; the last four are
        NaN where there was no band.
    series
        How many there are; one without rows gets a line of its own.
    period_s
        Length of the whole period in seconds, which coverage is a share of: one for all, or shape (series,).

    Returns
    -------
    DataFrame of ``series`` rows, index 0..series-1:

    - ``inside``, ``below``, ``above``: shares 0..1 of the covered time for which there was a band; NaN without one.
    - ``mean`` and ``std`` (ddof=1) of the readings, pooled from the sums.
    - ``drift`` per day with its 95 % interval ``drift_low``, ``drift_high``: the median of all slopes between daily
      means (Theil 1950, Sen 1968); NaN for fewer than three days with readings. Days are counted in UTC.
    - ``worst``: the value farthest outside its band, ``worst_ms`` when, ``worst_by`` how far; NaN if there was none.
    - ``coverage``: share 0..1 of the period that usable readings held.
    """
    trace = rows["trace"].to_numpy(dtype=np.int64)
    column = {name: rows[name].to_numpy(dtype=np.float64) for name in rows.columns if name != "trace"}
    judged = np.isfinite(column["low"]) & np.isfinite(column["below_s"])
    n, total, squares = (_summed(trace, column[name], series) for name in ("n", "sum", "sumsq"))
    judged_s = _summed(trace, np.where(judged, column["covered_s"], 0.0), series)
    below, above = (_summed(trace, np.where(judged, column[name], 0.0), series) for name in ("below_s", "above_s"))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(n > 0, total / n, np.nan)
        spread = np.clip(squares - mean * total, 0.0, None)
        std = np.where(n > 1, np.sqrt(spread / (n - 1)), np.nan)
        shares = {
            name: np.where(judged_s > 0, part / judged_s, np.nan)
            for name, part in (("inside", judged_s - below - above), ("below", below), ("above", above))
        }
    covered = _summed(trace, np.nan_to_num(column["covered_s"]), series)
    return pd.DataFrame(
        {
            **shares,
            "mean": mean,
            "std": std,
            **_drifts(trace, column, series),
            **_worst(trace, column, series),
            "coverage": np.minimum(covered / np.asarray(period_s, dtype=np.float64), 1.0),
        }
    )


def _summed(trace: npt.NDArray[np.int64], values: FloatArray, series: int) -> FloatArray:
    return np.bincount(trace, weights=values, minlength=series).astype(np.float64)


def _drifts(trace: npt.NDArray[np.int64], column: dict[str, FloatArray], series: int) -> dict[str, FloatArray]:
    """Fit a slope through the daily means of every series."""
    found = np.full((3, series), np.nan)
    day = column["at_ms"] // _DAY_MS
    for one in range(series):
        rows = slice(*np.searchsorted(trace, [one, one + 1]))
        days, place = np.unique(day[rows], return_inverse=True)
        if days.size < FEWEST_DAYS:
            continue
        counts, totals = (np.bincount(place, weights=column[name][rows]) for name in ("n", "sum"))
        fitted = theil_sen(days[counts > 0], totals[counts > 0] / counts[counts > 0])
        found[:, one] = fitted.slope, fitted.low, fitted.high
    return dict(zip(("drift", "drift_low", "drift_high"), found, strict=True))


def _worst(trace: npt.NDArray[np.int64], column: dict[str, FloatArray], series: int) -> dict[str, FloatArray]:
    """Find the value farthest outside the band of its own hour or day."""
    under, over = column["low"] - column["min"], column["max"] - column["high"]
    by = np.nan_to_num(np.fmax(under, over), nan=0.0)
    value = np.where(np.nan_to_num(under, nan=0.0) >= np.nan_to_num(over, nan=0.0), column["min"], column["max"])
    found = np.full((3, series), np.nan)
    outside = np.flatnonzero(by > 0)
    # The last of each series in ascending distance is its worst; of equals, the earlier one.
    ordered = outside[np.lexsort((-outside, by[outside], trace[outside]))]
    last = ordered[np.flatnonzero(np.diff(trace[ordered], append=-1))]
    found[:, trace[last]] = value[last], column["at_ms"][last], by[last]
    return dict(zip(("worst", "worst_ms", "worst_by"), found, strict=True))

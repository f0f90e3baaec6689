"""One device against the others that should read alike: same crop, same recipe.

All tables are wide: one row per common time (resample first, e.g. to 10 minutes), one column per device.
"""

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from analytics.quantities import Quantity
from analytics.times import seconds_of, utc_ns
from analytics.trends import theil_sen

MIN_MEMBERS = 5
_LIMIT_Z = 4.0
_MAD_TO_SIGMA = 1.4826
_FEWEST_DAYS = 5

# A fleet that agrees better than the probes can measure must not turn their tolerance into outliers.
LEAST_SPREAD: Mapping[Quantity, float] = MappingProxyType({Quantity.PH: 0.05, Quantity.EC: 20.0, Quantity.WATER: 0.5})


def cohort_residuals(values: pd.DataFrame, *, min_members: int = MIN_MEMBERS) -> pd.DataFrame:
    """Subtract the cohort's median at each time; NaN where fewer than ``min_members`` devices have a value."""
    known = values.notna().sum(axis=1) >= min_members
    return values.sub(values.median(axis=1), axis=0).where(known, axis=0)


def cohort_scores(values: pd.DataFrame, quantity: Quantity, *, min_members: int = MIN_MEMBERS) -> pd.DataFrame:
    """Give each device's distance from the cohort in robust deviations, (v - median) / (1.4826 MAD).

    The deviation is at least what the probes can tell apart (:data:`LEAST_SPREAD`). NaN where the device has no
    value or fewer than ``min_members`` devices have one.
    """
    residuals = cohort_residuals(values, min_members=min_members)
    spread = (_MAD_TO_SIGMA * residuals.abs().median(axis=1)).clip(lower=LEAST_SPREAD[quantity])
    return residuals.div(spread, axis=0)


def left_the_fleet(
    values: pd.DataFrame, quantity: Quantity, *, hold: str = "2h", min_members: int = MIN_MEMBERS
) -> pd.DataFrame:
    """Mark where a device has been more than 4 robust deviations from its cohort, on one side, for ``hold``.

    Parameters
    ----------
    values
        Shape (times, devices). Index: increasing, timezone-aware ``DatetimeIndex``, evenly spaced. NaN for what is
        not usable; it neither starts nor ends a departure.

    Returns
    -------
    DataFrame of bool, same shape: true from the moment the departure has lasted ``hold``. Fewer than
    ``min_members`` devices with a value never mark anybody.
    """
    utc_ns(values.index)
    scores = cohort_scores(values, quantity, min_members=min_members)
    side = (scores / scores.abs()).where((scores.abs() > _LIMIT_Z) | scores.isna(), 0.0)
    rolling = side.rolling(pd.Timedelta(seconds=seconds_of(hold)), closed="both", min_periods=2)
    lasted = pd.Series(values.index, index=values.index) - values.index[:1].repeat(len(values)) >= pd.Timedelta(hold)
    departed = (rolling.min() > 0) | (rolling.max() < 0)
    return departed & scores.notna() & lasted.to_numpy()[:, None]


def slow_drifts(
    values: pd.DataFrame,
    quantity: Quantity,
    *,
    devices: Sequence[Hashable] | None = None,
    min_members: int = MIN_MEMBERS,
) -> pd.DataFrame:
    """Find the probe that creeps away from its cohort slower than any threshold sees.

    Parameters
    ----------
    values
        Shape (times, devices), as for :func:`left_the_fleet`; at least five days. Leave out serviced and freshly
        dosed periods as NaN.
    devices
        Columns to be told of, the others are only their cohort; None tells of all.

    Returns
    -------
    DataFrame, one row per device: ``per_day`` with ``low`` and ``high`` (Theil-Sen slope of the daily medians of
    the residual, 95 % interval), ``days`` used, ``total`` (change over these days) and ``drifting``: the interval
    excludes zero and the total exceeds what the probes can tell apart. NaN slopes under five days.
    """
    utc_ns(values.index)
    residuals = cohort_residuals(values, min_members=min_members)
    daily = (residuals if devices is None else residuals[list(devices)]).resample("D").median()
    number = np.arange(len(daily), dtype=np.float64)
    rows = {}
    for device in daily.columns:
        column = daily[device].to_numpy(dtype=np.float64)
        days = int(np.isfinite(column).sum())
        trend = theil_sen(number, column if days >= _FEWEST_DAYS else np.full(column.size, np.nan))
        total = trend.slope * float(np.ptp(number[np.isfinite(column)]) if days else 0)
        drifting = trend.certain and abs(total) > LEAST_SPREAD[quantity]
        rows[device] = (trend.slope, trend.low, trend.high, days, total, drifting)
    columns = ["per_day", "low", "high", "days", "total", "drifting"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("device")

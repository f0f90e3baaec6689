"""Time in range of many devices side by side, worst first."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy.typing as npt
import pandas as pd

from analytics.ranges import excursions, summarise_excursions, time_in_range


@dataclass(frozen=True, slots=True)
class Banded:
    """One device's readings of one quantity (NaN where not usable) with the band valid at each and the interval."""

    readings: pd.Series
    low: npt.ArrayLike
    high: npt.ArrayLike
    interval_s: float


_COLUMNS = (
    "share_below", "share_inside", "share_above", "coverage", "excursions", "longest_s", "worst_low", "worst_high",
    "area",
)  # fmt: skip


def time_in_range_report(devices: Mapping[str, Banded], *, period: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DataFrame:
    """Report per device how the period was spent.

    Parameters
    ----------
    devices
        Readings by device name, with some context before the period: a reading holds into it.
    period
        ``[start, end)``, aware.

    Returns
    -------
    DataFrame indexed by ``device``, least time in range first and devices without readings last: ``share_below``,
    ``share_inside``, ``share_above`` (0..1 of the covered time), ``coverage`` (0..1 of the period), ``excursions``
    (count), ``longest_s``, ``worst_low``, ``worst_high`` (NaN if none) and ``area``: distance outside times hours,
    unit x h, which weighs how bad by how long. Excursions are those that begin in the period.
    """
    rows = {name: _row(banded, period) for name, banded in devices.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(_COLUMNS)).rename_axis("device")
    return table.sort_values(["share_inside", "area"], ascending=[True, False], na_position="last", kind="stable")


def daily_time_in_range(banded: Banded, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Report one device day by day: rows ``share_below, share_inside, share_above, coverage`` per start in ``days``.

    ``days``: consecutive local midnights, aware; each day ends where the next begins, the last one is 24 h or what
    the calendar of the zone makes of it.
    """
    ends = [*days[1:], days[-1] + pd.DateOffset(days=1)] if len(days) else []
    rows = []
    for start, end in zip(days, ends, strict=True):
        spent = time_in_range(
            banded.readings, banded.low, banded.high, interval_s=banded.interval_s, period=(start, end)
        )
        rows.append((spent.share_below, spent.share_inside, spent.share_above, spent.coverage))
    return pd.DataFrame(rows, index=days, columns=["share_below", "share_inside", "share_above", "coverage"])


def _row(banded: Banded, period: tuple[pd.Timestamp, pd.Timestamp]) -> tuple[float, ...]:
    spent = time_in_range(banded.readings, banded.low, banded.high, interval_s=banded.interval_s, period=period)
    runs = excursions(banded.readings, banded.low, banded.high, interval_s=banded.interval_s)
    runs = runs[(runs["start_at"] >= period[0]) & (runs["start_at"] < period[1])]
    low, high = summarise_excursions(runs, side="low"), summarise_excursions(runs, side="high")
    return (
        spent.share_below, spent.share_inside, spent.share_above, spent.coverage, low.count + high.count,
        max(low.longest_s, high.longest_s), low.worst, high.worst, low.area + high.area,
    )  # fmt: skip

"""Devices by time: what every hour or day of many devices held, and how much of it lay outside the band."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy.orm import Session

from analytics.quantities import Quantity
from app.jobs.summaries import PREFIXES
from models.read.rollups import days_frame, hours_frame
from models.read.targets import Tank, Targets, tanks

FloatArray = npt.NDArray[np.float64]
_SECONDS = ("covered_s", "below_s", "above_s")


@unique
class Cell(StrEnum):
    """What one cell stands for; days are those of UTC."""

    HOUR = "1h"
    DAY = "1d"

    @property
    def width(self) -> timedelta:
        """How long a cell is."""
        return timedelta(hours=1) if self is Cell.HOUR else timedelta(days=1)

    @property
    def unit(self) -> Literal["hour", "day"]:
        """Name the column that says when a cell begins."""
        return "hour" if self is Cell.HOUR else "day"


def cells_frame(
    session: Session, device_ids: Sequence[int], quantity: Quantity, cell: Cell, start: datetime, end: datetime
) -> pd.DataFrame:
    """Read the cells that begin in ``[start, end)``, by device and time; cells without a reading are left out.

    Returns
    -------
    DataFrame with ``device_id``, ``start`` (aware UTC), ``n`` and ``sum`` of the usable readings, ``covered_s``
    (seconds that they held), ``below_s`` and ``above_s`` (seconds outside the band valid then), and ``low`` and
    ``high``, the band in the middle of the cell. The last four are NaN where there was no band.
    """
    prefix = PREFIXES[quantity]
    columns = [f"{prefix}_{name}" for name in ("n", "sum", *_SECONDS)]
    read = hours_frame if cell is Cell.HOUR else days_frame
    found = read(session, device_ids, start, end, columns)
    starts = pd.DatetimeIndex(found[cell.unit])
    ids = found["device_id"].to_numpy()
    low, high = limits_at(session, quantity, ids, starts + cell.width / 2)
    n, total, covered, below, above = (found[name].to_numpy(dtype=np.float64) for name in columns)
    judged = ~np.isnan(low) & ~np.isnan(covered)
    return pd.DataFrame(
        {
            "device_id": ids,
            "start": starts,
            "n": n,
            "sum": np.nan_to_num(total),
            "covered_s": np.nan_to_num(covered),
            "below_s": np.where(judged, below, np.nan),
            "above_s": np.where(judged, above, np.nan),
            "low": low,
            "high": high,
        }
    )


def heatmap_frame(
    session: Session, device_ids: Sequence[int], quantity: Quantity, cell: Cell, start: datetime, end: datetime
) -> pd.DataFrame:
    """Read the cells that begin in ``[start, end)``, by device and time; cells without a reading are left out.

    Returns
    -------
    DataFrame with ``device_id``, ``start`` (aware UTC), ``mean`` in the quantity's unit, and ``outside``: the share
    0..1 of the covered time outside the band valid then; both NaN where no reading was usable, ``outside`` also where
    there was no band.
    """
    cells = cells_frame(session, device_ids, quantity, cell, start, end)
    count, covered = cells["n"].to_numpy(), cells["covered_s"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, cells["sum"] / count, np.nan)
        outside = np.where(covered > 0, (cells["below_s"] + cells["above_s"]) / covered, np.nan)
    return cells[["device_id", "start"]].assign(mean=mean, outside=outside)


def limits_at(
    session: Session, quantity: Quantity, device_ids: npt.NDArray[np.int64], moments: pd.DatetimeIndex
) -> tuple[FloatArray, FloatArray]:
    """Give the band of each device at each moment, both of shape (n,); NaN where there was none."""
    low, high = np.full(len(device_ids), np.nan), np.full(len(device_ids), np.nan)
    if not len(device_ids):
        return low, high
    targets, at_ms = Targets(session), moments.as_unit("ms").asi8
    first, last = (at.to_pydatetime() for at in (moments.min(), moments.max() + timedelta(seconds=1)))
    order = np.argsort(device_ids, kind="stable")
    known, starts = np.unique(device_ids[order], return_index=True)
    rows_of = dict(zip(known.tolist(), np.split(order, starts[1:]), strict=True))
    # Many tanks are planted alike, and on the same day.
    steps_of: dict[Tank, tuple[FloatArray, FloatArray]] = {}
    for device_id, tank in tanks(session, list(rows_of)).items():
        rows = rows_of[device_id]
        if tank not in steps_of:
            steps_of[tank] = _steps(targets, tank, quantity, first, last)
        cuts_ms, limits = steps_of[tank]
        low[rows], high[rows] = limits[np.searchsorted(cuts_ms, at_ms[rows], side="right") - 1].T
    return low, high


def _steps(
    targets: Targets, tank: Tank, quantity: Quantity, first: datetime, last: datetime
) -> tuple[FloatArray, FloatArray]:
    """Give when a tank's band may change, in ms since 1970, and its limits from then on, shape (n, 2)."""
    cuts = targets.changes(tank, first, last)
    bands = [targets.band_at(tank, str(quantity), cut) for cut in cuts]
    limits = np.array([(band.low, band.high) if band else (np.nan, np.nan) for band in bands])
    return np.array([round(cut.timestamp() * 1000) for cut in cuts]), limits

"""Devices by time: the mean of every hour or day of many devices, and how much of it lay outside the band."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, unique

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from analytics.quantities import Quantity
from app.jobs.summaries import PREFIXES
from models.read.rollups import days_frame, hours_frame


@unique
class Cell(StrEnum):
    """What one cell stands for; days are those of UTC."""

    HOUR = "1h"
    DAY = "1d"


def heatmap_frame(
    session: Session, device_ids: Sequence[int], quantity: Quantity, cell: Cell, start: datetime, end: datetime
) -> pd.DataFrame:
    """Read the cells that begin in ``[start, end)``, by device and time; cells without a reading are left out.

    Returns
    -------
    DataFrame with ``device_id``, ``start`` (aware UTC), ``mean`` in the quantity's unit, and ``outside``: the share
    0..1 of the covered time outside the band valid then; both NaN where no reading was usable.
    """
    prefix = PREFIXES[quantity]
    columns = [f"{prefix}_{name}" for name in ("n", "sum", "covered_s", "below_s", "above_s")]
    if cell is Cell.HOUR:
        found, key = hours_frame(session, device_ids, start, end, columns), "hour"
    else:
        found, key = days_frame(session, device_ids, start, end, columns), "day"
    count, total, covered, below, above = (found[name].to_numpy(dtype=np.float64) for name in columns)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
        outside = np.where(covered > 0, (below + above) / covered, np.nan)
    return pd.DataFrame({"device_id": found["device_id"], "start": found[key], "mean": mean, "outside": outside})

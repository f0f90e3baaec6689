"""History in steps of a minute up to a day: what a chart or a notebook asks for instead of every reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from analytics.flags import CHANNELS, unpack_flags, usable
from analytics.resample import resample_count, resample_max, resample_mean, resample_min
from ingest_api.measurements import FIELDS
from models.read.readings import readings_frame
from models.read.rollups import days_frame, hours_frame

#: Field -> how its columns begin in the rollup tables.
_PREFIX = dict(zip(FIELDS, ("ph", "ec", "water"), strict=True))
_OF_ROLLUPS = [f"{prefix}_{name}" for prefix in _PREFIX.values() for name in ("n", "sum", "min", "max")]


@dataclass(frozen=True, slots=True)
class Step:
    """A width of steps; they are counted from midnight UTC."""

    width: timedelta
    rule: str = ""

    def begin(self, moment: datetime) -> datetime:
        """Give the start of the step that a moment lies in."""
        since_midnight = moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return moment - since_midnight % self.width


HOUR = Step(timedelta(hours=1))
DAY = Step(timedelta(days=1))
#: The resolutions that are steps; single readings are none.
STEPS = {"1m": Step(timedelta(minutes=1), "1min"), "5m": Step(timedelta(minutes=5), "5min"), "1h": HOUR, "1d": DAY}


def step_frame(session: Session, device_id: int, step: Step, start: datetime, end: datetime) -> pd.DataFrame:
    """Read the steps that begin in ``[start, end)`` and hold a reading.

    Returns
    -------
    DataFrame with the starts as index ``ts`` (aware UTC, increasing), ``n`` (readings in the step) and for every field
    ``<field>`` (mean), ``_low``, ``_high`` (NaN where no reading was usable) and ``_count`` of the usable ones: those
    that are flagged good or not evaluated.
    """
    if step in (HOUR, DAY):
        return _of_rollups(session, device_id, step, start, end)
    frame = readings_frame(session, device_id, start, end, (*FIELDS, "quality"))
    return _of_readings(frame, step)


def _of_readings(frame: pd.DataFrame, step: Step) -> pd.DataFrame:
    flags = dict(zip(CHANNELS, unpack_flags(frame["quality"]), strict=True))
    used = pd.DataFrame({str(one): frame[one].where(usable(flags[one])) for one in CHANNELS}, index=frame.index)
    rows = resample_count(used.assign(n=1.0)[["n"]], step.rule)
    pieces = [
        rows,
        resample_mean(used, step.rule),
        resample_min(used, step.rule).add_suffix("_low"),
        resample_max(used, step.rule).add_suffix("_high"),
        resample_count(used, step.rule).add_suffix("_count"),
    ]
    return pd.concat(pieces, axis=1)[rows["n"] > 0]


def _of_rollups(session: Session, device_id: int, step: Step, start: datetime, end: datetime) -> pd.DataFrame:
    columns = ["n", *_OF_ROLLUPS]
    if step is HOUR:
        found, key = hours_frame(session, [device_id], start, end, columns), "hour"
    else:
        found, key = days_frame(session, [device_id], start, _day_after(end), columns), "day"
    starts = pd.DatetimeIndex(found[key]).rename("ts")
    return pd.DataFrame(_means(found), index=starts)


def _means(found: pd.DataFrame) -> dict[str, Sequence[float] | np.ndarray]:
    values: dict[str, Sequence[float] | np.ndarray] = {"n": found["n"].to_numpy()}
    for field, prefix in _PREFIX.items():
        count = found[f"{prefix}_n"].to_numpy()
        values[field] = np.where(count > 0, found[f"{prefix}_sum"] / np.maximum(count, 1), np.nan)
        values[f"{field}_low"] = found[f"{prefix}_min"].to_numpy()
        values[f"{field}_high"] = found[f"{prefix}_max"].to_numpy()
        values[f"{field}_count"] = count
    return values


def _day_after(end: datetime) -> datetime:
    """Give the first midnight at or after ``end``; the tables ask for days."""
    midnight = DAY.begin(end)
    return end if midnight == end else midnight + DAY.width

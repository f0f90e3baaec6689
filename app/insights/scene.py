"""Everything the checks look at, read once: tanks, their hours side by side, interventions and electrodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from analytics.flags import CHANNELS
from analytics.quantities import Quantity
from app.insights.findings import Check, Evidence, Lack, Outcome, Result, Urgency
from app.jobs.summaries import PREFIXES
from models.read.fleet import fleet_frame
from models.read.fleet_history import electrode_calibrations, last_water_events
from models.read.rollups import hours_frame

#: How far back the checks look.
LOOK_BACK = timedelta(days=14)
#: What was done to the water longer ago than this no longer matters to where it is heading.
_EVENTS_BACK = timedelta(hours=24)
_HOUR = timedelta(hours=1)
_PARTS = ("n", "sum", "covered_s", "below_s", "above_s")


@dataclass(frozen=True)
class Hours:
    """Hours of many devices side by side; every frame has shape (hours, devices), NaN for an hour without readings.

    The index holds the starts of the hours, evenly spaced, aware UTC; the columns are device ids.
    """

    frames: Mapping[str, pd.DataFrame]

    def means(self, quantity: Quantity) -> pd.DataFrame:
        """Give the means of the usable readings."""
        prefix = PREFIXES[quantity]
        count = self.frames[f"{prefix}_n"]
        return self.frames[f"{prefix}_sum"] / count.where(count > 0)

    def seconds(self, quantity: Quantity, part: str) -> pd.DataFrame:
        """Give seconds of each hour: ``part`` is covered_s, below_s or above_s."""
        return self.frames[f"{PREFIXES[quantity]}_{part}"]


@dataclass(frozen=True)
class Scene:
    """What is known of some devices (``asked``) and of the tanks they are compared with, up to ``end``.

    ``tanks`` holds the rows of :func:`models.read.fleet.fleet_frame` by device id, in natural order; ``changed_at``
    and ``electrodes`` are as :mod:`models.read.fleet_history` gives them.
    """

    asked: Sequence[int]
    tanks: Mapping[int, Mapping[str, Any]]
    hours: Hours
    changed_at: pd.Series
    electrodes: pd.DataFrame
    start: datetime
    end: datetime

    def cohorts(self) -> list[list[int]]:
        """List the groups of peers that the devices asked about belong to."""
        return cohorts_of(self.tanks, self.asked)

    def loners(self) -> list[int]:
        """List the devices asked about that belong to no group, because nothing is planted in them."""
        return [one for one in self.asked if _kind(self.tanks[one]) is None]

    def found(
        self, device_id: int, check: Check, quantity: Quantity, urgency: Urgency, evidence: Evidence, **span: datetime
    ) -> Result:
        """Report that a check found something."""
        return self._result(device_id, check, quantity, Outcome.FOUND, urgency=urgency, evidence=evidence, **span)

    def fine(self, device_id: int, check: Check, quantity: Quantity, evidence: Evidence | None = None) -> Result:
        """Report that a check found nothing."""
        return self._result(device_id, check, quantity, Outcome.FINE, evidence=evidence)

    def unknown(self, device_id: int, check: Check, quantity: Quantity, lack: Lack) -> Result:
        """Report that a check cannot say anything."""
        return self._result(device_id, check, quantity, Outcome.UNKNOWN, lack=lack)

    def _result(self, device_id: int, check: Check, quantity: Quantity, outcome: Outcome, **rest: Any) -> Result:
        name = str(self.tanks[device_id]["name"])
        return Result(device_id, name, check, quantity, outcome, self.start, self.end, **rest)


def load_scene(session: Session, device_ids: Sequence[int] | None, *, end: datetime) -> Scene:
    """Read what the checks of these devices need, or of all that report; four queries and the bands, however many.

    Devices that do not exist, or are retired, are left out.
    """
    rows = fleet_frame(session, now=end).to_dict("records")
    tanks = {int(row["device_id"]): {str(name): value for name, value in row.items()} for row in rows}
    reporting = [one for one, tank in tanks.items() if tank["origin"] != "import"]
    asked = reporting if device_ids is None else [int(one) for one in device_ids if one in tanks]
    start = (end - LOOK_BACK).replace(minute=0, second=0, microsecond=0)
    everybody = sorted({*asked, *(one for group in cohorts_of(tanks, asked) for one in group)})
    columns = [f"{PREFIXES[quantity]}_{part}" for quantity in CHANNELS for part in _PARTS]
    frame = hours_frame(session, everybody, start, end, columns)
    return Scene(
        asked,
        tanks,
        _side_by_side(frame, everybody, columns, start, end),
        last_water_events(session, asked, end - _EVENTS_BACK, end),
        electrode_calibrations(session, asked, end),
        start,
        end,
    )


def cohorts_of(tanks: Mapping[int, Mapping[str, Any]], wanted: Sequence[int]) -> list[list[int]]:
    """Group tanks with the same crop at the same stage; only the groups that hold one of those ``wanted``."""
    kinds = {device_id: _kind(tank) for device_id, tank in tanks.items()}
    asked_for = {kinds[one] for one in wanted} - {None}
    return [[one for one, other in kinds.items() if other == kind] for kind in sorted(asked_for, key=str)]


def _kind(tank: Mapping[str, Any]) -> tuple[str, str] | None:
    """Tell what grows in a tank; None where nobody has said, and for an imported log, which has no peers."""
    is_known = tank["origin"] != "import" and not pd.isna(tank["crop"])
    return (str(tank["crop"]), str(tank["stage"])) if is_known else None


def _side_by_side(
    frame: pd.DataFrame, device_ids: Sequence[int], columns: Sequence[str], start: datetime, end: datetime
) -> Hours:
    count = -(-(end - start) // _HOUR)
    starts = pd.date_range(start, periods=count, freq="h", unit="ms", name="hour")
    row = ((pd.DatetimeIndex(frame["hour"]) - starts[0]) // _HOUR).to_numpy() if len(frame) else np.zeros(0, int)
    column = np.searchsorted(np.asarray(device_ids), frame["device_id"].to_numpy())
    frames = {}
    for name in columns:
        table = np.full((starts.size, len(device_ids)), np.nan)
        table[row, column] = frame[name].to_numpy(dtype=np.float64)
        frames[name] = pd.DataFrame(table, index=starts, columns=list(device_ids))
    return Hours(frames)

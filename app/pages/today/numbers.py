"""The fleet in five numbers, for all devices or for those of one place."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.jobs.summaries import PREFIXES
from app.pages.fleet.rows import Device
from app.pages.fleet.status import State


@dataclass(frozen=True, slots=True)
class Numbers:
    """The fleet at a glance. ``inside_of_day`` is 0..1, NaN where nothing was judged."""

    inside: int
    judged: int
    inside_of_day: float
    online: int
    total: int
    readings: int

    @property
    def inside_now(self) -> float:
        """The share 0..1 of the tanks judged now that have every value inside; NaN for none."""
        return self.inside / self.judged if self.judged else float("nan")


def numbers_of(devices: Sequence[Device], readings: pd.Series, seconds: pd.DataFrame) -> Numbers:
    """Count; imported logs, which nobody expects to report, do not."""
    reporting = [device for device in devices if device.snapshot.origin != "import"]
    states = [device.state for device in reporting]
    inside, outside = states.count(State.IN), states.count(State.OUT)
    ids = [device.record["device_id"] for device in reporting]
    return Numbers(
        inside=inside,
        judged=inside + outside,
        inside_of_day=share_inside(reporting, seconds, "short"),
        online=sum(state not in {State.SILENT, State.NO_DATA} for state in states),
        total=len(states),
        readings=int(readings.reindex(ids).fillna(0).sum()),
    )


def share_inside(devices: Sequence[Device], seconds: pd.DataFrame, span: str) -> float:
    """Give the share 0..1 of the measured time of all values with a band in which they were inside; NaN for none.

    ``seconds`` is as from :func:`models.read.fleet.outside_seconds`, ``span`` one of its two, short or long.
    """
    covered = outside = 0.0
    for prefix in PREFIXES.values():
        limits = (f"{prefix}_low", f"{prefix}_high")
        ids = [one.record["device_id"] for one in devices if any(one.record[limit] is not None for limit in limits)]
        known = seconds.reindex(ids)
        covered += float(np.nansum(known[f"{prefix}_covered_{span}"]))
        outside += float(np.nansum(known[f"{prefix}_outside_{span}"]))
    return 1.0 - outside / covered if covered else float("nan")

"""Where the page's numbers come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.quantities import QUANTITIES, Quantity
from app.heatmap import Cell, cells_frame
from app.jobs.rollups import refresh_dirty_hours
from app.jobs.summaries import PREFIXES
from app.pages.heatmap.span import Stretch
from app.pages.heatmap.view import Limits, View, Weight
from app.pages.heatmap.what_if import seconds_outside, severity_seconds
from app.pages.questions import DatabaseQuestions
from models.read.devices import DeviceRecord, list_devices
from models.read.dirty import count_dirty_hours
from models.read.histograms import read_histograms
from models.read.rollups import first_day
from models.read.targets import Tank, Targets
from models.read.traces import newest_reading

FloatArray = npt.NDArray[np.float64]

# A visitor waits for this many; the rest of a large import is left to the background job, and told.
_MOST_DIRTY_HOURS = 200


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a view, and those with the bands that were really valid, to compare a "what if" with.

    Both as :func:`app.heatmap.cells_frame` gives them; ``hours_to_compute`` of the stretch are not up to date.
    """

    shown: pd.DataFrame
    real: pd.DataFrame
    hours_to_compute: int


class HeatmapSource(DatabaseQuestions):
    """Answers from the database."""

    def devices(self) -> list[DeviceRecord]:
        """List the devices in use, pi-2 before pi-10."""
        with self._session() as session:
            return [one for one in list_devices(session) if one.status != "retired"]

    def first_day(self, devices: Sequence[DeviceRecord]) -> date | None:
        """Give the first UTC day with readings; None if there are none."""
        with self._session() as session:
            return first_day(session, [one.id for one in devices])

    def newest(self, devices: Sequence[DeviceRecord]) -> datetime | None:
        """Give the time of the newest reading of all; None if there are none."""
        with self._session() as session:
            return newest_reading(session, [one.id for one in devices])

    def usual_limits(self, quantity: Quantity) -> Limits:
        """Give the band that a tank keeps to when nothing is planted: where a "what if" begins."""
        now = self._clock()
        with self._session() as session:
            band = Targets(session).band_at(Tank(has_default=True, zone=ZoneInfo("UTC")), str(quantity), now)
        width = QUANTITIES[quantity].bin_width
        return (band.low, band.high) if band else (10 * width, 20 * width)

    def cells(self, devices: Sequence[DeviceRecord], view: View, stretch: Stretch) -> Cells:
        """Read the cells of a stretch; hours of it that changed a moment ago are computed first."""
        ids = [one.id for one in devices]
        with self._session() as session:
            lag = count_dirty_hours(session, ids, stretch.start, stretch.end)
            if lag:
                refresh_dirty_hours(self._engine, now=self._clock(), device_ids=ids, limit=_MOST_DIRTY_HOURS)
                lag = count_dirty_hours(session, ids, stretch.start, stretch.end)
            real = cells_frame(session, ids, view.quantity, stretch.stored, stretch.start, stretch.end)
        return Cells(self._counted(real, ids, view, stretch.stored, stretch.start, stretch.end), real, lag)

    def hours(self, devices: Sequence[DeviceRecord], view: View, stretch: Stretch, *, most_days: int) -> pd.DataFrame:
        """Give the hours of the last days of a stretch, as :class:`Cells` are shown."""
        ids = [one.id for one in devices]
        start = max(stretch.start, min(stretch.end, self._clock()) - timedelta(days=most_days))
        with self._session() as session:
            real = cells_frame(session, ids, view.quantity, Cell.HOUR, start, stretch.end)
        return self._counted(real, ids, view, Cell.HOUR, start, stretch.end)

    def _counted(
        self, real: pd.DataFrame, ids: list[int], view: View, cell: Cell, start: datetime, end: datetime
    ) -> pd.DataFrame:
        """Count the seconds outside again where the view asks for another band or weight than was stored."""
        if view.limits is None and view.weight is Weight.TIME:
            return real
        prefix = PREFIXES[view.quantity]
        with self._session() as session:
            histograms = read_histograms(session, prefix, cell.unit, ids, start, end)
        count = severity_seconds if view.weight is Weight.SEVERITY else seconds_outside
        theirs = Keys(real["device_id"].to_numpy(), pd.DatetimeIndex(real["start"]))
        ours = Keys(histograms.device_id, histograms.start)
        if view.limits is None:
            low, high = (ours.values_from(theirs, real[name].to_numpy()) for name in ("low", "high"))
        else:
            low, high = (np.full(len(ours.device_id), limit) for limit in view.limits)
        counted = count(histograms, low, high, width=QUANTITIES[view.quantity].bin_width)
        below, above = (theirs.values_from(ours, seconds) for seconds in counted)
        return real.assign(below_s=below, above_s=above)


@dataclass(frozen=True, slots=True)
class Keys:
    """Which cell of which device each row is."""

    device_id: npt.NDArray[np.int64]
    start: pd.DatetimeIndex

    def values_from(self, other: "Keys", values: FloatArray) -> FloatArray:
        """Give the other's values in our order, NaN where it has no such cell.

        Between two questions a job may have added one, so the two are nearly always, but not surely, the same.
        """
        if np.array_equal(self.device_id, other.device_id) and self.start.equals(other.start):
            return values
        series = pd.Series(values, index=other._index())
        return np.asarray(series.reindex(self._index()), dtype=np.float64)

    def _index(self) -> pd.MultiIndex:
        return pd.MultiIndex.from_arrays([self.device_id, self.start])

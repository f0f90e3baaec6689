"""Where the section's numbers come from: the use cases of app.insights, each with a session of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from analytics.quantities import Quantity
from app.insights.findings import Result
from app.insights.fleet import device_results
from app.insights.stretches import (
    DayReport,
    RangeReport,
    UptakeReport,
    day_reports,
    range_reports,
    typical_span,
    uptake_report,
)
from app.jobs.rollups import refresh_dirty_hours
from models.db import session_scope
from models.read.devices import DeviceRecord, find_device

#: A visitor waits for this many hours to be computed; the rest of a large import is left to the background job.
_MOST_DIRTY_HOURS = 48


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the chart shows: ``[start, end)``, aware."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Days:
    """Typical days with the stretch that they were found in."""

    reports: Mapping[Quantity, DayReport]
    stretch: Stretch


class InsightSource(Protocol):
    """What the section asks; every answer but the first is None for a device that does not exist."""

    def device(self, name: str) -> DeviceRecord | None:
        """Find a device."""

    def results(self, name: str) -> list[Result] | None:
        """Check the device as of now; nothing for a retired one."""

    def ranges(self, name: str, stretch: Stretch) -> Mapping[Quantity, RangeReport] | None:
        """Report how the stretch was spent."""

    def days(self, name: str, stretch: Stretch) -> Days | None:
        """Describe the days of the stretch, widened if it is short."""

    def uptake(self, name: str, stretch: Stretch) -> UptakeReport | None:
        """Measure what happened between the interventions."""


class DatabaseInsights:
    """Answers from the database."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], usual_zone: str) -> None:
        self._engine = engine
        self._clock = clock
        self._usual_zone = usual_zone

    def device(self, name: str) -> DeviceRecord | None:
        """Find a device."""
        with session_scope(self._engine) as session:
            return find_device(session, name)

    def results(self, name: str) -> list[Result] | None:
        """Check the device as of now, with the hours that changed a moment ago."""
        record = self._fresh(name)
        if record is None:
            return None
        with session_scope(self._engine) as session:
            return device_results(session, record, now=self._clock())

    def ranges(self, name: str, stretch: Stretch) -> Mapping[Quantity, RangeReport] | None:
        """Report how the stretch was spent."""
        record = self.device(name)
        if record is None:
            return None
        with session_scope(self._engine) as session:
            return range_reports(session, record, stretch.start, stretch.end)

    def days(self, name: str, stretch: Stretch) -> Days | None:
        """Describe the days of the stretch, widened if it is short."""
        record = self.device(name)
        if record is None:
            return None
        whole = Stretch(*typical_span(stretch.start, stretch.end))
        with session_scope(self._engine) as session:
            return Days(day_reports(session, record, whole.start, whole.end, self._zone(record)), whole)

    def uptake(self, name: str, stretch: Stretch) -> UptakeReport | None:
        """Measure what happened between the interventions."""
        record = self.device(name)
        if record is None:
            return None
        with session_scope(self._engine) as session:
            return uptake_report(session, record, stretch.start, stretch.end, self._zone(record))

    def _fresh(self, name: str) -> DeviceRecord | None:
        record = self.device(name)
        if record is not None:
            refresh_dirty_hours(self._engine, now=self._clock(), device_ids=[record.id], limit=_MOST_DIRTY_HOURS)
        return record

    def _zone(self, record: DeviceRecord) -> ZoneInfo:
        return ZoneInfo(record.site_time_zone or self._usual_zone)

"""Where the page's data come from: a handful of questions to the database."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pandas as pd

from analytics.histogram import Histogram, add_histograms
from analytics.quantities import Quantity
from app.jobs.rederive import is_corrected
from app.jobs.rollups import refresh_dirty_hours
from app.jobs.spans import Span, sampling_interval_s
from app.jobs.summaries import summarise_days, summarise_hours
from app.pages.device.channels import PREFIX
from app.pages.device.events.tank_event import TankEvent, event_of
from app.pages.device.period import Extent, Level, Period
from app.pages.fleet.status import Snapshot
from app.pages.questions import DatabaseQuestions
from app.silence import Outage, last_outage
from models.read.calibrations import list_calibrations
from models.read.devices import DeviceRecord, find_device, list_devices, neighbours
from models.read.events import list_events
from models.read.fleet import fleet_frame
from models.read.histograms import histograms_of_span
from models.read.readings import readings_frame, span
from models.read.rollups import PLAIN_COLUMNS, days_frame, hours_frame
from models.read.targets import bands_frame, crop_names

#: A visitor waits for this many; the rest of a large import is left to the background job.
_MOST_DIRTY_HOURS = 48
#: Days are counted from here; any midnight does.
BEGINNING = datetime(1990, 1, 1, tzinfo=UTC)
READING_COLUMNS = ("ph", "ec_us_cm", "water_c", "quality")
# What hours and days are drawn and summarised from.
_DRAWN = [name for name in PLAIN_COLUMNS if not name.endswith(("_first", "_last"))]


@dataclass(frozen=True, slots=True)
class Profile:
    """A device, and from when to when there are readings of it; None if there are none."""

    record: DeviceRecord
    extent: Extent | None


@dataclass(frozen=True, slots=True)
class Latest:
    """What a device last said, and what grows in its tank: the crop by its English and its Indonesian name.

    ``outage`` is the last time that the server itself was away.
    """

    snapshot: Snapshot
    crop: tuple[str, str] | None
    stage: str | None
    outage: Outage | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The other devices, for going on to them; names in natural order, None at either end."""

    names: tuple[str, ...]
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class CalibrationMark:
    """Where a calibration of a quantity begins, and who made it."""

    at: datetime
    quantity: Quantity
    technician: str | None


class DeviceSource(Protocol):
    """What the page asks."""

    def profile(self, name: str) -> Profile | None:
        """Find a device; None if there is none of this name."""

    def surroundings(self, name: str) -> Surroundings:
        """Name the devices that one can go on to."""

    def latest(self, name: str) -> Latest | None:
        """Give what the device last said; None for a retired device."""

    def readings(self, device_id: int, period: Period) -> pd.DataFrame:
        """Give single readings: columns :data:`READING_COLUMNS`, index aware UTC, increasing."""

    def rollups(self, device_id: int, period: Period, level: Level) -> pd.DataFrame:
        """Give hours or days that start in the period: columns of the rollup tables without histograms.

        Index: their starts.
        """

    def value_seconds(
        self, device_id: int, period: Period, level: Level, rollups: pd.DataFrame
    ) -> Mapping[Quantity, Histogram]:
        """Give the seconds of all hours or days that start in the period, by value bin.

        ``rollups`` are those of this period, and perhaps more, as :meth:`rollups` gave them.
        """

    def bands(self, device_id: int, period: Period) -> pd.DataFrame:
        """Give the bands valid in the period, as ``models.read.targets.bands_frame``."""

    def calibrations(self, device_id: int, period: Period) -> list[CalibrationMark]:
        """Give the calibrations that begin in the period, oldest first."""

    def events(self, device_id: int, period: Period) -> list[TankEvent]:
        """Give the events that touch the period, oldest first, those that a person rejected among them."""

    def is_corrected(self, device_id: int) -> bool:
        """Tell whether any reading of the device has been corrected after it arrived."""

    def measured(self) -> "DeviceSource":
        """Give a source of the same devices with all values as they were first derived."""

    def together(self) -> AbstractContextManager["DeviceSource"]:
        """Give a source that answers several questions in a row for little more than one."""


class DatabaseDevices(DatabaseQuestions):
    """Answers from the database."""

    def profile(self, name: str) -> Profile | None:
        """Find a device; None if there is none of this name."""
        with self._session() as session:
            record = find_device(session, name)
            if record is None:
                return None
            ends = span(session, record.id)
        return Profile(record, None if ends is None else Extent(*ends, record.interval_s))

    def surroundings(self, name: str) -> Surroundings:
        """Name the devices that one can go on to."""
        with self._session() as session:
            names = tuple(device.name for device in list_devices(session) if device.status != "retired")
            return Surroundings(names, *neighbours(session, name))

    def latest(self, name: str) -> Latest | None:
        """Give what the device last said; None for a retired device."""
        with self._session() as session:
            record = find_device(session, name)
            if record is None:
                return None
            rows = fleet_frame(session, now=self._clock(), device_ids=[record.id]).to_dict("records")
            crops, outage = crop_names(session), last_outage(session)
        return _latest(rows[0], crops, outage) if rows else None

    def readings(self, device_id: int, period: Period) -> pd.DataFrame:
        """Give single readings: columns :data:`READING_COLUMNS`, index aware UTC, increasing."""
        with self._session() as session:
            return readings_frame(session, device_id, period.start, period.end, columns=READING_COLUMNS)

    def rollups(self, device_id: int, period: Period, level: Level) -> pd.DataFrame:
        """Give hours or days that start in the period; hours that changed a moment ago are computed first."""
        refresh_dirty_hours(self._engine, now=self._clock(), device_ids=[device_id], limit=_MOST_DIRTY_HOURS)
        with self._session() as session:
            if level is Level.HOURS:
                return _by_start(hours_frame(session, [device_id], period.start, period.end, _DRAWN), "hour")
            whole = _whole_days(period)
            return _by_start(days_frame(session, [device_id], whole.start, whole.end, _DRAWN), "day")

    def value_seconds(
        self, device_id: int, period: Period, level: Level, rollups: pd.DataFrame
    ) -> Mapping[Quantity, Histogram]:
        """Give the seconds of all hours or days that start in the period, by value bin."""
        asked = period if level is Level.HOURS else _whole_days(period)
        with self._session() as session:
            found = histograms_of_span(session, device_id, asked.start, asked.end)
        return {quantity: add_histograms(found[prefix]) for quantity, prefix in PREFIX.items()}

    def bands(self, device_id: int, period: Period) -> pd.DataFrame:
        """Give the bands valid in the period, as ``models.read.targets.bands_frame``."""
        with self._session() as session:
            return bands_frame(session, device_id, period.start, period.end)

    def calibrations(self, device_id: int, period: Period) -> list[CalibrationMark]:
        """Give the calibrations that begin in the period, oldest first."""
        with self._session() as session:
            found = list_calibrations(session, device_id)
        marks = [CalibrationMark(one.valid_from, Quantity(one.quantity), one.technician) for one in reversed(found)]
        return [mark for mark in marks if period.start <= mark.at < period.end]

    def events(self, device_id: int, period: Period) -> list[TankEvent]:
        """Give the events that touch the period, oldest first, those that a person rejected among them."""
        with self._session() as session:
            found = list_events(session, device_id, period.start, period.end, with_hidden=True)
        return [event_of(record) for record in found]

    def is_corrected(self, device_id: int) -> bool:
        """Tell whether any reading of the device has been corrected after it arrived."""
        with self._session() as session:
            return is_corrected(session, device_id)

    def measured(self) -> DeviceSource:
        """Give a source of the same devices with all values as they were first derived."""
        return MeasuredDevices(self._engine, self._clock, self._shared)


class MeasuredDevices(DatabaseDevices):
    """Answers from the database as if no calibration had ever been corrected."""

    def readings(self, device_id: int, period: Period) -> pd.DataFrame:
        """Give single readings as first derived; the flags are those of the values as they are now."""
        columns = ("ph_as_measured", "ec_as_measured", "water_c", "quality")
        with self._session() as session:
            frame = readings_frame(session, device_id, period.start, period.end, columns=columns)
        return frame.set_axis(list(READING_COLUMNS), axis=1)

    def value_seconds(
        self, device_id: int, period: Period, level: Level, rollups: pd.DataFrame
    ) -> Mapping[Quantity, Histogram]:
        """Give the seconds by value bin, of what was summed up from the readings."""
        shown = rollups[(rollups.index >= period.start) & (rollups.index < period.end)]
        return {quantity: add_histograms(list(shown[f"{prefix}_hist"])) for quantity, prefix in PREFIX.items()}

    def rollups(self, device_id: int, period: Period, level: Level) -> pd.DataFrame:
        """Give hours or days, summed up from the readings: the tables only know the corrected history."""
        start = period.start - (period.start - BEGINNING) % timedelta(days=1)
        span_of_days = Span(start, start + -(-(period.end - start) // timedelta(days=1)) * timedelta(days=1))
        whole = Period(span_of_days.start, span_of_days.end)
        frame = self.readings(device_id, whole)
        interval_s = sampling_interval_s(pd.DatetimeIndex(frame.index).asi8, 1)
        hours = summarise_hours(frame, self.bands(device_id, whole), span_of_days, interval_s=interval_s)
        if level is Level.HOURS:
            return hours[(hours.index >= period.start) & (hours.index < period.end)]
        return summarise_days([hours])


def _latest(row: Mapping[Any, Any], crops: Mapping[str, tuple[str, str]], outage: Outage | None) -> Latest:
    crop, stage = (None if pd.isna(row[name]) else str(row[name]) for name in ("crop", "stage"))
    return Latest(Snapshot.from_row(row), None if crop is None else crops[crop], stage, outage)


def _whole_days(period: Period) -> Period:
    """Give the UTC days that start in a period which begins with one."""
    day = timedelta(days=1)
    first, last = (at - (at - BEGINNING) % day for at in (period.start, period.end - timedelta.resolution))
    return Period(first, last + day)


def _by_start(rollups: pd.DataFrame, column: str) -> pd.DataFrame:
    starts = pd.DatetimeIndex(pd.to_datetime(rollups[column], utc=True))
    return rollups.drop(columns=["device_id", column]).set_axis(starts, axis=0)

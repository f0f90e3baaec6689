"""``GET /stats``: what a period was like, per device and quantity, by the functions behind the device page."""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import isnan
from typing import Any

from flask import Blueprint, Response
from msgspec import Struct
from sqlalchemy import Engine

from analytics.times import aware_index
from app.api.wire import Stamp
from app.jobs.spans import sampling_interval_s
from app.pages.device.period import Level, Period, aligned, level_for
from app.pages.device.source import DatabaseDevices
from app.pages.device.statistics import Summaries, Summary, summarise_readings, summarise_rollups
from app.pages.device.view import View
from ingest_api.admission import Admits, admits
from ingest_api.history import END, START, asked_span
from ingest_api.measurements import Cursor, answer
from ingest_api.operations import operation
from ingest_api.parameters import refused, whole, words
from ingest_api.principals import current_reader
from ingest_api.timestamps import format_moment
from models.db import session_scope
from models.read.devices import DeviceRecord, list_devices

MOST_DEVICES = 25
_DEVICE = words("device", "Only this device.", longest=63)
_LIMIT = whole("limit", "Most devices on a page.", most=MOST_DEVICES, default=10)
_CURSOR = words("cursor", "'next' of the page before.", longest=63)
#: A summary in years and years of days is drawn from daily rollups; nothing before and after can hold readings.
_EARLIEST, _LATEST = datetime.fromisoformat("1990-01-01T00:00:00Z"), datetime.fromisoformat("2100-01-01T00:00:00Z")


class QuantityStatistics(Struct):
    """One quantity over the period, in its own unit; null where there is nothing to say.

    ``inside``, ``below`` and ``above`` are shares of the covered time by the band valid then, ``coverage`` is the
    share of the period. ``used`` readings entered; ``left_out`` were suspect, failed or missing; none
    were where no reading holds the quantity.
    """

    mean: float | None
    median: float | None
    std: float | None
    low: float | None
    high: float | None
    inside: float | None
    below: float | None
    above: float | None
    coverage: float | None
    used: int
    left_out: int
    median_is_exact: bool


class DeviceStatistics(Struct):
    """One device over the period; ``level`` is what the numbers were made from: readings, hours or days."""

    device: str
    level: str
    statistics: dict[str, QuantityStatistics]


class StatisticsPage(Struct):
    """A page of devices."""

    start: Stamp
    end: Stamp
    devices: list[DeviceStatistics]
    next: Cursor


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the route."""
    source = DatabaseDevices(engine, clock)

    @blueprint.get("/stats")
    @admits(Admits.READER, Admits.PERSON)
    @operation("Statistics of a period", query=(START, END, _DEVICE, _LIMIT, _CURSOR), answer=StatisticsPage)
    def stats() -> Response:
        """The numbers of the device page, for one device or for all of them page by page."""
        start, end = asked_span(clock())
        if not _EARLIEST <= start <= end <= _LATEST:
            raise refused("start", "readings lie between the years 1990 and 2099")
        with session_scope(engine) as session:
            devices = [one for one in list_devices(session) if one.status != "retired" and _is_asked(one.name)]
        page, following = _page(devices)
        found = [_of_device(source, device, Period(start, end)) for device in page]
        return answer(StatisticsPage(format_moment(start), format_moment(end), found, following))


def summarise(source: DatabaseDevices, device: DeviceRecord, period: Period) -> tuple[Level, Summaries]:
    """Summarise a period as the device page does when it opens."""
    level = level_for(period, device.interval_s)
    period = aligned(period, level)
    bands, loaded = source.bands(device.id, period), period.widened(View().window.width)
    if level is not Level.READINGS:
        rollups = source.rollups(device.id, loaded, level)
        seconds = source.value_seconds(device.id, period, level, rollups)
        return level, summarise_rollups(rollups, bands, period, seconds)
    readings = source.readings(device.id, loaded)
    interval_s = sampling_interval_s(aware_index(readings.index).as_unit("ms").asi8, device.interval_s)
    return level, summarise_readings(readings, bands, period, interval_s=interval_s)


def _is_asked(name: str) -> bool:
    return current_reader().may_read(name) and _DEVICE.read() in (None, name)


def _page(devices: list[DeviceRecord]) -> tuple[list[DeviceRecord], str | None]:
    limit, cursor, first = _LIMIT.read_or(10), _CURSOR.read(), 0
    if cursor is not None:
        names = [device.name for device in devices]
        if cursor not in names:
            raise refused("cursor", "this cursor does not belong to this list; start again without one")
        first = names.index(cursor)
    rest = devices[first + limit :]
    return devices[first : first + limit], rest[0].name if rest else None


def _of_device(source: DatabaseDevices, device: DeviceRecord, period: Period) -> DeviceStatistics:
    if period.width <= timedelta():
        return DeviceStatistics(device.name, str(Level.READINGS), {})
    level, summaries = summarise(source, device, period)
    statistics = {str(quantity): _written(summary) for quantity, summary in summaries.items()}
    return DeviceStatistics(device.name, str(level), statistics)


def _written(summary: Summary) -> QuantityStatistics:
    said: dict[str, Any] = {name: getattr(summary, name) for name in QuantityStatistics.__struct_fields__}
    nothing = {name: None for name, value in said.items() if isinstance(value, float) and isnan(value)}
    return QuantityStatistics(**{**said, **nothing})

"""One answer of the page: from the visitor's choices to figure, statistics, words and the link to the file."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import pandas as pd

from analytics.times import aware_index
from app.components import ConductivityUnit, Look
from app.i18n import _, time_text, zone_text
from app.jobs.spans import sampling_interval_s
from app.pages.device.around import with_edges_of_readings, with_edges_of_rollups
from app.pages.device.channels import Channels, reading_channels, rollup_channels
from app.pages.device.events.history import history
from app.pages.device.figures import Figure, Story, device_figure
from app.pages.device.period import Extent, Level, Period, aligned, level_for, shown_period
from app.pages.device.source import DeviceSource, Profile
from app.pages.device.statistics import Summaries, summarise_readings, summarise_rollups
from app.pages.device.view import Values, View


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the browser gets for one choice; ``caption`` is a list of short sentences."""

    figure: Figure
    summaries: Summaries
    caption: list[str]
    csv_link: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """The stretch of time of one device that a view shows, and how finely."""

    profile: Profile
    extent: Extent
    period: Period
    level: Level
    zone: ZoneInfo


def stretch_of(profile: Profile, view: View, *, usual_zone: str, now: datetime) -> Stretch | None:
    """Find what a view shows of a device; None if the device has no reading at all."""
    if profile.extent is None:
        return None
    zone = ZoneInfo(profile.record.site_time_zone or usual_zone)
    period = shown_period(view, profile.extent, zone, now=now)
    level = level_for(period, profile.record.interval_s)
    return Stretch(profile, profile.extent, aligned(period, level), level, zone)


def draw(source: DeviceSource, stretch: Stretch, view: View, look: Look) -> Drawing:
    """Load a stretch and draw it."""
    record, period = stretch.profile.record, stretch.period
    bands = source.bands(record.id, period)
    channels, summaries = _measured(source, stretch, view, bands)
    story = Story(
        device=record.name,
        channels=channels,
        bands=bands,
        period=period,
        level=stretch.level,
        window=view.window,
        zone=stretch.zone,
        revision=str(view.stretch()),
        events=history(source, record.id, period),
        around=view.around,
    )
    return Drawing(
        device_figure(story, look),
        summaries,
        caption(stretch, channels, view.values),
        csv_link(stretch, look.unit, view.values),
    )


def _measured(source: DeviceSource, stretch: Stretch, view: View, bands: pd.DataFrame) -> tuple[Channels, Summaries]:
    """Load what is shown and, before it, what the first rolling windows reach back to."""
    record, period = stretch.profile.record, stretch.period
    loaded = period.widened(view.window.width)
    if stretch.level is Level.READINGS:
        readings = source.readings(record.id, loaded)
        # The rollups are made at the pace of the readings, too: every level tells the same coverage.
        interval_s = sampling_interval_s(aware_index(readings.index).as_unit("ms").asi8, record.interval_s)
        channels = reading_channels(readings, period, view.window, interval_s=interval_s)
        channels = with_edges_of_readings(channels, readings, view.window, view.around)
        return channels, summarise_readings(readings, bands, period, interval_s=interval_s)
    rollups = source.rollups(record.id, loaded, stretch.level)
    channels = rollup_channels(rollups, period, view.window, level=stretch.level)
    channels = with_edges_of_rollups(channels, rollups, view.window, view.around)
    seconds = source.value_seconds(record.id, period, stretch.level, rollups)
    return channels, summarise_rollups(rollups, bands, period, seconds)


def caption(stretch: Stretch, channels: Channels, values: Values = Values.CORRECTED) -> list[str]:
    """Say what a point is, which stretch is shown on whose clock, and how new the newest reading is."""
    points = {
        Level.READINGS: _("single readings"),
        Level.HOURS: _("hourly means"),
        Level.DAYS: _("daily means (UTC days)"),
    }[stretch.level]
    zone = str(stretch.zone)
    start, end = (time_text(at, zone) for at in (stretch.period.start, stretch.period.end))
    said = [
        f"{start} – {end}",
        zone_text(zone),
        points,
        _("newest reading: %(when)s", when=time_text(stretch.extent.newest, zone)),
    ]
    if values is Values.MEASURED:
        said.append(_("values as measured; suspect and failed as judged after correction"))
    if all(channel.rolling is None for channel in channels.values()):
        said.append(_("points are too far apart for this rolling window; zoom in or choose a longer one"))
    return said


def csv_link(stretch: Stretch, unit: ConductivityUnit, values: Values = Values.CORRECTED) -> str:
    """Give the address of the file with what is shown."""
    query = {
        "from": stretch.period.start.isoformat(timespec="milliseconds"),
        "to": stretch.period.end.isoformat(timespec="milliseconds"),
        "resolution": str(stretch.level),
        "unit": str(unit),
        "tz": str(stretch.zone),
    }
    if values is Values.MEASURED:
        query["values"] = str(values)
    return f"/devices/{quote(stretch.profile.record.name)}/shown.csv?{urlencode(query)}"

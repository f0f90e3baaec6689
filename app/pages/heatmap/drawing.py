"""One answer of the page: from the visitor's choices to figures, table, words and the link to the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import numpy as np

from analytics.quantities import Quantity
from app.components import ConductivityUnit, Look
from app.i18n import _
from app.pages.heatmap.band import shown_band
from app.pages.heatmap.figures import Figure, Map, day_figure, map_figure, map_height, shares_by_hour
from app.pages.heatmap.matrix import Matrix, arranged, matrix_of
from app.pages.heatmap.source import HeatmapSource
from app.pages.heatmap.span import Stretch, range_end, stretch_of
from app.pages.heatmap.view import Range, Side, Size, View
from app.pages.heatmap.words import band_text, caption, ended_text, summary_text
from models.read.devices import DeviceRecord

#: The hours of the day are those of so many last days: more of them say the same, slower.
DAY_PROFILE_DAYS = 30
#: What an hour of the map opens on the Device page: what came before and after it, too.
_AROUND_AN_HOUR = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One device over the whole time, shares 0..1, NaN where nothing was judged; ``link`` shows it in that time."""

    name: str
    link: str
    outside: float
    below: float
    above: float
    mean: float
    covered: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the browser gets for one choice; ``caption`` is a list of short sentences."""

    figure: Figure
    height: int
    summary: str
    caption: list[str]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a view shows: which devices, which stretch, on whose clock; ``usual_zone`` is for sites without one."""

    view: View
    devices: Sequence[DeviceRecord]
    stretch: Stretch
    zone: ZoneInfo
    usual_zone: str
    #: Whether a ready-made range ends with the newest reading, because it would hold none if it ended now.
    ends_early: bool = False


def scene_of(source: HeatmapSource, view: View, *, usual_zone: str, now: datetime) -> Scene:
    """Find what a view shows at this moment."""
    devices = source.devices()
    zone = zone_of(devices, usual_zone)
    first = source.first_day(devices) if view.range is Range.ALL and not view.days else None
    end = range_end(view, newest=source.newest(devices), now=now)
    stretch = stretch_of(view, zone, first=first, now=end)
    return Scene(view, devices, stretch, zone, usual_zone, ends_early=end < now)


def zone_of(devices: Sequence[DeviceRecord], usual: str) -> ZoneInfo:
    """Give the clock of the page: that of the sites if all have the same, the usual one else."""
    zones = {one.site_time_zone or usual for one in devices}
    return ZoneInfo(zones.pop() if len(zones) == 1 else usual)


def draw(source: HeatmapSource, scene: Scene, look: Look) -> Drawing:
    """Load a stretch and draw it."""
    view, stretch, devices = scene.view, scene.stretch, scene.devices
    cells = source.cells(devices, view, stretch)
    matrix = matrix_of(cells.shown, _ids(scene), stretch)
    real = None if view.limits is None else matrix_of(cells.real, _ids(scene), stretch)
    rows, shown = arranged(matrix, devices, order=view.order, group=view.group, side=view.side, elsewhere=_("no place"))
    band = band_text(shown_band(view.limits, view.quantity, look.unit), view.quantity, look.unit) if view.limits else ""
    is_empty = not cells.real["n"].any()
    return Drawing(
        map_figure(Map(rows, shown, stretch, scene.zone, view.quantity, view.side, view.weight), look),
        map_height(len(rows)),
        summary_text(view, len(devices), matrix, real, band),
        [
            *caption(stretch, scene.zone, hours_to_compute=cells.hours_to_compute, is_empty=is_empty),
            *([ended_text()] if scene.ends_early else []),
        ],
    )


def list_shares(source: HeatmapSource, scene: Scene, unit: ConductivityUnit) -> list[TableRow]:
    """Load a stretch and sum it up per device, in the order of the map."""
    view = scene.view
    matrix = matrix_of(source.cells(scene.devices, view, scene.stretch).shown, _ids(scene), scene.stretch)
    rows, shown = arranged(
        matrix, scene.devices, order=view.order, group=view.group, side=view.side, elsewhere=_("no place")
    )
    return table_rows([row.device for row in rows], shown, scene, unit)


def _ids(scene: Scene) -> list[int]:
    return [one.id for one in scene.devices]


def table_rows(
    devices: Sequence[DeviceRecord | None], shown: Matrix, scene: Scene, unit: ConductivityUnit
) -> list[TableRow]:
    """Sum each device up over the whole time; the rows of groups are left out."""
    view, stretch = scene.view, scene.stretch
    whole = shown.over_time()
    means = whole.mean()[:, 0]
    means = np.asarray(unit.from_ec(means)) if view.quantity is Quantity.EC else means
    covered = whole.covered_s[:, 0] / (stretch.end - stretch.start).total_seconds()
    shares = (whole.outside(side)[:, 0] for side in (view.side, Side.BELOW, Side.ABOVE))
    columns = zip(devices, *shares, means, covered, strict=True)
    return [
        TableRow(device.name, device_link(device.name, stretch.start, stretch.end), *map(float, numbers))
        for device, *numbers in columns
        if device is not None
    ]


def day_profile(source: HeatmapSource, scene: Scene, look: Look) -> Figure:
    """Draw how much lay outside at each hour of the day, over the last days of the stretch."""
    cells = source.hours(scene.devices, scene.view, scene.stretch, most_days=DAY_PROFILE_DAYS)
    zones = {one.id: ZoneInfo(one.site_time_zone or scene.usual_zone) for one in scene.devices}
    return day_figure(shares_by_hour(cells, zones, scene.view.side), look)


def device_link(name: str, start: datetime, end: datetime) -> str:
    """Give the address of a device's page that shows ``[start, end)``."""
    start_ms, end_ms = (round(at.timestamp() * 1000) for at in (start, end))
    return f"/devices/{quote(name)}?zoom={start_ms}-{end_ms}"


def cell_link(name: str, start: datetime, stretch: Stretch) -> str:
    """Give the address that a click on the cell beginning at ``start`` leads to."""
    around = _AROUND_AN_HOUR if stretch.size is Size.HOUR else timedelta()
    return device_link(name, start - around, start + stretch.step + around)

"""Which band a quantity had to keep to, and when: from the crop in the tank, its stage, and the targets of that day.

Targets are added, never edited, so a band that was valid last month is found again after any later change.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.arrays import is_among
from models.tables import Crop, Device, GrowthStage, Planting, Site, Target

QUANTITIES = ("ph", "ec_us_cm", "water_c")
#: Stands in where nothing is planted in a nutrient tank, and where a crop has no target of its own.
GENERIC_CROP = "generic"
DEFAULT_STAGE = "adult"
_BAND_COLUMNS = ("quantity", "start", "end", "low", "high", "crop", "stage", "source")


class Band(NamedTuple):
    """A band and where it comes from; ``crop`` is a crop's key."""

    low: float
    high: float
    crop: str
    stage: str
    source: str


@dataclass(frozen=True, slots=True)
class Growth:
    """One planting: a crop from ``started_at`` until ``ended_at`` (None: still), day 0 on ``transplanted_on``."""

    crop: str
    started_at: datetime
    ended_at: datetime | None
    transplanted_on: date


@dataclass(frozen=True)
class Tank:
    """What a device's bands depend on. Without ``has_default`` nothing is expected while nothing is planted."""

    has_default: bool
    zone: ZoneInfo
    plantings: Sequence[Growth] = field(default_factory=tuple)

    def growth_at(self, moment: datetime) -> Growth | None:
        """Give what grew at a moment; of overlapping plantings, the one that started last."""
        growing = [p for p in self.plantings if p.started_at <= moment and (p.ended_at is None or moment < p.ended_at)]
        return max(growing, key=lambda growth: growth.started_at, default=None)


class Targets:
    """All stages and targets, which are few, ready to be asked for any moment."""

    def __init__(self, session: Session) -> None:
        self._stages: dict[str, list[tuple[int, str]]] = {}
        stages = select(Crop.key, GrowthStage.from_day, GrowthStage.stage).join(Crop, Crop.id == GrowthStage.crop_id)
        for crop, from_day, stage in session.execute(stages.order_by(Crop.key, GrowthStage.from_day)):
            self._stages.setdefault(crop, []).append((from_day, stage))
        self._bands: dict[tuple[str, str, str], list[tuple[datetime, Band]]] = {}
        targets = select(
            Crop.key, Target.stage, Target.quantity, Target.valid_from, Target.low, Target.high, Target.source
        ).join(Crop, Crop.id == Target.crop_id)
        for crop, stage, quantity, valid_from, low, high, source in session.execute(
            targets.order_by(Target.valid_from)
        ):
            versions = self._bands.setdefault((crop, stage, quantity), [])
            versions.append((valid_from, Band(low, high, crop, stage, source)))
        self._begins = {valid_from for versions in self._bands.values() for valid_from, _ in versions}

    def with_version(self, quantity: str, band: Band, valid_from: datetime) -> "Targets":
        """Give what it would be like if ``band`` were set for its crop and stage from ``valid_from`` on."""
        changed = copy(self)
        key = (band.crop, band.stage, quantity)
        kept = [version for version in self._bands.get(key, []) if version[0] != valid_from]
        versions = sorted([*kept, (valid_from, band)], key=lambda version: version[0])
        changed._bands = {**self._bands, key: versions}
        changed._begins = {*self._begins, valid_from}
        return changed

    def next_version(self, crop: str, stage: str, quantity: str, moment: datetime) -> datetime | None:
        """Give when the first later version of a band begins; None if there is none."""
        return next((start for start, _ in self._bands.get((crop, stage, quantity), []) if start > moment), None)

    def first_days(self, crop: str) -> list[tuple[str, int]]:
        """List the stages of a crop in order, each with its first day after transplanting."""
        return [(stage, day) for day, stage in self._stages.get(crop, [(0, DEFAULT_STAGE)])]

    def stages_of(self, crop: str) -> list[str]:
        """List the stages of a crop in order; empty for a crop that has none, or is not known."""
        return [stage for _, stage in self._stages.get(crop, [])]

    def stage_at(self, growth: Growth, moment: datetime, zone: ZoneInfo) -> str:
        """Give the stage of a crop at a moment; days begin at midnight on the site's clock."""
        stages = self._stages.get(growth.crop) or [(0, DEFAULT_STAGE)]
        day = (moment.astimezone(zone).date() - growth.transplanted_on).days
        place = bisect_right([from_day for from_day, _ in stages], day) - 1
        return stages[max(place, 0)][1]

    def band_at(self, tank: Tank, quantity: str, moment: datetime) -> Band | None:
        """Give the band of one quantity at a moment; None where nothing is expected."""
        growth = tank.growth_at(moment)
        if growth is None:
            return self.version_at(GENERIC_CROP, DEFAULT_STAGE, quantity, moment) if tank.has_default else None
        stage = self.stage_at(growth, moment, tank.zone)
        return (
            self.version_at(growth.crop, stage, quantity, moment)
            or self.version_at(growth.crop, DEFAULT_STAGE, quantity, moment)
            or self.version_at(GENERIC_CROP, DEFAULT_STAGE, quantity, moment)
        )

    def changes(self, tank: Tank, start: datetime, end: datetime) -> list[datetime]:
        """List the moments in ``[start, end)`` at which a band may change, ``start`` first."""
        moments = {start, *self._begins}
        for planting in tank.plantings:
            moments |= {planting.started_at, *([planting.ended_at] if planting.ended_at else [])}
            for from_day, _ in self._stages.get(planting.crop, []):
                day = planting.transplanted_on + timedelta(days=from_day)
                moments.add(datetime.combine(day, time(), tank.zone).astimezone(UTC))
        return sorted(moment for moment in moments if start <= moment < end)

    def version_at(self, crop: str, stage: str, quantity: str, moment: datetime) -> Band | None:
        """Give the version of one band that holds at a moment; None before the first one."""
        versions = self._bands.get((crop, stage, quantity), [])
        place = bisect_right([valid_from for valid_from, _ in versions], moment) - 1
        return versions[place][1] if place >= 0 else None


def tanks(session: Session, device_ids: Sequence[int] | None = None) -> dict[int, Tank]:
    """Read what the bands of these devices, or of all, depend on, by device id."""
    devices = select(Device.id, Device.medium, Device.origin, Site.time_zone).outerjoin(Site, Site.id == Device.site_id)
    plantings = select(
        Planting.device_id, Crop.key, Planting.started_at, Planting.ended_at, Planting.transplanted_on
    ).join(Crop, Crop.id == Planting.crop_id)
    if device_ids is not None:
        devices = devices.where(is_among(Device.id, device_ids))
        plantings = plantings.where(is_among(Planting.device_id, device_ids))
    growths: dict[int, list[Growth]] = {}
    for row in session.execute(plantings.order_by(Planting.started_at)):
        growth = Growth(row.key, row.started_at, row.ended_at, row.transplanted_on)
        growths.setdefault(row.device_id, []).append(growth)
    return {
        device_id: Tank(
            # Nothing is known about a river, or about a tank whose log somebody imported.
            has_default=medium == "nutrient" and origin != "import",
            zone=ZoneInfo(time_zone or "UTC"),
            plantings=tuple(growths.get(device_id, ())),
        )
        for device_id, medium, origin, time_zone in session.execute(devices)
    }


def bands_frame(session: Session, device_id: int, start: datetime, end: datetime) -> pd.DataFrame:
    """Give the bands of a device in ``[start, end)`` as piecewise constant spans.

    Returns
    -------
    DataFrame with columns ``quantity`` (ph, ec_us_cm, water_c), ``start``, ``end`` (aware UTC), ``low``, ``high``,
    ``crop`` (its key), ``stage``, ``source``: per quantity in time order, without overlaps, neighbours different. The
    spans cover ``[start, end)``, except where nothing is expected: in natural water and imported logs while nothing is
    planted. There the frame has no row.
    """
    tank = tanks(session, [device_id]).get(device_id)
    return tank_bands(Targets(session), tank, start, end)


def tank_bands(targets: Targets, tank: Tank | None, start: datetime, end: datetime) -> pd.DataFrame:
    """Give the bands of one of many tanks, as :func:`bands_frame`, without asking the database for each."""
    rows: list[tuple[object, ...]] = []
    if tank is not None and start < end:
        cuts = targets.changes(tank, start, end)
        for quantity in QUANTITIES:
            bands = [(cut, targets.band_at(tank, quantity, cut)) for cut in cuts]
            rows += _spans(quantity, bands, end)
    columns = dict(zip(_BAND_COLUMNS, zip(*rows, strict=True) if rows else [()] * len(_BAND_COLUMNS), strict=True))
    times = {name: _ms_index(columns[name]) for name in ("start", "end")}
    limits = {name: np.array(columns[name], dtype=np.float64) for name in ("low", "high")}
    return pd.DataFrame({name: list(column) for name, column in columns.items()} | times | limits)


def _ms_index(moments: Sequence[Any]) -> pd.DatetimeIndex:
    """Write aware moments as times of pandas; piece by piece, as pandas would, it costs more than all the rest."""
    naive = [moment.astimezone(UTC).replace(tzinfo=None) for moment in moments]
    return pd.DatetimeIndex(np.array(naive, dtype="datetime64[ms]")).tz_localize("UTC")


def _spans(
    quantity: str, bands: Sequence[tuple[datetime, Band | None]], end: datetime
) -> list[tuple[str, datetime, datetime, float, float, str, str, str]]:
    """Join neighbouring spans with the same band."""
    spans = []
    changes = [
        (moment, band) for place, (moment, band) in enumerate(bands) if place == 0 or band != bands[place - 1][1]
    ]
    ends = [moment for moment, _ in changes[1:]] + [end]
    for (moment, band), until in zip(changes, ends, strict=True):
        if band is not None:
            spans.append((quantity, moment, until, *band))
    return spans


def crop_names(session: Session) -> Mapping[str, tuple[str, str]]:
    """Give the English and the Indonesian name of every crop, by its key."""
    return {
        key: (en, indonesian) for key, en, indonesian in session.execute(select(Crop.key, Crop.name_en, Crop.name_id))
    }

"""Where the page's data come from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import pandas as pd
from sqlalchemy import Engine

from app.components import Names
from app.targets import Band, BandEffect, PlantingEffect, effect_of_band, effect_of_planting
from models.db import session_scope
from models.read.devices import DeviceRecord, list_devices
from models.read.target_versions import plantings_frame, targets_frame
from models.read.targets import GENERIC_CROP, Targets, crop_names, tanks


@dataclass(frozen=True, slots=True)
class CropPage:
    """What is known of one crop; ``stages`` with the day after transplanting on which each begins."""

    stages: list[tuple[str, int]]
    versions: pd.DataFrame
    #: How many tanks grow the crop now, by stage.
    tanks: Mapping[str, int]


class Tank(NamedTuple):
    """A device that may be planted, and what grows there now; ``crop`` is None where nothing does."""

    name: str
    site: str | None
    zone: str | None
    crop: str | None
    stage: str | None
    transplanted_on: date | None


class TargetSource:
    """Answers from the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def crops(self) -> Mapping[str, Names]:
        """Name every crop by its key."""
        with session_scope(self._engine) as session:
            return crop_names(session)

    def stages(self, key: str) -> list[str]:
        """List the stages of a crop, in order."""
        with session_scope(self._engine) as session:
            return [stage for stage, _ in Targets(session).first_days(key)]

    def versions(self, key: str, stage: str, quantity: str) -> pd.DataFrame:
        """Give every version of one band, oldest first, as ``targets_frame`` does."""
        with session_scope(self._engine) as session:
            frame = targets_frame(session, crop=key)
        return frame[(frame["stage"] == stage) & (frame["quantity"] == quantity)]

    def crop(self, key: str, now: datetime) -> CropPage:
        """Give the stages of a crop, every version of its bands (as ``targets_frame`` does), and where it grows."""
        growing = Counter(tank.stage for tank in self.tanks(now) if tank.crop == key and tank.stage)
        with session_scope(self._engine) as session:
            return CropPage(Targets(session).first_days(key), targets_frame(session, crop=key), growing)

    def most_grown(self, now: datetime) -> str:
        """Give the crop that most tanks grow now, the one for tanks without a crop if none grows anything."""
        growing = Counter(tank.crop for tank in self.tanks(now) if tank.crop)
        return growing.most_common(1)[0][0] if growing else GENERIC_CROP

    def tanks(self, now: datetime) -> list[Tank]:
        """List the devices in use, in natural order, with what grows there now."""
        with session_scope(self._engine) as session:
            devices = [device for device in list_devices(session) if device.status != "retired"]
            growing, targets = tanks(session), Targets(session)
        found = []
        for device in devices:
            tank = growing[device.id]
            growth = tank.growth_at(now)
            stage = targets.stage_at(growth, now, tank.zone) if growth else None
            grown = (growth.crop, stage, growth.transplanted_on) if growth else (None, None, None)
            found.append(Tank(device.name, device.site, device.zone, *grown))
        return found

    def plantings(self, name: str) -> pd.DataFrame:
        """Give the rows of ``plantings_frame`` of one device, newest first."""
        with session_scope(self._engine) as session:
            device = next((one for one in list_devices(session) if one.name == name), None)
            frame = plantings_frame(session)
        return frame[frame["device_id"] == _id_of(device)].iloc[::-1]

    def effect_of_band(self, band: Band, *, valid_from: datetime, now: datetime) -> BandEffect:
        """Tell what setting a band would do; raises as :func:`app.targets.effect_of_band`."""
        with session_scope(self._engine) as session:
            return effect_of_band(session, band, valid_from=valid_from, now=now)

    def effect_of_planting(self, names: Sequence[str], *, started_at: datetime) -> PlantingEffect:
        """Tell what planting would end; raises as :func:`app.targets.effect_of_planting`."""
        with session_scope(self._engine) as session:
            return effect_of_planting(session, names, started_at=started_at)


def _id_of(device: DeviceRecord | None) -> int:
    return -1 if device is None else device.id

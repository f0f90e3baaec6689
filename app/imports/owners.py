"""Whose readings a file holds: devices found, or registered with the pace of their log."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from app.imports.request import ImportRequest, Mode
from app.imports.times import IntArray
from app.principal import Principal
from models.read.devices import DeviceRecord, find_device, has_site
from models.read.readings import readings_frame
from models.write.audit import record
from models.write.devices import ensure_site, register_device

_LONGEST_INTERVAL_S = 86_400


@dataclass(slots=True)
class Owners:
    """The devices met so far, by name.

    ``occupied`` are the times, in ms, that they had readings of before, ``stamps`` those of the file, piece by piece.
    """

    request: ImportRequest
    by: Principal
    now: datetime
    known: dict[str, DeviceRecord] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    occupied: dict[int, IntArray] = field(default_factory=dict)
    stamps: dict[int, list[IntArray]] = field(default_factory=dict)

    def find(self, session: Session, name: str, stamps_ms: IntArray) -> DeviceRecord:
        """Give a device by its name; one that is not there is registered with the interval its log was written in.

        Whoever imports a file vouches for its times, also those from before the device was registered.
        """
        if name not in self.known:
            self._note(session, name)
            found = find_device(session, name)
            if found is None:
                self.new.append(name)
            self.known[name] = replace(found or self._register(session, name, stamps_ms), has_history=True)
            if self.request.mode is Mode.BACKFILL:
                self._remember_occupied(session, self.known[name])
        return self.known[name]

    def has_room(self, device: DeviceRecord, stamps_ms: IntArray) -> np.ndarray:
        """Tell which times lie farther than half an interval from everything that the device had before."""
        before = self.occupied.get(device.id)
        if before is None or not before.size:
            return np.ones(stamps_ms.size, dtype=bool)
        place = np.searchsorted(before, stamps_ms)
        distance = np.minimum(
            np.abs(stamps_ms - before[np.clip(place - 1, 0, None)]),
            np.abs(stamps_ms - before[np.clip(place, None, before.size - 1)]),
        )
        return distance > 500 * device.interval_s

    def _remember_occupied(self, session: Session, device: DeviceRecord) -> None:
        frame = readings_frame(session, device.id, columns=())
        self.occupied[device.id] = pd.DatetimeIndex(frame.index).as_unit("ms").asi8

    def _note(self, session: Session, name: str) -> None:
        told = {"file": self.request.path.name, "mode": str(self.request.mode)}
        record(session, self.by.name, "import-log", object_kind="device", object_id=name, details=told, at=self.now)

    def _register(self, session: Session, name: str, stamps_ms: IntArray) -> DeviceRecord:
        asked = self.request
        if asked.site and not has_site(session, asked.site):
            ensure_site(session, asked.site, time_zone=asked.clock_of_site)
        return register_device(
            session,
            name,
            site=asked.site,
            medium=asked.medium,
            origin="import",
            has_history=True,
            interval_s=usual_interval_s(stamps_ms),
            now=self.now,
        )


def usual_interval_s(stamps_ms: IntArray) -> int:
    """Give the interval, in whole seconds, that a device with these times most likely measures in."""
    return round(np.clip(median_step_s(stamps_ms) or 60, 1, _LONGEST_INTERVAL_S))


def median_step_s(stamps_ms: IntArray) -> float | None:
    """Give the usual seconds between two times; None for fewer than two."""
    steps = np.diff(np.unique(stamps_ms))
    return float(np.median(steps)) / 1000 if steps.size else None

"""What the page asks of the database."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine

from app.components import Names
from app.exports import Estimate, ExportRequest, estimate
from models.db import session_scope
from models.read.devices import list_devices
from models.read.export_schedules import ScheduleRecord, list_schedules
from models.read.exports import ExportRecord, list_exports
from models.read.target_versions import plantings_frame
from models.read.targets import crop_names
from models.write.audit import record
from models.write.exports import cancel_export

_SHOWN = 20


class Places(NamedTuple):
    """Names of devices and of sites, and the names of crops in both languages by their keys."""

    devices: list[str]
    sites: list[str]
    crops: Mapping[str, Names]


class ExportPageSource:
    """Devices and their places, sizes before, and exports so far."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock

    def places(self) -> Places:
        """Give what can be chosen: devices, retired ones too, their sites, and the crops that grow or grew."""
        with session_scope(self._engine) as session:
            devices, names = list_devices(session), crop_names(session)
            grown = set(plantings_frame(session)["crop"])
        sites = sorted({one.site for one in devices if one.site})
        return Places([one.name for one in devices], sites, {key: names[key] for key in grown})

    def estimate(self, request: ExportRequest) -> Estimate:
        """Guess the size of a file."""
        with session_scope(self._engine) as session:
            return estimate(session, request, lambda _: True)

    def history(self) -> Sequence[tuple[ExportRecord, str | None]]:
        """Give the last exports with who asked for them, newest first."""
        with session_scope(self._engine) as session:
            return list_exports(session, limit=_SHOWN)

    def schedules(self) -> Sequence[ScheduleRecord]:
        """Give the exports that are made again and again."""
        with session_scope(self._engine) as session:
            return list_schedules(session)

    def cancel(self, export_id: int, *, by: str) -> None:
        """Ask an export to end."""
        now = self._clock()
        with session_scope(self._engine) as session:
            if cancel_export(session, export_id):
                record(session, by, "cancel-export", object_kind="export", object_id=export_id, at=now)

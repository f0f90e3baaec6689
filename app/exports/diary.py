"""The record of one export: that it began, in a transaction of its own, how far it is, and what came of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from app.exports.request import ExportRequest
from models.db import session_scope
from models.read.devices import DeviceRecord
from models.read.export_size import guess_lines
from models.write.audit import record
from models.write.exports import beat_export, begin_export, end_export

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: a name for the record, the number of the person if it is one, and what may be read.

    ``schedule`` names the schedule that the export is made for, if it is.
    """

    name: str
    user_id: int | None
    may_read: Callable[[str], bool]
    schedule: str | None = None


class Diary:
    """What is written down of an export; ``said`` is what was asked for."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], by: Asker) -> None:
        self._engine, self._clock, self._by = engine, clock, by
        self.id = 0
        self.said: dict[str, Any] = {}

    def begin(self, request: ExportRequest, devices: Sequence[DeviceRecord], versions: dict[str, str]) -> None:
        """Write down what begins, before the first byte leaves."""
        now, by = self._clock(), self._by
        start, end = request.span
        exported = [one.name for one in devices]
        self.said = {**request.said(), "exported": exported, "by": by.name, "at": now.isoformat(), "versions": versions}
        with session_scope(self._engine) as session:
            ids = [one.id for one in devices]
            rows = guess_lines(session, ids, request.resolution, start, end) if ids else 0
            self.id = begin_export(
                session, self.said, user_id=by.user_id, now=now, estimated_rows=rows, schedule=by.schedule
            )
            record(session, by.name, "start-export", object_kind="export", object_id=self.id, details=self.said, at=now)

    def beat(self, *, rows: int, size: int) -> bool:
        """Write down how far it is; tells whether it should go on."""
        with session_scope(self._engine) as session:
            return beat_export(session, self.id, rows=rows, size=size, now=self._clock())

    def end(self, state: str, *, rows: int, size: int, sha256: str | None, error: str | None) -> None:
        """Write down the end; that the database is away must not hide why an export failed."""
        now = self._clock()
        details = {"state": state, "rows": rows, "start": self.said["start"], "end": self.said["end"]}
        try:
            with session_scope(self._engine) as session:
                end_export(session, self.id, state, now=now, rows=rows, bytes=size, sha256=sha256, error=error)
                record(
                    session, self._by.name, "export", object_kind="export", object_id=self.id, details=details, at=now
                )
        except DBAPIError:
            log.exception("the end of export %s could not be recorded", self.id)

"""Running an export: one stream of bytes, everything behind it freed the moment it ends, and a record of it kept."""

import hashlib
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError

from app.exports.about import versions
from app.exports.diary import Asker, Diary
from app.exports.errors import BadExport, ExportCancelled, UnknownExport
from app.exports.files import file_bytes, require_room
from app.exports.request import OF_THE_SITE, ExportRequest
from app.exports.source import ExportSource, Todo
from app.memory import give_back, share_memory
from ingest_api.overload import Slots
from models.db import session_scope
from models.errors import HydrofleetError
from models.read.devices import DeviceRecord
from models.read.export_kinds import Resolution
from models.read.export_stream import give_up, open_reading, set_time_zone
from models.read.exports import ExportRecord, find_export

#: A stream holds a thread and a connection for as long as its reader takes, so only few run beside everything else.
AT_ONCE = 2
WAITING = 2
#: How often it is written down how far an export is: often enough to watch, seldom enough to cost nothing.
_BEAT_S = 1.0


class Exports:
    """Exports of one server: a few at once, the others are asked to come back."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], *, at_once: int = AT_ONCE) -> None:
        self._engine, self._clock = engine, clock
        self._slots = Slots(at_once, waiting=WAITING)
        share_memory()

    def open(
        self, request: ExportRequest, by: Asker, *, refresh_hours: Callable[[list[int]], object]
    ) -> "ExportStream":
        """Begin an export; the caller reads the stream and closes it, whatever happens.

        ``refresh_hours`` brings the sums of some devices up to date before they are read.

        Raises
        ------
        UnknownDevice, BadExport
            If there is nothing of that name to export, it has no room in a file, or the cursor is not of this export.
        Overloaded
            If too many exports run already.
        """
        start, end = request.span
        with session_scope(self._engine) as session:
            devices = request.selection.find(session, start, end, by.may_read)
        require_room(request, devices)
        todo = _todo(request, devices)
        if request.resolution in (Resolution.HOUR, Resolution.DAY) and devices:
            refresh_hours([device.id for device, _ in todo])
        with ExitStack() as held:
            held.enter_context(self._slots.one())
            connection = held.enter_context(open_reading(self._engine))
            _require_zone(connection, request)
            diary = Diary(self._engine, self._clock, by)
            diary.begin(request, devices, versions(connection))
            return ExportStream(request, ExportSource(connection, request, todo), connection, diary, held.pop_all())

    def find(self, export_id: int, may_read: Callable[[str], bool]) -> ExportRecord:
        """Find what became of an export.

        Raises
        ------
        UnknownExport
            If there is none, or it holds a device that may not be read.
        """
        with session_scope(self._engine) as session:
            found = find_export(session, export_id)
        if found is None or not all(may_read(name) for name in found.query.get("exported", ())):
            raise UnknownExport(export_id)
        return found


class ExportStream:
    """The bytes of an export; reading them runs it, :meth:`close` ends it wherever it stands."""

    def __init__(
        self, request: ExportRequest, source: ExportSource, connection: Connection, diary: Diary, held: ExitStack
    ) -> None:
        self.id, self.file_name, self.size = diary.id, request.file_name(source.devices), 0
        self.said: dict[str, Any] = diary.said
        self._source, self._connection, self._diary, self._held = source, connection, diary, held
        self._digest = hashlib.sha256()
        self._bytes: Generator[bytes, None, None] = file_bytes(request, source, diary.said)
        self._state, self._is_open = "cancelled", True
        self._error: str | None = None
        self._beat_at = time.monotonic()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            block = next(self._bytes)
            self._beat()
        except StopIteration:
            self._state = "done"
            self.close()
            raise
        except ExportCancelled:
            self.close()
            raise
        except (psycopg.Error, DBAPIError, HydrofleetError, OSError) as error:
            self._state, self._error = "failed", type(error).__name__
            self.close()
            raise
        self._digest.update(block)
        self.size += len(block)
        return block

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def rows(self) -> int:
        """How many rows were written so far."""
        return self._source.rows

    @property
    def sha256(self) -> str:
        """The digest of the bytes that were read so far."""
        return self._digest.hexdigest()

    @property
    def is_done(self) -> bool:
        """Tell whether it was read to its end."""
        return self._state == "done"

    def close(self) -> None:
        """Free the connection and the place, and write down what came of it. Twice does no harm."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            self._bytes.close()
            if not self.is_done:
                give_up(self._connection)
        finally:
            self._held.close()
            give_back()
            sha256 = self.sha256 if self.is_done else None
            self._diary.end(self._state, rows=self.rows, size=self.size, sha256=sha256, error=self._error)

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beat_at < _BEAT_S:
            return
        self._beat_at = now
        if not self._diary.beat(rows=self.rows, size=self.size):
            raise ExportCancelled(self.id)


def _require_zone(connection: Connection, request: ExportRequest) -> None:
    """Refuse now, while there is still an answer to give, a zone that Python knows and the database does not."""
    if request.time_zone == OF_THE_SITE:
        return
    try:
        set_time_zone(connection, request.time_zone)
    except DataError as error:
        raise BadExport(
            f"the database knows no time zone {request.time_zone!a}; use one such as Asia/Jakarta"
        ) from error


def _todo(request: ExportRequest, devices: list[DeviceRecord]) -> list[Todo]:
    """List the devices that are left to write, each with the moment to begin at."""
    start = request.span[0]
    if request.after is None:
        return [(device, start) for device in devices]
    name, written = request.after
    first = max(start, written + request.resolution.width)
    if request.is_wide:
        return [(device, first) for device in devices]
    names = [device.name for device in devices]
    if name not in names:
        raise BadExport("this cursor does not belong to this export; start again without one")
    place = names.index(name)
    return [(devices[place], first), *((device, start) for device in devices[place + 1 :])]

"""Running an export: one stream of bytes, everything behind it freed the moment it ends, and a record of it kept."""

import hashlib
import logging
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import pandas as pd
import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.orm import Session

from app.exports.errors import BadExport, UnknownExport
from app.exports.request import OF_THE_SITE, ExportRequest, Packing
from ingest_api.overload import Slots
from models.db import session_scope
from models.errors import HydrofleetError
from models.read.devices import DeviceRecord
from models.read.export_query import Resolution, column_names, copy_statement
from models.read.export_stream import copy_blocks, give_up, open_reading, set_time_zone
from models.read.exports import ExportRecord, find_export
from models.read.targets import Targets, tank_bands, tanks
from models.write.audit import record
from models.write.exports import begin_export, end_export

log = logging.getLogger(__name__)

#: A stream holds a thread and a connection for as long as its reader takes, so only few run beside everything else.
AT_ONCE = 2
WAITING = 2
#: Steps are grouped a month at a time: the first come at once, and the database never holds more than that.
_PIECE = timedelta(days=31)
_EXCEL_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: a name for the record, the number of the person if it is one, and what may be read."""

    name: str
    user_id: int | None
    may_read: Callable[[str], bool]


class Exports:
    """Exports of one server: a few at once, the others are asked to come back."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], *, at_once: int = AT_ONCE) -> None:
        self._engine, self._clock = engine, clock
        self._slots = Slots(at_once, waiting=WAITING)

    def open(
        self, request: ExportRequest, by: Asker, *, refresh_hours: Callable[[list[int]], object]
    ) -> "ExportStream":
        """Begin an export; the caller reads the stream and closes it, whatever happens.

        ``refresh_hours`` brings the sums of some devices up to date before they are read.

        Raises
        ------
        UnknownDevice, BadExport
            If there is nothing of that name to export, or the cursor is not of this export.
        Overloaded
            If too many exports run already.
        """
        start, end = request.span
        with session_scope(self._engine) as session:
            devices = request.selection.find(session, start, end, by.may_read)
        todo = _todo(request, devices)
        if request.resolution in (Resolution.HOUR, Resolution.DAY) and devices:
            refresh_hours([device.id for device, _ in todo])
        with ExitStack() as held:
            held.enter_context(self._slots.one())
            connection = held.enter_context(open_reading(self._engine))
            _require_zone(connection, request)
            diary = _Diary(self._engine, self._clock, by, request, devices)
            return ExportStream(request, todo, connection, diary, held.pop_all())

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
        self,
        request: ExportRequest,
        todo: list[tuple[DeviceRecord, datetime]],
        connection: Connection,
        diary: "_Diary",
        held: ExitStack,
    ) -> None:
        self.id, self.file_name, self.rows = diary.id, request.file_name([device for device, _ in todo]), 0
        self._request, self._todo, self._connection = request, todo, connection
        self._diary, self._held = diary, held
        self._digest = hashlib.sha256()
        self._bytes: Generator[bytes, None, None] = self._run()
        self._state, self._is_open = "cancelled", True
        self._error: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            block = next(self._bytes)
        except StopIteration:
            self._state = "done"
            self.close()
            raise
        except (psycopg.Error, DBAPIError, HydrofleetError, OSError) as error:
            self._state, self._error = "failed", type(error).__name__
            self.close()
            raise
        self._digest.update(block)
        return block

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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
            self._diary.end(
                self._state, rows=self.rows, sha256=self.sha256 if self.is_done else None, error=self._error
            )

    def _run(self) -> Generator[bytes, None, None]:
        return _gzipped(self._lines()) if self._request.packing is Packing.GZIP else self._lines()

    def _lines(self) -> Generator[bytes, None, None]:
        if self._request.after is None:
            yield self._head()
        bands_of = self._bands()
        for device, start in self._todo:
            yield from self._device(device, start, bands_of(device))

    def _bands(self) -> Callable[[DeviceRecord], pd.DataFrame | None]:
        """Read once what all bands depend on; give the function that makes those of a device from it."""
        if "bands" not in self._request.details:
            return lambda _: None
        start, end = self._request.span
        with Session(self._connection) as session:
            targets, tank_of = Targets(session), tanks(session, [device.id for device, _ in self._todo])
        return lambda device: tank_bands(targets, tank_of.get(device.id), start, end)

    def _head(self) -> bytes:
        query = self._request.query()
        mark = _EXCEL_MARK if query.dialect.spreadsheet else b""
        said = self._diary.said.items() if self._request.preamble else ()
        preamble = "".join(f"# {name}: {_on_a_line(value)}\n" for name, value in said if value is not None)
        return mark + preamble.encode() + (query.dialect.delimiter.join(column_names(query)) + "\n").encode()

    def _device(self, device: DeviceRecord, start: datetime, bands: pd.DataFrame | None) -> Iterator[bytes]:
        query, end = self._request.query(), self._request.span[1]
        set_time_zone(self._connection, self._request.zone_of(device))
        for first, last in self._pieces(start, end):
            for block in copy_blocks(self._connection, copy_statement(query, device.id, first, last, bands)):
                self.rows += block.count(b"\n")
                yield block

    def _pieces(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        is_grouped = self._request.resolution is not Resolution.RAW
        while start < end:
            until = min(start + _PIECE, end) if is_grouped else end
            yield start, until
            start = until


class _Diary:
    """The record of one export: that it began, in a transaction of its own, and what came of it."""

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        by: Asker,
        request: ExportRequest,
        devices: list[DeviceRecord],
    ) -> None:
        self._engine, self._clock, self._by = engine, clock, by
        now = clock()
        self.said: dict[str, Any] = {**request.said(), "exported": [one.name for one in devices], "by": by.name}
        with session_scope(engine) as session:
            self.id = begin_export(session, self.said, user_id=by.user_id, now=now)
            record(session, by.name, "start-export", object_kind="export", object_id=self.id, details=self.said, at=now)

    def end(self, state: str, *, rows: int, sha256: str | None, error: str | None) -> None:
        """Write down the end; that the database is away must not hide why an export failed."""
        now = self._clock()
        details = {"state": state, "rows": rows, "start": self.said["start"], "end": self.said["end"]}
        try:
            with session_scope(self._engine) as session:
                end_export(session, self.id, state, rows=rows, sha256=sha256, error=error, now=now)
                record(
                    session, self._by.name, "export", object_kind="export", object_id=self.id, details=details, at=now
                )
        except DBAPIError:
            log.exception("the end of export %s could not be recorded", self.id)


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


def _todo(request: ExportRequest, devices: list[DeviceRecord]) -> list[tuple[DeviceRecord, datetime]]:
    """List the devices that are left to write, each with the moment to begin at."""
    start = request.span[0]
    if request.after is None:
        return [(device, start) for device in devices]
    name, written = request.after
    names = [device.name for device in devices]
    if name not in names:
        raise BadExport("this cursor does not belong to this export; start again without one")
    place = names.index(name)
    first = max(start, written + request.resolution.width)
    return [(devices[place], first), *((device, start) for device in devices[place + 1 :])]


def _gzipped(blocks: Iterable[bytes]) -> Generator[bytes, None, None]:
    """Pack for speed: the lines repeat so much that more effort would save little."""
    packer = zlib.compressobj(level=1, wbits=31)
    for place, block in enumerate(blocks):
        packed = packer.compress(block)
        if place == 0:
            packed += packer.flush(zlib.Z_SYNC_FLUSH)  # the head goes at once
        if packed:
            yield packed
    yield packer.flush()


def _on_a_line(value: object) -> str:
    written = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return "".join(letter if letter.isprintable() else " " for letter in written)

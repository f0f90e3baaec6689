"""What an export reads, device by device or side by side: lines as the database writes them, or typed tables."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.exports.request import ExportRequest
from app.exports.tables import long_table, parsed, with_wide_times
from app.exports.wide import pivoted, wide_names
from models.read.devices import DeviceRecord
from models.read.export_kinds import Resolution
from models.read.export_query import Kind, copy_beside, copy_statement, copy_values, value_columns
from models.read.export_stream import copy_blocks, set_time_zone
from models.read.readings import span
from models.read.targets import Tank, Targets, tank_bands, tanks

#: A device and the moment to begin at.
Todo = tuple[DeviceRecord, datetime]

#: Steps are grouped a month at a time: the first come at once, and the database never holds more than that.
_GROUPED = timedelta(days=31)
#: A reading belongs to a step that begins before it, by up to a day of 25 hours.
_LONGEST_STEP = timedelta(hours=25)
#: Of all devices at once: what comes together in this time is sorted and set side by side.
_BESIDE = {
    Resolution.RAW: timedelta(hours=6),
    Resolution.MINUTE: timedelta(hours=12),
    Resolution.FIVE_MINUTES: timedelta(days=3),
    Resolution.HOUR: timedelta(days=31),
    Resolution.DAY: timedelta(days=366),
}
#: Rows are taken out of text this many bytes at a time: more than ten thousand.
_PARSED_BYTES = 1024 * 1024


class ExportSource:
    """The rows of one export, in a transaction of its connection; ``rows`` counts those that were given."""

    def __init__(self, connection: Connection, request: ExportRequest, todo: list[Todo]) -> None:
        self.rows = 0
        self.devices = [device for device, _ in todo]
        self._connection, self._request, self._todo = connection, request, todo
        self._query = request.query()
        self._zone: str | None = None

    def lines(self) -> Iterator[bytes]:
        """Give blocks of whole lines of text, without the head."""
        for device, start, bands in self._devices():
            self._set_zone(device)
            for first, last in self._pieces(device, start):
                for block in copy_blocks(self._connection, copy_statement(self._query, device.id, first, last, bands)):
                    self.rows += block.count(b"\n")
                    yield block

    def tables(self) -> Iterator[pa.Table]:
        """Give tables with the columns of :func:`app.exports.tables.schema_of`, in order."""
        for table in self._wide_tables() if self._request.is_wide else self._long_tables():
            self.rows += table.num_rows
            yield table

    def _long_tables(self) -> Iterator[pa.Table]:
        columns = {"ms": Kind.COUNT, **value_columns(self._query)}
        for device, start, bands in self._devices():
            zone = self._request.zone_of(device)
            for first, last in self._pieces(device, start):
                blocks = copy_blocks(self._connection, copy_values(self._query, device.id, first, last, bands))
                for text in _gathered(blocks, _PARSED_BYTES):
                    yield long_table(parsed(text, columns), device, zone, self._query.resolution.word)

    def _wide_tables(self) -> Iterator[pa.Table]:
        devices = self.devices
        if not devices:
            return
        columns = {"device_id": Kind.COUNT, "ms": Kind.COUNT, **value_columns(self._query)}
        names = wide_names([device.name for device in devices], self._query)
        ids, zone = [device.id for device in devices], self._request.common_zone(devices)
        start, end = self._todo[0][1], self._request.span[1]
        width = _BESIDE[self._query.resolution]
        while start < end:
            until = min(start + width, end)
            blocks = list(copy_blocks(self._connection, copy_beside(self._query, ids, start, until)))
            if blocks:
                long = parsed(b"".join(blocks), columns)
                del blocks
                for table in pivoted(long, ids, names):
                    yield with_wide_times(table, zone, self._query.resolution.word)
            start = until

    def _devices(self) -> Iterator[tuple[DeviceRecord, datetime, pd.DataFrame | None]]:
        bands_of = self._bands()
        for device, start in self._todo:
            yield device, start, bands_of(device)

    def _bands(self) -> Callable[[DeviceRecord], pd.DataFrame | None]:
        """Read once what all bands depend on; give the function that makes those of a device from it."""
        if "bands" not in self._query.details:
            return lambda _: None
        start, end = self._request.span
        with Session(self._connection) as session:
            targets, tank_of = Targets(session), tanks(session, [device.id for device, _ in self._todo])
        made: dict[Tank | None, pd.DataFrame] = {}  # most tanks of a farm are alike

        def bands_of(device: DeviceRecord) -> pd.DataFrame:
            tank = tank_of.get(device.id)
            if tank not in made:
                made[tank] = tank_bands(targets, tank, start, end)
            return made[tank]

        return bands_of

    def _set_zone(self, device: DeviceRecord) -> None:
        zone = self._request.zone_of(device)
        if zone != self._zone:
            set_time_zone(self._connection, zone)
            self._zone = zone

    def _pieces(self, device: DeviceRecord, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Cut the span of a device; steps in pieces, without those before its first and after its last reading."""
        end = self._request.span[1]
        if self._request.resolution is Resolution.RAW:
            yield from [(start, end)] if start < end else []
            return
        with Session(self._connection) as session:
            known = span(session, device.id)
        if known is None:
            return
        start += max(known[0] - _LONGEST_STEP - start, timedelta(0)) // _GROUPED * _GROUPED
        while start < min(end, known[1] + _LONGEST_STEP):
            until = min(start + _GROUPED, end)
            yield start, until
            start = until


def _gathered(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Join blocks until there is enough of them."""
    held: list[bytes] = []
    weight = 0
    for block in blocks:
        held.append(block)
        weight += len(block)
        if weight >= size:
            yield b"".join(held)
            held, weight = [], 0
    if held:
        yield b"".join(held)

"""Making the bytes of a file, in whichever format and layout was asked for."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from app.exports.about import spoken
from app.exports.errors import TooWide
from app.exports.parquet import parquet_bytes
from app.exports.request import ExportRequest, Packing
from app.exports.source import ExportSource
from app.exports.tables import fields_of, place_columns, time_columns
from app.exports.text import gzipped, head, lines_of, plain_times, without_offset
from app.exports.wide import wide_columns, wide_names
from app.exports.workbook import MOST_COLUMNS, workbook_bytes
from models.read.devices import DeviceRecord
from models.read.export_query import column_names, value_columns


def file_bytes(request: ExportRequest, source: ExportSource, said: Mapping[str, Any]) -> Generator[bytes, None, None]:
    """Make the file of an export; its first bytes come before anything is read."""
    schema = schema_of(request, source.devices)
    if request.packing is Packing.PARQUET:
        return parquet_bytes(source.tables(), schema, said)
    if request.packing is Packing.XLSX:
        return workbook_bytes(source.tables(), schema, spoken(said, request))
    lines = _lines(request, source, said, schema)
    return gzipped(lines) if request.packing is Packing.GZIP else lines


def schema_of(request: ExportRequest, devices: Sequence[DeviceRecord]) -> pa.Schema:
    """Give the columns of a typed file."""
    query = request.query()
    times = time_columns(query.resolution.word)
    if not request.is_wide:
        return pa.schema([*place_columns(), *times, *fields_of(value_columns(query))])
    names = wide_names([one.name for one in devices], query)
    return pa.schema([*times, *(field for of_one in zip(*names.values(), strict=True) for field in of_one)])


def require_room(request: ExportRequest, devices: Sequence[DeviceRecord]) -> None:
    """Check that the devices fit into one table.

    Raises
    ------
    SeveralClocks, TooWide
        If they stand beside each other but live by different clocks, or need more columns than Excel has.
    """
    if not request.is_wide:
        return
    request.common_zone(devices)
    columns = 3 + len(devices) * len(wide_columns(request.query()))
    if request.packing is Packing.XLSX and columns > MOST_COLUMNS:
        raise TooWide(
            f"a sheet of Excel has {MOST_COLUMNS} columns, this table {columns}; ask for fewer devices or for Parquet"
        )


def _lines(
    request: ExportRequest, source: ExportSource, said: Mapping[str, Any], schema: pa.Schema
) -> Generator[bytes, None, None]:
    query = request.query()
    if request.after is None:
        names = without_offset(schema.names, query.dialect) if request.is_wide else column_names(query)
        yield head(names, spoken(said, request) if request.preamble else {}, query.dialect)
    yield from _wide_lines(request, source) if request.is_wide else source.lines()


def _wide_lines(request: ExportRequest, source: ExportSource) -> Iterator[bytes]:
    dialect = request.query().dialect
    for table in source.tables():
        yield lines_of(plain_times(table, dialect), dialect)

"""Exports as Parquet: a row group at a time, typed columns, and what the file is in its metadata."""

import json
from collections.abc import Generator, Iterable, Mapping

import pyarrow as pa
from pyarrow import parquet

#: Rows of a group: enough that columns pack well, few enough that a group is some megabytes.
_GROUP_ROWS = 32_768


def parquet_bytes(
    tables: Iterable[pa.Table], schema: pa.Schema, said: Mapping[str, object]
) -> Generator[bytes, None, None]:
    """Write tables of one schema; ``said`` stands as JSON under the key ``hydrofleet``."""
    sink = Sink()
    about = {b"hydrofleet": json.dumps(said, default=str).encode()}
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    with parquet.ParquetWriter(
        sink, schema.with_metadata(about), compression="zstd", compression_level=1, use_dictionary=words, version="2.6"
    ) as writer:
        yield sink.taken()
        for group in _groups(tables):
            writer.write_table(group.cast(schema), row_group_size=group.num_rows)
            yield sink.taken()
    yield sink.taken()


def _groups(tables: Iterable[pa.Table]) -> Generator[pa.Table, None, None]:
    held: list[pa.Table] = []
    rows = 0
    for table in tables:
        held.append(table)
        rows += table.num_rows
        if rows >= _GROUP_ROWS:
            yield _joined(held)
            held, rows = [], 0
    if rows:
        yield _joined(held)


def _joined(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


class Sink:
    """A file that is read as soon as it is written: what was taken is gone."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, data: bytes) -> int:
        """Keep a piece of the file."""
        piece = bytes(data)
        self._parts.append(piece)
        self._written += len(piece)
        return len(piece)

    def tell(self) -> int:
        """Say how much was written, taken or not."""
        return self._written

    def flush(self) -> None:
        """Do nothing: there is no disk."""

    def close(self) -> None:
        """Do nothing: what is left may still be taken."""

    def taken(self) -> bytes:
        """Give what was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)

"""Exports as text: the head, lines made of tables, and packing."""

import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.read.export_kinds import Dialect

_EXCEL_MARK = b"\xef\xbb\xbf"


def head(names: Iterable[str], said: Mapping[str, object], dialect: Dialect) -> bytes:
    """Write the line of names, behind a line ``# key: value`` for everything that is ``said``."""
    mark = _EXCEL_MARK if dialect.spreadsheet else b""
    preamble = "".join(f"# {name}: {_on_a_line(value)}\n" for name, value in said.items() if value is not None)
    return mark + preamble.encode() + (dialect.delimiter.join(names) + "\n").encode()


def lines_of(table: pa.Table, dialect: Dialect) -> bytes:
    """Write a table of times and numbers as the database writes its lines; what is null is empty."""
    columns = [_written(table.column(place), table.schema.field(place), dialect) for place in range(table.num_columns)]
    ends = [dialect.delimiter] * (len(columns) - 1) + ["\n"]
    cells = [part for pair in zip(columns, ends, strict=True) for part in pair]
    lines = pc.binary_join_element_wise(*cells, "", null_handling="replace", null_replacement="")
    return b"".join(text_of(chunk) for chunk in lines.chunks)


def text_of(words: pa.StringArray) -> bytes:
    """Give words one behind the other, as they lie in memory."""
    _, places, letters = words.buffers()
    start, end = np.frombuffer(places, np.int32)[[words.offset, words.offset + len(words)]].tolist()
    return memoryview(letters or b"")[start:end].tobytes()


def gzipped(blocks: Iterable[bytes]) -> Generator[bytes, None, None]:
    """Pack for speed: the lines repeat so much that more effort would save little."""
    packer = zlib.compressobj(level=1, wbits=31)
    for place, block in enumerate(blocks):
        packed = packer.compress(block)
        if place == 0:
            packed += packer.flush(zlib.Z_SYNC_FLUSH)  # the head goes at once
        if packed:
            yield packed
    yield packer.flush()


def without_offset(fields: Iterable[str], dialect: Dialect) -> Iterator[str]:
    """Leave out the column of offsets where the local time says it."""
    return (name for name in fields if dialect.spreadsheet or name != "utc_offset")


def plain_times(table: pa.Table, dialect: Dialect) -> pa.Table:
    """Write the times of a table as words, as ``dialect`` has them."""
    local, offset, utc = (table.column(place) for place in range(3))
    offsets = offset.cast(pa.string())
    utc_text = pc.binary_join_element_wise(pc.strftime(utc, "%Y-%m-%dT%H:%M:%S"), "Z", "")
    if dialect.spreadsheet:
        local_text = pc.strftime(pc.cast(local, pa.timestamp("s"), safe=False), "%Y-%m-%d %H:%M:%S")
        table = table.set_column(0, table.field(0).name, local_text)
        return table.set_column(2, table.field(2).name, utc_text)
    with_offset = pc.binary_join_element_wise(
        pc.strftime(local, "%Y-%m-%dT%H:%M:%S"), pc.utf8_slice_codeunits(offsets, 3), ""
    )
    table = table.set_column(0, table.field(0).name, with_offset).set_column(2, table.field(2).name, utc_text)
    return table.remove_column(1)


def _written(column: pa.ChunkedArray, field: pa.Field, dialect: Dialect) -> pa.ChunkedArray:
    words = column.cast(pa.string())
    if dialect.decimal_comma and pa.types.is_floating(field.type):
        return pc.replace_substring(words, ".", ",")
    return words


def _on_a_line(value: object) -> str:
    written = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return "".join(letter if letter.isprintable() else " " for letter in written)

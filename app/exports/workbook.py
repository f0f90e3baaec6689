"""Exports as a workbook for Excel that streams: its rows are zipped as they come, and lie on no disk.

XlsxWriter makes everything but the rows (styles, the sheet "about", what belongs to what), once it is known how many
sheets there are; a zip file may well end with what a reader looks at first. Text travels as text, which no spreadsheet
takes for a formula, numbers as numbers and times as dates, which Excel shows as its country writes them.
"""

import io
import zipfile
from collections.abc import Generator, Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from app.exports.parquet import Sink
from app.exports.text import text_of

#: What a sheet of Excel holds.
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
#: A part of a zip file ends at 2 GiB; nobody would open such a sheet anyway.
_MOST_BYTES = 1 << 30
_ROWS_AT_ONCE = 8_192
#: The places of styles in the workbook, in the order in which the frame uses them.
_HEADING, _TIME = 1, 2
_EPOCH_DAY = 25_569  # 1970-01-01 counted from 1899-12-30, as Excel counts days
_DAY_MS = 86_400_000
_OPENED = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
    'state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData>'
)
_CLOSED = "</sheetData></worksheet>"


def workbook_bytes(
    tables: Iterable[pa.Table], schema: pa.Schema, said: Mapping[str, object], *, most_rows: int = MOST_ROWS
) -> Generator[bytes, None, None]:
    """Write tables of one schema into as many sheets as they need, and ``said`` into a sheet of its own."""
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        sheets = 0
        rest = _batches(tables)
        batch = next(rest, None)
        while batch is not None or not sheets:
            sheets += 1
            with file.open(f"xl/worksheets/sheet{sheets}.xml", "w") as sheet:
                sheet.write(_head(schema))
                rows, size = 1, 0
                while batch is not None and rows < most_rows and size < _MOST_BYTES:
                    batch, later = batch.slice(0, most_rows - rows), batch.slice(most_rows - rows)
                    text = _rows(batch)
                    sheet.write(text)
                    rows, size = rows + batch.num_rows, size + len(text)
                    yield sink.taken()
                    batch = later if later.num_rows else next(rest, None)
                sheet.write(_CLOSED.encode())
        _add_frame(file, sheets, said)
        yield sink.taken()
    yield sink.taken()


def _batches(tables: Iterable[pa.Table]) -> Generator[pa.Table, None, None]:
    for table in tables:
        for start in range(0, table.num_rows, _ROWS_AT_ONCE):
            yield table.slice(start, _ROWS_AT_ONCE)


def _head(schema: pa.Schema) -> bytes:
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{_width(field)}" customWidth="1"/>'
        for place, field in enumerate(schema, 1)
    )
    cells = "".join(f'<c s="{_HEADING}" t="inlineStr"><is><t>{escape(field.name)}</t></is></c>' for field in schema)
    return (_OPENED.format(widths=widths) + f"<row>{cells}</row>").encode()


def _width(field: pa.Field) -> int:
    return 20 if pa.types.is_timestamp(field.type) else min(max(len(field.name) + 2, 10), 40)


def _rows(table: pa.Table) -> bytes:
    table = table.combine_chunks()
    cells = [_cells(table.column(place), field.type) for place, field in enumerate(table.schema)]
    rows = pc.binary_join_element_wise("<row>", *(pc.coalesce(column, "<c/>") for column in cells), "</row>", "")
    return b"".join(text_of(chunk) for chunk in rows.chunks)


def _cells(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_timestamp(kind):
        days = pc.add(pc.divide(column.cast(pa.int64()).cast(pa.float64()), float(_DAY_MS)), float(_EPOCH_DAY))
        return pc.binary_join_element_wise(f'<c s="{_TIME}"><v>', days.cast(pa.string()), "</v></c>", "")
    if pa.types.is_dictionary(kind):
        return pa.chunked_array([_words(chunk) for chunk in column.chunks], pa.string())
    return pc.binary_join_element_wise("<c><v>", column.cast(pa.string()), "</v></c>", "")


def _words(column: pa.DictionaryArray) -> pa.StringArray:
    written = [f'<c t="inlineStr"><is><t>{escape(word)}</t></is></c>' for word in column.dictionary.to_pylist()]
    return pa.array(written, pa.string()).take(column.indices)


def _add_frame(file: zipfile.ZipFile, sheets: int, said: Mapping[str, object]) -> None:
    """Copy from an empty workbook with as many sheets everything but those sheets."""
    frame = io.BytesIO()
    with xlsxwriter.Workbook(frame, {"in_memory": True, "strings_to_formulas": False}) as book:
        heading = book.add_format({"bold": True})
        time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for number in range(1, sheets + 1):
            sheet = book.add_worksheet("readings" if number == 1 else f"readings {number}")
            sheet.write_string(0, 0, "", heading)
            sheet.write_number(0, 0, 0, heading)
            sheet.write_number(1, 0, 0, time)
        _write_about(book, said, heading)
    with zipfile.ZipFile(frame) as empty:
        for name in empty.namelist():
            if not any(name == f"xl/worksheets/sheet{number}.xml" for number in range(1, sheets + 1)):
                file.writestr(name, empty.read(name))


def _write_about(book: xlsxwriter.Workbook, said: Mapping[str, object], heading: Any) -> None:
    about = book.add_worksheet("about")
    about.set_column(0, 0, 24)
    about.set_column(1, 1, 100)
    for row, (name, value) in enumerate((name, value) for name, value in said.items() if value is not None):
        about.write_string(row, 0, name, heading)
        if isinstance(value, int | float) and not isinstance(value, bool):
            about.write_number(row, 1, value)
        else:
            about.write_string(row, 1, ", ".join(map(str, value)) if isinstance(value, list) else str(value))

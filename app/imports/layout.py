"""How a file is written: its encoding and delimiter, or its sheet, and where its header stands."""

import codecs
import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TextIO

from app.i18n import N_
from app.imports.request import ImportRefused, ImportRequest
from app.imports.sheets import first_rows, is_workbook, opened_sheet
from app.saying import Saying

DELIMITERS = (",", ";", "\t", "|")
#: Titles, licences and station data may stand above the header, but not for longer than this.
HEADER_WITHIN = 100

_BLOCK = 1 << 20
# Longer cells than this are not numbers or times; csv stops there instead of eating memory.
_LONGEST_CELL = 1 << 17


@dataclass(frozen=True, slots=True)
class Layout:
    """``header_row`` counts from 0; ``columns`` are the header's cells without blanks around them.

    ``sheet`` is that of a workbook, which has neither encoding nor delimiter.
    """

    path: Path
    encoding: str
    delimiter: str
    header_row: int
    columns: tuple[str, ...]
    notes: tuple[Saying, ...] = ()
    sheet: str | None = None

    def position(self, column: str) -> int:
        """Tell where a named column stands."""
        return self.columns.index(column)


class Row(NamedTuple):
    """One line of data and its number in the file, counted from 1."""

    line: int
    cells: Sequence[str]


class Head(NamedTuple):
    """The beginning of a file or of a sheet, as texts (one way for each delimiter tried), to look for a header in."""

    encoding: str
    sheet: str | None
    readings: Mapping[str, Sequence[tuple[str, ...]]]


def find_layout(request: ImportRequest) -> Layout:
    """Look at the beginning of the file for the line that holds all the named columns.

    Raises
    ------
    ImportRefused
        If there is no such line, a named column stands in it twice, or the file cannot be opened.
    """
    wanted = set(request.named_columns)
    heads = read_heads(request.path, delimiter=request.delimiter, sheet=request.sheet)
    for head in heads:
        for number in range(HEADER_WITHIN):
            for delimiter, lines in head.readings.items():
                columns = lines[number] if number < len(lines) else ()
                if wanted <= set(columns):
                    _refuse_doubles(wanted, columns, number)
                    notes = _notes(head, number)
                    return Layout(request.path, head.encoding, delimiter, number, columns, notes, head.sheet)
    raise _no_header(request.path, wanted, heads)


def read_heads(path: Path, *, delimiter: str | None = None, sheet: str | None = None) -> list[Head]:
    """Read the first :data:`HEADER_WITHIN` lines of a file, or of each sheet that may hold the log.

    Raises
    ------
    ImportRefused
        If the file cannot be read, or it is a workbook without the sheet asked for.
    """
    try:
        if is_workbook(path):
            sheets = first_rows(path, HEADER_WITHIN)
            return [_head(name, sheets[name]) for name in _chosen(path, sheet, list(sheets))]
        encoding = find_encoding(path)
        with path.open(encoding=encoding, newline="") as file:
            lines = list(islice(file, HEADER_WITHIN))
    except OSError as error:
        raise ImportRefused(N_("%(file)s cannot be read: %(error)s"), file=path.name, error=error.strerror) from error
    delimiters = (delimiter,) if delimiter else DELIMITERS
    return [Head(encoding, None, {one: [_cells(line, one) for line in lines] for one in delimiters})]


def _head(sheet: str, rows: Sequence[Sequence[str]]) -> Head:
    return Head("", sheet, {"\t": [tuple(cell.strip() for cell in row) for row in rows]})


def _chosen(path: Path, sheet: str | None, names: Sequence[str]) -> Sequence[str]:
    if sheet is None or sheet in names:
        return names if sheet is None else [sheet]
    said = N_("%(file)s has no sheet %(sheet)s; it has %(sheets)s")
    raise ImportRefused(said, file=path.name, sheet=repr(sheet), sheets=", ".join(map(repr, names)))


def find_encoding(path: Path) -> str:
    """Tell how a file is encoded: by its byte order mark, else UTF-8 if all of it is, else Latin-1."""
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8-sig"


def count_lines(path: Path) -> int | None:
    """Tell about how many lines a file has; None for a workbook, which would have to be read for it."""
    if is_workbook(path):
        return None
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(partial(file.read, _BLOCK), b""))


@contextmanager
def open_rows(layout: Layout) -> Iterator[Iterator[Row]]:
    """Open the file behind its header and give its lines of data one by one; blank lines are passed over."""
    if layout.sheet is not None:
        with opened_sheet(layout.path, layout.sheet) as rows:
            numbered = enumerate(rows, start=1)
            yield (Row(line, cells) for line, cells in numbered if line > layout.header_row + 1 and any(cells))
        return
    with layout.path.open(encoding=layout.encoding, newline="") as file:
        for _ in range(layout.header_row + 1):
            next(file)
        yield _rows(file, layout)


def _rows(file: TextIO, layout: Layout) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(file, delimiter=layout.delimiter)
    above = layout.header_row + 1
    while True:
        try:
            for cells in reader:
                if cells:
                    yield Row(above + reader.line_num, cells)
        except csv.Error as error:
            yield Row(above + reader.line_num, [f"unreadable: {error}"])
        else:
            return


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return ()
    return tuple(cell.strip() for cell in cells)


def _refuse_doubles(wanted: set[str], columns: Sequence[str], number: int) -> None:
    doubled = sorted(column for column in wanted if columns.count(column) > 1)
    if doubled:
        said = N_("the header in line %(line)s has several columns called %(column)s")
        raise ImportRefused(said, line=number + 1, column=repr(doubled[0]))


def _notes(head: Head, header_row: int) -> tuple[Saying, ...]:
    notes = []
    if head.encoding == "latin-1":
        notes.append(Saying(N_("The file is not UTF-8; it was read as Latin-1.")))
    if head.sheet is not None:
        notes.append(Saying(N_("The sheet '%(sheet)s' was read."), {"sheet": head.sheet}))
    if header_row:
        said = N_("%(above)s lines above the header in line %(line)s were passed over.")
        notes.append(Saying(said, {"above": header_row, "line": header_row + 1}))
    return tuple(notes)


def _no_header(path: Path, wanted: set[str], heads: Sequence[Head]) -> ImportRefused:
    """Name what is missing from the line that comes nearest to a header."""
    candidates = [cells for head in heads for lines in head.readings.values() for cells in lines]
    nearest = max(candidates, key=lambda cells: (len(wanted & set(cells)), len(cells)), default=())
    missing = ", ".join(repr(column) for column in sorted(wanted - set(nearest)))
    if not any(nearest):
        said = N_("%(file)s is empty; there is no header with %(missing)s")
        return ImportRefused(said, file=path.name, missing=missing)
    found = ", ".join(repr(cell) for cell in nearest[:40])
    said = N_("%(file)s has no column %(missing)s in its first %(most)s lines; the nearest header has %(found)s")
    return ImportRefused(said, file=path.name, missing=missing, most=HEADER_WITHIN, found=found)

"""Workbooks (xlsx, xlsm, xls, ods) as lines of texts, as if each sheet had been saved as a file of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, WorksheetNotFound

from app.imports.request import ImportRefused

# A zip archive (xlsx, ods) or an OLE2 container (xls, and whatever is encrypted).
_BEGINNINGS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_MIDNIGHT = datetime(1899, 12, 31)


def is_workbook(path: Path) -> bool:
    """Tell a workbook by its first bytes, whatever it is called."""
    with path.open("rb") as file:
        return file.read(8).startswith(_BEGINNINGS)


def sheet_names(path: Path) -> list[str]:
    """Give the names of the sheets with cells, in their order.

    Raises
    ------
    ImportRefused
        If it is no workbook, is damaged, or asks for a password.
    """
    with _opened(path) as book:
        return [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]


def first_rows(path: Path, sheet: str, count: int) -> list[list[str]]:
    """Give the texts of the first rows of a sheet, empty ones too."""
    with opened_sheet(path, sheet) as rows:
        return list(islice(rows, count))


@contextmanager
def opened_sheet(path: Path, sheet: str) -> Iterator[Iterator[list[str]]]:
    """Open a sheet and give its rows one by one, from the first row of the sheet on.

    Raises
    ------
    ImportRefused
        As :func:`sheet_names`, or if there is no such sheet.
    """
    with _opened(path) as book:
        try:
            cells = book.get_sheet_by_name(sheet)
        except WorksheetNotFound as error:
            names = ", ".join(map(repr, book.sheet_names))
            raise ImportRefused(f"{path.name} has no sheet {sheet!r}; it has {names}") from error
        # Empty columns to the left are left out, empty rows above are not.
        yield (list(map(_text, row)) for row in cells.iter_rows())


@contextmanager
def _opened(path: Path) -> Iterator[CalamineWorkbook]:
    try:
        book = CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise ImportRefused(f"{path.name} is locked with a password; save it without one") from error
    except (CalamineError, OSError) as error:
        raise ImportRefused(f"{path.name} cannot be read as a workbook ({error}); save it as .xlsx or .csv") from error
    with book:
        yield book


def _text(value: Any) -> str:
    """Write a cell as a file of texts would have it: every digit of a number, times as ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")
    if isinstance(value, timedelta):  # a time of day in a cell of its own
        return (_MIDNIGHT + value).time().isoformat("seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)

"""Workbooks (xlsx, xlsm, xls, ods) as lines of texts, as if each sheet had been saved as a file of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.i18n import N_
from app.imports.request import ImportRefused

# A zip archive (xlsx, ods) or an OLE2 container (xls, and whatever is encrypted).
_BEGINNINGS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_READER = Path(__file__).with_name("sheet_texts.py")


def is_workbook(path: Path) -> bool:
    """Tell a workbook by its first bytes, whatever it is called."""
    with path.open("rb") as file:
        return file.read(8).startswith(_BEGINNINGS)


def first_rows(path: Path, count: int, *, sheet: str | None = None) -> dict[str, list[list[str]]]:
    """Give the texts of the first rows, empty ones too, of each sheet with cells or of the one named.

    Raises
    ------
    ImportRefused
        If it is no workbook, is damaged, asks for a password, is too large, or has no such sheet.
    """
    with _said(path, sheet or "", str(count)) as heads:
        return dict(heads)


@contextmanager
def opened_sheet(path: Path, sheet: str) -> Iterator[Iterator[list[str]]]:
    """Open a sheet and give its rows one by one, from the first row of the sheet on.

    Raises
    ------
    ImportRefused
        As :func:`first_rows`.
    """
    with _said(path, sheet, "") as rows:
        yield rows


@contextmanager
def _said(path: Path, sheet: str, count: str) -> Iterator[Iterator[Any]]:
    """Give what the reader says, line by line; it ends with the block."""
    command = [sys.executable, "-I", str(_READER), str(path), sheet, count]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as reader:
        try:
            yield _lines(reader, path, sheet)
        finally:
            reader.kill()


def _lines(reader: subprocess.Popen[str], path: Path, sheet: str) -> Iterator[Any]:
    assert reader.stdout is not None  # a pipe, as asked
    for line in reader.stdout:
        said = json.loads(line)
        if isinstance(said, dict):
            raise _in_words(path, sheet, **said)
        yield said
    if reader.wait():
        text = N_(
            "%(file)s is too large to be opened as a workbook, perhaps by a stray cell far from the others; "
            "save the sheet as .csv"
        )
        raise ImportRefused(text, file=path.name)


def _in_words(path: Path, sheet: str, *, why: str, told: list[str]) -> ImportRefused:
    if why == "locked":
        return ImportRefused(N_("%(file)s is locked with a password; save it without one"), file=path.name)
    if why == "no sheet":
        text = N_("%(file)s has no sheet %(sheet)s; it has %(sheets)s")
        return ImportRefused(text, file=path.name, sheet=repr(sheet), sheets=", ".join(map(repr, told)))
    text = N_("%(file)s cannot be read as a workbook (%(error)s); save it as .xlsx or .csv")
    return ImportRefused(text, file=path.name, error=told[0])

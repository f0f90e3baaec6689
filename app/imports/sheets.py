"""Workbooks (xlsx, xlsm, xls, ods) as lines of texts, as if each sheet had been saved as a file of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from mmap import ACCESS_READ, mmap
from os import SEEK_END
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from app.i18n import N_
from app.imports.request import ImportRefused

# A zip archive (xlsx, ods) or an OLE2 container (xls, and whatever is encrypted).
_BEGINNINGS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
#: What the reader ends with when it has said why it cannot read.
_REFUSED = 3
_READER = Path(__file__).with_name("sheet_texts.py")


def is_workbook(path: Path) -> bool:
    """Tell a workbook by its first bytes, whatever it is called."""
    with path.open("rb") as file:
        return file.read(8).startswith(_BEGINNINGS)


def first_rows(path: Path, count: int) -> dict[str, list[list[str]]]:
    """Give the texts of the first rows of each sheet with cells, empty ones too.

    Raises
    ------
    ImportRefused
        If it is no workbook, is damaged, asks for a password, or is too large.
    """
    with _said(path, "", str(count)) as heads:
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
    texts = _texts(path, path.stat().st_mtime_ns, sheet, count)
    if not texts.seek(0, SEEK_END):
        yield iter(())
        return
    with mmap(texts.fileno(), 0, access=ACCESS_READ) as lines:
        yield map(json.loads, iter(lines.readline, b""))


@lru_cache(maxsize=4)
def _texts(path: Path, _changed_ns: int, sheet: str, count: str) -> IO[bytes]:
    """Give what the reader says, in a file without a name.

    It is kept for the next looks: a workbook has to be read whole for each, and an import takes several.
    """
    texts = TemporaryFile()  # noqa: SIM115 - it lives as long as it is kept
    command = [sys.executable, "-I", str(_READER), str(path), sheet, count]
    over = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=texts, stderr=subprocess.DEVNULL, check=False)
    if over.returncode == _REFUSED:
        texts.seek(0)
        raise _in_words(path, **json.loads(texts.readlines()[-1]))
    if over.returncode:
        text = N_(
            "%(file)s is too large to be opened as a workbook, perhaps by a stray cell far from the others; "
            "save the sheet as .csv"
        )
        raise ImportRefused(text, file=path.name)
    return texts


def _in_words(path: Path, *, why: str, told: str) -> ImportRefused:
    if why == "locked":
        return ImportRefused(N_("%(file)s is locked with a password; save it without one"), file=path.name)
    text = N_("%(file)s cannot be read as a workbook (%(error)s); save it as .xlsx or .csv")
    return ImportRefused(text, file=path.name, error=told)

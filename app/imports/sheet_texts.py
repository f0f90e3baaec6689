"""Write the rows of a workbook to standard output, as lines of JSON: the program of a process of its own.

A workbook says how large it is, and whoever opens it makes room for that at once: one stray cell in the last corner of
a sheet asks for half a terabyte, and the process ends. So it is not the server's process. It is run by its path, and
imports nothing of ours, because it is started for every look at a workbook.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

_MIDNIGHT = datetime(1899, 12, 31)
# A million lines of four columns take half of it.
_MOST_BYTES = 2 * 1024**3
_MOST_S = 600
_REFUSED = 3


def main(path: str, sheet: str, count: str) -> None:
    """Write all rows of a sheet, or with a count the name and the first rows of each one.

    What cannot be read ends with an object, and with :data:`_REFUSED`.
    """
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_S, _MOST_S))
    try:
        with CalamineWorkbook.from_path(path) as book:
            for said in _heads(book, int(count)) if count else _rows(book, sheet):
                sys.stdout.write(json.dumps(said) + "\n")
    except PasswordError:
        _refuse("locked", "")
    except (CalamineError, OSError) as error:
        _refuse("damaged", str(error))


def _refuse(why: str, told: str) -> None:
    sys.stdout.write(json.dumps({"why": why, "told": told}) + "\n")
    sys.exit(_REFUSED)


def _sheets(book: CalamineWorkbook) -> list[str]:
    return [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]


def _heads(book: CalamineWorkbook, count: int) -> Iterator[tuple[str, list[list[str]]]]:
    return ((name, list(islice(_rows(book, name), count))) for name in _sheets(book))


def _rows(book: CalamineWorkbook, sheet: str) -> Iterator[list[str]]:
    # Empty columns to the left are left out, empty rows above are not.
    return (list(map(_text, row)) for row in book.get_sheet_by_name(sheet).iter_rows())


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


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Calibrations and events as CSV: with them and the readings as they were sent, another server can start again."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum, unique
from typing import Any

from sqlalchemy import Engine, RowMapping

from app.exports.request import ExportRequest
from models.db import session_scope
from models.read.export_records import CALIBRATION_COLUMNS, EVENT_COLUMNS, calibration_rows, event_rows

_LINES_AT_ONCE = 500
#: How a cell begins that a spreadsheet takes for a formula; four of them in their wide forms.
_FORMULA = tuple("-=+@－＝＋＠")


@unique
class Records(StrEnum):
    """What can be exported beside readings; the value is part of the file's name."""

    CALIBRATIONS = "calibrations"
    EVENTS = "events"


def records_csv(
    engine: Engine, kind: Records, request: ExportRequest, may_read: Callable[[str], bool]
) -> Iterator[bytes]:
    """Give the calibrations of the devices of a request, or their events in its span, in blocks of whole lines.

    Raises
    ------
    UnknownDevice
        If a named device is not there, or may not be read: before the first block.
    """
    start, end = request.span
    with session_scope(engine) as session:
        ids = [one.id for one in request.selection.find(session, start, end, may_read)]
    return _blocks(engine, kind, ids, start, end)


def _blocks(engine: Engine, kind: Records, ids: list[int], start: datetime, end: datetime) -> Iterator[bytes]:
    with session_scope(engine) as session:
        if kind is Records.CALIBRATIONS:
            yield from _lines(CALIBRATION_COLUMNS, calibration_rows(session, ids))
        else:
            yield from _lines(EVENT_COLUMNS, event_rows(session, ids, start, end))


def _lines(names: tuple[str, ...], rows: Iterable[RowMapping]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for count, row in enumerate(rows, 1):
        writer.writerow([_cell(row[name]) for name in names])
        if count % _LINES_AT_ONCE == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, str):
        line = "".join(letter if letter.isprintable() else " " for letter in value)
        return f"'{line}" if _could_be_formula(line) else line
    return value


def without_guard(cell: str) -> str:
    """Give a text as it was before an apostrophe was put before it."""
    return cell[1:] if cell.startswith("'") and _could_be_formula(cell[1:]) else cell


def _could_be_formula(line: str) -> bool:
    # An apostrophe before a formula is guarded as well, or nobody could tell it from a guard.
    return line.lstrip("'").startswith(_FORMULA)

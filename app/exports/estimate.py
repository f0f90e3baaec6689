"""How big an export will be, before it is made."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.exports.request import ExportRequest, Packing
from models.read.export_query import column_names
from models.read.export_size import guess_lines

#: Measured on a year of a tank: a place, two times, and a value with its separator; gzip keeps a ninth of it.
_PLACE_AND_TIMES, _VALUE, _GZIP = 68, 5.0, 9


@dataclass(frozen=True, slots=True)
class Estimate:
    """About how many devices, lines and bytes."""

    devices: int
    rows: int
    bytes: int


def estimate(session: Session, request: ExportRequest, may_read: Callable[[str], bool]) -> Estimate:
    """Guess the size of an export from the hourly sums; raises as :meth:`Selection.find`."""
    start, end = request.span
    devices = request.selection.find(session, start, end, may_read)
    rows = guess_lines(session, [one.id for one in devices], request.resolution, start, end) if devices else 0
    width = _PLACE_AND_TIMES + _VALUE * (len(column_names(request.query())) - 5)
    size = rows * width / (_GZIP if request.packing is Packing.GZIP else 1)
    return Estimate(len(devices), rows, round(size))

"""How big an export will be, before it is made."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.exports.files import require_room
from app.exports.request import ExportRequest, Packing
from app.exports.wide import wide_columns
from models.read.export_kinds import Resolution
from models.read.export_query import column_names
from models.read.export_size import guess_lines

#: Measured on a year of a tank: a place, two times, and a value with its separator; what a format keeps of it.
_PLACE_AND_TIMES, _VALUE = 68, 5.0
_KEPT = {Packing.CSV: 1.0, Packing.GZIP: 1 / 9, Packing.PARQUET: 1 / 8, Packing.XLSX: 1 / 3}


@dataclass(frozen=True, slots=True)
class Estimate:
    """About how many devices, lines and bytes."""

    devices: int
    rows: int
    bytes: int


def estimate(session: Session, request: ExportRequest, may_read: Callable[[str], bool]) -> Estimate:
    """Guess the size of an export from the hourly sums; raises as opening it does."""
    start, end = request.span
    devices = request.selection.find(session, start, end, may_read)
    require_room(request, devices)
    rows = guess_lines(session, [one.id for one in devices], request.resolution, start, end) if devices else 0
    if request.is_wide:
        rows = -(-rows // max(len(devices), 1)) if request.resolution is not Resolution.RAW else rows
        width = _PLACE_AND_TIMES + _VALUE * len(devices) * len(wide_columns(request.query()))
    else:
        width = _PLACE_AND_TIMES + _VALUE * (len(column_names(request.query())) - 5)
    size = rows * width * _KEPT[request.packing]
    return Estimate(len(devices), rows, round(size))

"""A reading as a row of the outbox, with a checksum: SQLite notices broken pages, but not a flipped bit in a value."""

import json
import zlib
from dataclasses import dataclass

#: The columns after ``seq``, in the order of a row; ``crc`` covers ``seq`` and all columns before it.
COLUMNS = ("stream", "boot_id", "boot_ms", "ts_ms", "clock", "ph_mv", "ec_mv", "water_c", "reasons", "crc")
SELECT = f"SELECT seq, {', '.join(COLUMNS)} FROM reading"  # noqa: S608 - constant names
INSERT = f"INSERT INTO reading (seq, {', '.join(COLUMNS)}) VALUES (?{', ?' * len(COLUMNS)})"  # noqa: S608

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class StoredReading:
    """A reading in the outbox. ``ts_ms`` is None while nobody knows the time; once set it never changes."""

    seq: int
    stream: str
    ts_ms: int | None
    clock: str | None
    ph_mv: float | None
    ec_mv: float | None
    water_c: float | None
    reasons: dict[str, str]


def row_of(reading: StoredReading, boot_id: str, boot_ms: int) -> Row:
    """Return the row that keeps a reading."""
    reasons = json.dumps(reading.reasons) if reading.reasons else None
    # Floats, as the column gives them back: the checksum must not tell 1000 from 1000.0.
    values = tuple(None if v is None else float(v) for v in (reading.ph_mv, reading.ec_mv, reading.water_c))
    row = (reading.seq, reading.stream, boot_id, boot_ms, reading.ts_ms, reading.clock, *values, reasons)
    return (*row, _checksum(row))


def is_whole(row: Row) -> bool:
    """Tell whether a row is exactly as it was written."""
    return _checksum(row[:-1]) == row[-1]


def reading_of(row: Row) -> StoredReading:
    """Return the reading kept in a whole row."""
    seq, stream, _boot_id, _boot_ms, ts_ms, clock, ph_mv, ec_mv, water_c, reasons, _crc = row
    return StoredReading(seq, stream, ts_ms, clock, ph_mv, ec_mv, water_c, json.loads(reasons) if reasons else {})  # type: ignore[arg-type]


def redated(row: Row, ts_ms: int, clock: str) -> Row:
    """Return the row with its final time."""
    changed = (*row[:4], ts_ms, clock, *row[6:-1])
    return (*changed, _checksum(changed))


def _checksum(row: Row) -> int:
    return zlib.crc32(repr(row).encode())

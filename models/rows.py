"""A batch of readings as columns, and how it travels to the readings table."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from models.arrays import (
    EPOCH_SHIFT_US,
    Float8Array,
    Int8Array,
    Int8OrNullArray,
    PgArray,
    TimestampArray,
    drop_null_bytes,
)
from models.errors import BadReadings

IntColumn = npt.NDArray[np.int64]
FloatColumn = npt.NDArray[np.float64]

HOUR_MS = 3_600_000
#: The CHECK on the table refuses readings outside.
FIRST_MONTH, END_MONTH = np.datetime64("1990-01"), np.datetime64("2100-01")

#: Integer columns that may be null, and the number that means it.
NULL_NUMBERS = {"tests": 0, "seq": -1, "ph_calibration_id": 0, "ec_calibration_id": 0, "stream": -1, "clock": -1}
FLOAT_COLUMNS = ("water_c", "ph", "ec_us_cm", "ph_sent", "ec_sent", "ph_mv", "ec_mv")
#: What the device said: a reading that comes again with the same of these is a repetition, not a contradiction.
AS_SENT = ("ph_mv", "ec_mv", "water_c", "ph_sent", "ec_sent")
#: 32-bit in the table: finer than the converter's step, and half the bytes.
SINGLE_PRECISION = ("ph_mv", "ec_mv")
# Bytes of each column in the table's own types, for the binary COPY format.
_COPY_TYPES = {
    "device_id": ">i8",
    "ts": ">i8",
    "tests": ">i8",
    "quality": ">i2",
    "seq": ">i4",
    "ph_calibration_id": ">i4",
    "ec_calibration_id": ">i4",
    "stream": ">i2",
    "clock": ">i2",
    **dict.fromkeys(FLOAT_COLUMNS, ">f8"),
    **dict.fromkeys(SINGLE_PRECISION, ">f4"),
}
#: Columns of the readings table that a batch fills, in the order of both ways there.
TABLE_COLUMNS = tuple(_COPY_TYPES)
_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_TRAILER = b"\xff\xff"


@dataclass(frozen=True, eq=False)
class ReadingRows:
    """Readings of one or many devices, one numpy array of equal length n per column, in any order.

    ``ts_ms`` is milliseconds since 1970 UTC. Float columns hold NaN for null; the integer columns of
    ``NULL_NUMBERS`` hold the number given there. ``quality`` is never null. :meth:`of` fills in absent columns.

    Raises
    ------
    BadReadings
        If the columns are not of equal length.
    """

    device_id: IntColumn
    ts_ms: IntColumn
    water_c: FloatColumn
    ph: FloatColumn
    ec_us_cm: FloatColumn
    ph_sent: FloatColumn
    ec_sent: FloatColumn
    ph_mv: FloatColumn
    ec_mv: FloatColumn
    tests: IntColumn
    quality: npt.NDArray[np.int16]
    seq: IntColumn
    ph_calibration_id: IntColumn
    ec_calibration_id: IntColumn
    stream: IntColumn
    clock: IntColumn

    def __post_init__(self) -> None:
        lengths = {name: np.shape(column) for name, column in self.columns().items()}
        if len(set(lengths.values())) > 1 or len(lengths["ts_ms"]) != 1:
            raise BadReadings(f"the columns of a batch must have one length, but have {lengths}")

    @classmethod
    def of(cls, device_id: npt.ArrayLike, ts_ms: npt.ArrayLike, **columns: npt.ArrayLike) -> Self:
        """Make a batch from the columns that there are: absent ones are null, ``quality`` is "good" throughout.

        ``device_id`` may be one number for all rows.
        """
        stamps = np.atleast_1d(np.asarray(ts_ms, dtype=np.int64))
        empty: dict[str, Any] = {**dict.fromkeys(FLOAT_COLUMNS, np.nan), **NULL_NUMBERS, "quality": 0x111}
        filled: dict[str, npt.NDArray[Any]] = {
            name: np.array(np.broadcast_to(np.asarray(columns.pop(name, null), dtype=_dtype(name)), stamps.shape))
            for name, null in empty.items()
        }
        if columns:
            raise BadReadings(f"readings have no column {', '.join(sorted(columns))}; they have {', '.join(empty)}")
        devices = np.array(np.broadcast_to(np.asarray(device_id, dtype=np.int64), stamps.shape))
        return cls(device_id=devices, ts_ms=stamps, **filled)

    def __len__(self) -> int:
        return len(self.ts_ms)

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Give the arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def take(self, index: npt.NDArray[Any]) -> "ReadingRows":
        """Give the rows at ``index`` (positions, or a mask)."""
        return ReadingRows(**{name: column[index] for name, column in self.columns().items()})

    def months(self) -> list[date]:
        """Give the first day of every month that holds a reading the table would take."""
        months = np.unique(self.ts_ms.astype("M8[ms]").astype("M8[M]"))
        return months[(months >= FIRST_MONTH) & (months < END_MONTH)].astype("M8[D]").tolist()

    def parameters(self) -> dict[str, PgArray]:
        """Give the columns of the table as query parameters."""
        return {name: _PARAMETER.get(name, _nullable)(name, self) for name in TABLE_COLUMNS}

    def copy_bytes(self) -> bytes:
        """Give the rows in PostgreSQL's binary COPY format, columns in the order of ``TABLE_COLUMNS``."""
        nulls = {name: np.broadcast_to(self._is_null(name), len(self)) for name in _COPY_TYPES}
        held = [name for name in _COPY_TYPES if not nulls[name].all()]
        layout = [("fields", ">i2")]
        for name, kind in _COPY_TYPES.items():
            layout += [(f"{name}_length", ">i4"), (name, kind)] if name in held else [(f"{name}_length", ">i4")]
        records = np.empty(len(self), dtype=layout)
        records["fields"] = len(_COPY_TYPES)
        for name, kind in _COPY_TYPES.items():
            records[f"{name}_length"] = np.where(nulls[name], -1, np.dtype(kind).itemsize)
        for name in held:
            records[name] = self.ts_ms * 1000 - EPOCH_SHIFT_US if name == "ts" else getattr(self, name)
        # Where a column is null in some rows only, its bytes have to go one by one.
        mixed = [name for name in held if nulls[name].any()]
        body = drop_null_bytes(records, np.column_stack([nulls[name] for name in mixed]), mixed) if mixed else None
        return _COPY_HEADER + (records.tobytes() if body is None else body) + _COPY_TRAILER

    def _is_null(self, name: str) -> npt.NDArray[np.bool_] | bool:
        if name in FLOAT_COLUMNS:
            return np.isnan(getattr(self, name))
        return getattr(self, name) == NULL_NUMBERS[name] if name in NULL_NUMBERS else False


def _dtype(name: str) -> type:
    if name in FLOAT_COLUMNS:
        return np.float64
    return np.int16 if name == "quality" else np.int64


def _nullable(name: str, rows: ReadingRows) -> PgArray:
    return Int8OrNullArray(getattr(rows, name), NULL_NUMBERS[name])


_PARAMETER: dict[str, Callable[[str, ReadingRows], PgArray]] = {
    "device_id": lambda name, rows: Int8Array(rows.device_id),
    "ts": lambda name, rows: TimestampArray(rows.ts_ms),
    "quality": lambda name, rows: Int8Array(rows.quality),
    **dict.fromkeys(FLOAT_COLUMNS, lambda name, rows: Float8Array(getattr(rows, name))),
}

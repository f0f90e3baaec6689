"""Readings as their sender meant them, column by column, before anything is derived from them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
MaskArray = npt.NDArray[np.uint16]

#: Stands for "not sent" in the integer columns; the float columns use NaN.
ABSENT = -1


@dataclass(frozen=True, slots=True)
class SentReadings:
    """``n`` readings of one or many devices, in the order they were sent; every array has shape (n,).

    Millivolts are the probe boards', ``ph`` and ``ec_us_cm`` (EC at 25 °C) finished values of senders that
    calibrate themselves; a reading may have both, and the millivolts win. NaN is a channel that was not sent or
    could not be read; ``*_hints`` then hold :class:`analytics.flags.Test` bits for the reason that the sender gave.
    """

    device_id: IntArray
    ts_ms: IntArray
    ph_mv: FloatArray
    ec_mv: FloatArray
    water_c: FloatArray
    ph: FloatArray
    ec_us_cm: FloatArray
    seq: IntArray
    stream: IntArray
    clock: IntArray
    ph_hints: MaskArray
    ec_hints: MaskArray
    water_hints: MaskArray

    @classmethod
    def of(cls, device_id: npt.ArrayLike, ts_ms: npt.ArrayLike, **columns: npt.ArrayLike) -> Self:
        """Build from the columns there are; what is not given counts as not sent. Scalars fill their column."""
        stamps = np.asarray(ts_ms, dtype=np.int64)
        given = {"device_id": device_id, "ts_ms": stamps, **columns}
        whole: dict[str, Any] = {
            name: _column(given.get(name, blank), kind, stamps.size) for name, (kind, blank) in _COLUMNS.items()
        }
        if unknown := given.keys() - whole.keys():
            raise TypeError(f"readings have no columns {sorted(unknown)}")
        return cls(**whole)

    @classmethod
    def together(cls, parts: Sequence[Self]) -> Self:
        """Put several into one, in their order."""
        if len(parts) == 1:
            return parts[0]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS))

    def __len__(self) -> int:
        return self.ts_ms.size

    def take(self, rows: npt.NDArray[np.bool_] | IntArray) -> Self:
        """Give the chosen rows, by mask or by position."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


_COLUMNS: dict[str, tuple[type[np.generic], float | int]] = {
    "device_id": (np.int64, ABSENT),
    "ts_ms": (np.int64, ABSENT),
    **dict.fromkeys(("ph_mv", "ec_mv", "water_c", "ph", "ec_us_cm"), (np.float64, np.nan)),
    **dict.fromkeys(("seq", "stream", "clock"), (np.int64, ABSENT)),
    **dict.fromkeys(("ph_hints", "ec_hints", "water_hints"), (np.uint16, 0)),
}


def _column(values: npt.ArrayLike, kind: type[np.generic], size: int) -> npt.NDArray[np.generic]:
    column = np.asarray(values, dtype=kind)
    if column.shape not in ((), (size,)):
        raise ValueError(f"a column of {size} readings has shape {column.shape}")
    return np.ascontiguousarray(np.broadcast_to(column, (size,)))

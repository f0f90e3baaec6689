"""Series of many devices laid one behind the other on one time line, so that a calculation runs once for all of them.

Between two series lie days, more than any test of the last hours looks back: none can see its neighbour.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]

_DAY_MS = 86_400_000
#: From the beginning of one series to that of the next. A series lasts two days at most.
_APART_MS = 4 * _DAY_MS
#: The shortest step from one series to the next.
GAP_MS = _APART_MS - 2 * _DAY_MS


@dataclass(frozen=True, eq=False)
class TimeLine:
    """Readings or hours of many devices; arrays of shape (n,), by device and time.

    ``stamps_ms`` are the times on the common line, where hours begin at the same minutes as in the devices' own time.
    """

    device_id: IntArray
    stamps_ms: IntArray
    _devices: IntArray
    _start_ms: int
    _apart_ms: int

    @classmethod
    def of(cls, device_id: IntArray, ts_ms: IntArray, *, start_ms: int, length_ms: int = 2 * _DAY_MS) -> Self:
        """Lay out times of ``[start_ms, start_ms + length_ms)``; it is midnight UTC, the length whole days."""
        devices, rank = np.unique(device_id, return_inverse=True)
        apart_ms = max(2 * length_ms, _APART_MS)
        return cls(device_id, ts_ms - start_ms + rank * apart_ms, devices, start_ms, apart_ms)

    @property
    def index(self) -> pd.DatetimeIndex:
        """The times on the common line, aware."""
        return pd.DatetimeIndex(self.stamps_ms.view("M8[ms]"), tz="UTC")

    def back(self, stamps_ms: IntArray) -> tuple[IntArray, IntArray]:
        """Give the device and its own time of moments on the line, such as the starts of hours."""
        rank = stamps_ms // self._apart_ms
        return self._devices[rank], stamps_ms - rank * self._apart_ms + self._start_ms

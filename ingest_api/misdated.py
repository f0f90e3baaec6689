"""Readings whose time cannot be true: found here, kept apart, never mixed into the history."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from enum import IntEnum, unique
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest_api.sent import ABSENT, SentReadings
from ingest_api.timestamps import milliseconds
from models.read.devices import DeviceRecord

#: A Pi's clock may be this far ahead before its readings are doubted.
AHEAD = timedelta(minutes=5)
#: A Pi without a clock chip starts in 1970 or at its image's date; nobody measured with this product before.
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
#: The table's own limit; imported history may go back this far.
EARLIEST_HISTORY = datetime(1990, 1, 1, tzinfo=UTC)
#: A Pi may have measured before it was registered, but not for long.
BEFORE_DEVICE = timedelta(days=1)


@unique
class Misdated(IntEnum):
    """Why a time cannot be true; 0 is a time that can."""

    NO = 0
    FUTURE = 1
    TOO_OLD = 2
    BEFORE_DEVICE = 3

    @property
    def reason(self) -> str:
        """The word stored in the quarantine."""
        return self.name.lower().replace("_", "-")


def find_misdated(sent: SentReadings, devices: Mapping[int, DeviceRecord], *, now: datetime) -> npt.NDArray[np.int8]:
    """Judge the time of every reading: shape (n,), members of :class:`Misdated`."""
    ids, row_of = np.unique(sent.device_id, return_inverse=True)
    limits = np.array([_limits(devices[int(one)]) for one in ids], dtype=np.int64).reshape(-1, 2)
    oldest, since = limits.T
    judged = np.full(len(sent), Misdated.NO, dtype=np.int8)
    judged[sent.ts_ms < since[row_of]] = Misdated.BEFORE_DEVICE
    judged[sent.ts_ms < oldest[row_of]] = Misdated.TOO_OLD
    judged[sent.ts_ms > milliseconds(now + AHEAD)] = Misdated.FUTURE
    return judged


def as_sent(sent: SentReadings, row: int) -> dict[str, Any]:
    """Write one reading down again, without its time, to be kept until a person gives it one."""
    numbers = {name: float(getattr(sent, name)[row]) for name in ("ph_mv", "ec_mv", "water_c", "ph", "ec_us_cm")}
    whole = {name: int(getattr(sent, name)[row]) for name in ("seq", "stream", "clock")}
    hints = {name: int(getattr(sent, name)[row]) for name in ("ph_hints", "ec_hints", "water_hints")}
    return {
        **{name: value for name, value in numbers.items() if not np.isnan(value)},
        **{name: value for name, value in whole.items() if value != ABSENT},
        **{name: value for name, value in hints.items() if value},
    }


def sent_again(device_id: int, ts_ms: Sequence[int], readings: Sequence[Mapping[str, Any]]) -> SentReadings:
    """Read what :func:`as_sent` wrote down, now with times that people gave."""
    names = [each.name for each in fields(SentReadings) if each.name not in ("device_id", "ts_ms")]
    columns = {name: [reading.get(name) for reading in readings] for name in names}
    return SentReadings.of(
        np.full(len(ts_ms), device_id), ts_ms, **{name: _filled(name, column) for name, column in columns.items()}
    )


def _filled(name: str, values: Sequence[float | None]) -> list[float]:
    blank = 0 if name.endswith("_hints") else ABSENT if name in ("seq", "stream", "clock") else np.nan
    return [blank if value is None else value for value in values]


def _limits(device: DeviceRecord) -> tuple[int, int]:
    """Give the oldest time that any reading, and that a reading of this device may have, in milliseconds."""
    if device.has_history:
        return milliseconds(EARLIEST_HISTORY), milliseconds(EARLIEST_HISTORY)
    return milliseconds(EARLIEST), milliseconds(device.created_at - BEFORE_DEVICE)

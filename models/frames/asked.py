"""What is asked of a fleet, and what its sources answer with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

import numpy.typing as npt
import pandas as pd

from models.errors import BadQuestion
from models.names import expand_names

Row = Mapping[Any, Any]
#: A moment with an offset: a datetime, a pandas Timestamp, or a text such as ``"2026-03-01T00:00+07:00"``.
Moment = str | datetime
#: One name, several, or a range such as ``"pi-1..pi-12"``.
Names = str | Iterable[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """Devices by name (None: all), a span ``[start, end)`` (None: open), and the columns beside device and time."""

    devices: tuple[str, ...] | None
    start: datetime | None = None
    end: datetime | None = None
    columns: tuple[str, ...] = ()


class Block(NamedTuple):
    """What one device said, or a part of it: aware UTC times in milliseconds, and columns as long, by name."""

    device: str
    times: pd.DatetimeIndex
    values: Mapping[str, npt.NDArray[Any]]


class Source(Protocol):
    """Where a fleet's data comes from. Rows are dictionaries with the columns of ``models.frames.columns``."""

    #: Whence, without secrets.
    label: str

    def devices(self) -> Sequence[Row]: ...
    def readings(self, asked: Asked) -> Iterable[Block]: ...
    def hours(self, asked: Asked) -> Iterable[Block]: ...
    def events(self, asked: Asked, kind: str | None) -> Sequence[Row]: ...
    def calibrations(self, asked: Asked) -> Sequence[Row]: ...
    def targets(self) -> Sequence[Row]: ...
    def plantings(self, asked: Asked) -> Sequence[Row]: ...
    def close(self) -> None: ...


def asked(
    devices: Names | None, start: Moment | None = None, end: Moment | None = None, columns: Sequence[str] = ()
) -> Asked:
    """Understand what a person wrote.

    Raises
    ------
    BadQuestion
        If a moment has no offset or cannot be read, or the span runs backwards.
    models.errors.DeviceNameInvalid
        If a name could be no device's.
    """
    names = None
    if devices is not None:
        texts = [devices] if isinstance(devices, str) else list(devices)
        names = tuple(dict.fromkeys(name for text in texts for name in expand_names(text)))
    first, last = _moment("start", start), _moment("end", end)
    if first is not None and last is not None and first > last:
        raise BadQuestion(f"the start, {first.isoformat()}, is after the end, {last.isoformat()}")
    return Asked(names, first, last, tuple(columns))


def _moment(word: str, given: Moment | None) -> datetime | None:
    if given is None:
        return None
    try:
        stamp = pd.Timestamp(given)
    except ValueError as error:
        raise BadQuestion(f"{word}={given!r} is no time; write it as '2026-03-01T00:00+07:00'") from error
    if stamp is pd.NaT or stamp.tzinfo is None:
        raise BadQuestion(f"{word}={given!r} has no offset, so it could be any clock; write {given}+07:00 or {given}Z")
    return stamp.to_pydatetime(warn=False).astimezone(UTC)

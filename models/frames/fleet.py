"""The front door for analysts: every question about a fleet is one method, every answer a typed frame."""

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd

from models.frames.asked import Block, Moment, Names, Source, asked
from models.frames.columns import (
    CALIBRATION_COLUMNS,
    DEVICE_COLUMNS,
    EVENT_COLUMNS,
    HOUR_COLUMNS,
    PLANTING_COLUMNS,
    READING_COLUMNS,
    TARGET_COLUMNS,
    USUAL_HOUR_COLUMNS,
    USUAL_READING_COLUMNS,
    known_columns,
    typed,
)


class Fleet:
    """A fleet that can be asked, and not changed; made by :func:`models.connect`, it may stand in a ``with``.

    ``devices`` is always one name, several, a range such as ``"pi-1..pi-12"``, or None for all. ``start`` belongs to a
    span, ``end`` does not; each needs an offset, and None leaves its side open. Times are aware UTC in milliseconds.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def devices(self) -> pd.DataFrame:
        """Give every device that is not retired as it is now, pi-2 before pi-10; the index is its name."""
        return typed(self._source.devices(), DEVICE_COLUMNS)

    def readings(
        self,
        devices: Names | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Give every reading, device by device in time order: the index ``time``, ``device``, and the columns.

        ``columns`` are those of docs/notebooks.md; the usual ones are the three values and their flags.
        """
        names = known_columns(columns, USUAL_READING_COLUMNS, READING_COLUMNS)
        return _frame(self._source.readings(asked(devices, start, end, names)), names, READING_COLUMNS)

    def hourly(
        self,
        devices: Names | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Give hours, counted from midnight UTC, by device: the index ``time`` is their beginning.

        Means, lowest and highest are of the readings flagged good or not evaluated.
        """
        names = known_columns(columns, USUAL_HOUR_COLUMNS, HOUR_COLUMNS)
        return _frame(self._source.hours(asked(devices, start, end, names)), names, HOUR_COLUMNS)

    def events(
        self,
        devices: Names | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        kind: str | None = None,
    ) -> pd.DataFrame:
        """Give what happened to tanks, found or told, that touches the span, oldest first."""
        return typed(self._source.events(asked(devices, start, end), kind), EVENT_COLUMNS)

    def calibrations(self, devices: Names | None = None) -> pd.DataFrame:
        """Give the calibrations that were not withdrawn, by device, oldest first."""
        return typed(self._source.calibrations(asked(devices)), CALIBRATION_COLUMNS)

    def targets(self) -> pd.DataFrame:
        """Give every band that was ever set, by crop, stage, quantity and time."""
        return typed(self._source.targets(), TARGET_COLUMNS)

    def plantings(self, devices: Names | None = None) -> pd.DataFrame:
        """Give what grew where, by device and time; ``ended_at`` is NaT for what still grows."""
        return typed(self._source.plantings(asked(devices)), PLANTING_COLUMNS)

    def close(self) -> None:
        """Let go of the database or the server; twice does no harm."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<fleet at {self._source.label}>"


def _frame(blocks: Iterable[Block], names: Sequence[str], kinds: Mapping[str, str]) -> pd.DataFrame:
    """Put the blocks of devices under one another, each column in its type."""
    held = [block for block in blocks if len(block.times)]
    code = {name: at for at, name in enumerate(dict.fromkeys(block.device for block in held))}
    owner = np.repeat(np.array([code[block.device] for block in held], np.int16), [len(one.times) for one in held])
    device = pd.Categorical.from_codes(owner, categories=pd.Index(list(code), dtype=object))
    stamps = [block.times.asi8 for block in held]
    ms = stamps[0] if len(stamps) == 1 else np.concatenate([np.empty(0, np.int64), *stamps])
    index = pd.DatetimeIndex(ms.view("M8[ms]"), tz="UTC", name="time")
    values: dict[str, object] = {"device": device}
    for name in names:
        parts = [block.values[name].astype(kinds[name], copy=False) for block in held]
        values[name] = parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, kinds[name]), *parts])
    return pd.DataFrame(values, index=index, columns=["device", *names], copy=False)

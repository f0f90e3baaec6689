"""What state a device is in, from its newest reading and the bands valid now. Pure rules, no clock of their own.

The rules, in this order:

1. an imported log has *history*: nobody expects it to speak;
2. a device that never sent a reading has *no data*;
3. nothing heard for three intervals, and at least two minutes: *silent*; time in which the server itself was away,
   and a few minutes in which the Pis come back to it, does not count;
4. a value that passed its tests outside its band: *out* of range, whatever the other probes are worth;
5. a channel missing or flagged suspect or failed: *suspect*, because its value proves nothing;
6. no band known for any quantity: *unjudged*; otherwise *in* range.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from analytics.flags import Flag, unpack_flags
from analytics.quantities import Quantity
from app.silence import Outage, is_silent
from models.clocks import is_suspect

_DOUBTFUL_FLAGS: Final = frozenset({Flag.SUSPECT, Flag.FAIL, Flag.MISSING})

#: The columns of ``models.read.fleet.fleet_frame`` that hold the band of each quantity.
_BAND_COLUMNS: Final[Mapping[Quantity, tuple[str, str]]] = MappingProxyType(
    {
        Quantity.PH: ("ph_low", "ph_high"),
        Quantity.EC: ("ec_low", "ec_high"),
        Quantity.WATER: ("water_low", "water_high"),
    }
)


@unique
class State(StrEnum):
    """The state of a device, most urgent first."""

    OUT = "out"
    SUSPECT = "suspect"
    SILENT = "silent"
    NO_DATA = "no-data"
    UNJUDGED = "unjudged"
    IN = "in"
    HISTORY = "history"


@unique
class Mark(StrEnum):
    """How one value stands to its band."""

    IN = "in"
    LOW = "low"
    HIGH = "high"
    SUSPECT = "suspect"
    MISSING = "missing"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class Channel:
    """One quantity of the newest reading: its value (None if there is none), flag and band."""

    value: float | None
    flag: int
    low: float | None
    high: float | None

    @property
    def mark(self) -> Mark:
        """How the value stands to the band; a value on the edge is inside."""
        if self.value is None or self.flag == Flag.MISSING:
            return Mark.MISSING
        if self.flag in _DOUBTFUL_FLAGS:
            return Mark.SUSPECT
        if self.low is not None and self.value < self.low:
            return Mark.LOW
        if self.high is not None and self.value > self.high:
            return Mark.HIGH
        return Mark.UNJUDGED if self.low is None and self.high is None else Mark.IN


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a device at this moment; times are aware."""

    origin: str
    interval_s: float
    last_seen_at: datetime | None
    measured_at: datetime | None
    channels: Mapping[Quantity, Channel]
    #: How far its own clock was ahead of ours when it last spoke, in ms.
    skew_ms: int | None = None
    #: Whether it goes on by an older configuration.
    config_damaged: bool = False

    @property
    def has_suspect_clock(self) -> bool:
        """Tell whether its own clock cannot be right."""
        return is_suspect(self.skew_ms)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Snapshot":
        """Read one row of ``models.read.fleet.fleet_frame``; NaN, NaT and None all mean unknown."""
        flags = _flags(row["quality"])
        channels = {
            quantity: Channel(_known(row[quantity.value]), flags[quantity], _known(row[low]), _known(row[high]))
            for quantity, (low, high) in _BAND_COLUMNS.items()
        }
        return cls(
            row["origin"],
            row["interval_s"],
            _known(row["last_seen_at"]),
            _known(row["ts"]),
            MappingProxyType(channels),
            _known(row["skew_ms"]),
            row["config_damaged"],
        )


def state_of(device: Snapshot, now: datetime, outage: Outage | None = None) -> State:
    """Judge a device at the moment ``now``; see the rules above."""
    if device.origin == "import":
        return State.HISTORY if device.measured_at else State.NO_DATA
    if device.measured_at is None:
        return State.NO_DATA
    if is_silent(device.last_seen_at, device.interval_s, now, outage):
        return State.SILENT
    return _state_of_marks({channel.mark for channel in device.channels.values()})


def _state_of_marks(marks: set[Mark]) -> State:
    if marks & {Mark.LOW, Mark.HIGH}:
        return State.OUT
    if marks & {Mark.SUSPECT, Mark.MISSING}:
        return State.SUSPECT
    return State.UNJUDGED if marks == {Mark.UNJUDGED} else State.IN


def _flags(quality: Any) -> dict[Quantity, int]:
    packed = _known(quality)
    if packed is None:
        return dict.fromkeys(Quantity, int(Flag.MISSING))
    ph, ec, water = unpack_flags(int(packed))
    return {Quantity.PH: int(ph), Quantity.EC: int(ec), Quantity.WATER: int(water)}


def _known(value: Any) -> Any:
    return None if pd.isna(value) else value

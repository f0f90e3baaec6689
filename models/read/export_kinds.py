"""What an export is asked for, as the database understands it: steps, quantities, how values are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum, unique

#: Quantity -> how its columns begin in the rollup tables and in the names of flags, and which bits are its own.
PREFIX = {"ph": "ph", "ec_us_cm": "ec", "water_c": "water"}
CHANNEL = {"ph": 0, "ec_us_cm": 1, "water_c": 2}
_DAY = timedelta(days=1)


@unique
class Resolution(StrEnum):
    """What one line stands for: a reading, or a step counted from midnight UTC."""

    RAW = "raw"
    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    HOUR = "1h"
    DAY = "1d"

    @property
    def width(self) -> timedelta:
        """How long a step is; a millisecond, the finest difference there is, for single readings."""
        return _WIDTHS[self]

    @property
    def word(self) -> str:
        """How the columns of its time begin."""
        return _WORDS.get(self, "step")


_WIDTHS = {
    Resolution.RAW: timedelta(milliseconds=1),
    Resolution.MINUTE: timedelta(minutes=1),
    Resolution.FIVE_MINUTES: timedelta(minutes=5),
    Resolution.HOUR: timedelta(hours=1),
    Resolution.DAY: _DAY,
}
_WORDS = {Resolution.RAW: "time", Resolution.HOUR: "hour", Resolution.DAY: "day"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How values are written: for programs, or as a spreadsheet of some country takes them for numbers and times."""

    delimiter: str = ","
    decimal_comma: bool = False
    #: True writes local times without offset or fraction, which is what spreadsheets recognise.
    spreadsheet: bool = False


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """What to select of every device.

    ``fields`` are quantities; ``names`` gives each of them its column name, ``ec_factor`` the unit of EC (1 for µS/cm).
    ``tests`` names the bits of a channel's tests. ``measured`` asks for values as first derived, ``usable_only`` leaves
    out readings that are flagged suspect or failed (steps are always made of the usable ones).
    """

    resolution: Resolution
    fields: Sequence[str]
    names: Mapping[str, str]
    ec_factor: float = 1.0
    details: frozenset[str] = frozenset()
    tests: Mapping[int, str] = field(default_factory=dict)
    measured: bool = False
    usable_only: bool = False
    #: What is written of a step.
    parts: Sequence[str] = ("mean", "min", "max")
    dialect: Dialect = Dialect()

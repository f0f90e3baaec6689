"""What an entry of the worklist is: a kind, whom it is about, and the evidence. Not yet in anybody's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from analytics.flags import Test
from analytics.quantities import Quantity
from app.insights.findings import Lack, Result


@unique
class Kind(StrEnum):
    """What needs somebody, the most urgent first."""

    SERVER = "server"  # the server itself is in trouble, and everything else with it
    OUT = "out"  # a value is outside its band now
    SILENT = "silent"  # nothing is heard
    LIMIT = "limit"  # a value will leave its band within a day
    SUSPECT = "suspect"  # the newest value proves nothing
    PROBE = "probe"  # a probe drifts, ages, or reads on another scale
    CALIBRATION = "calibration"  # due
    JOIN = "join"  # a Pi waits for a person


@dataclass(frozen=True, slots=True)
class Outside:
    """A newest value outside its band; ``since`` None: for less than the checks could notice yet."""

    quantity: Quantity
    value: float
    low: float | None
    high: float | None
    since: datetime | None
    at_least: bool

    @property
    def is_low(self) -> bool:
        """Whether it is below the band."""
        return self.low is not None and self.value < self.low

    @property
    def distance(self) -> float:
        """How far beyond the limit it is, in the unit of the quantity."""
        if self.is_low and self.low is not None:
            return self.low - self.value
        return self.value - self.high if self.high is not None else 0.0


@dataclass(frozen=True, slots=True)
class Doubt:
    """A newest value that did not pass its tests, or is missing."""

    quantity: Quantity
    tests: Test
    is_missing: bool


@unique
class Scope(StrEnum):
    """What silent Pis have in common."""

    ONE = "one"
    ZONE = "zone"
    SITE = "site"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Silence:
    """Pis that fell silent together: ``count`` of ``total`` that stand there, the first at ``since``."""

    scope: Scope
    count: int
    total: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A calibration that is older than it should be; ``calibrated_at`` None: there never was one."""

    quantity: Quantity
    calibrated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Pis that wait to be let in, the first since ``since``."""

    count: int
    since: datetime


@unique
class Trouble(StrEnum):
    """What may be wrong with the server itself."""

    DISK = "disk"
    ROLLUPS = "rollups"
    CHECKS = "checks"
    WAS_AWAY = "was-away"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class ServerTrouble:
    """A trouble, with the number (share of the disk, readings) and the span that belong to it."""

    trouble: Trouble
    number: float = 0.0
    start: datetime | None = None
    end: datetime | None = None


Evidence = Outside | Silence | Result | Doubt | Due | Waiting | ServerTrouble


@dataclass(frozen=True, slots=True)
class Entry:
    """One cause of the worklist, and the devices that it explains.

    ``others`` are the less urgent causes about the same tank that stand in the same row.
    """

    kind: Kind
    evidence: tuple[Evidence, ...]
    devices: tuple[str, ...] = ()
    site: str | None = None
    zone: str | None = None
    time_zone: str | None = None
    others: tuple["Entry", ...] = ()


@dataclass(frozen=True, slots=True)
class Worklist:
    """What there is to do, and what cannot be foretold: how many values, by the reason."""

    entries: Sequence[Entry]
    unforeseen: Sequence[tuple[Lack, int]]

    def of(self, kind: Kind) -> list[Entry]:
        """List the entries of one kind, the most urgent first."""
        return [entry for entry in self.entries if entry.kind is kind]

"""What a technician brings back from a tank."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from analytics.buffers import Buffer, BufferSet
from analytics.quantities import Quantity


@unique
class Transition(StrEnum):
    """What becomes of the readings between the visit before and this one."""

    #: They stay with the earlier calibration.
    STEP = "step"
    #: They move in time from the earlier calibration to how the probe was found.
    BLEND = "blend"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When, by whom and how; ``forced_reason`` lets a calibration outside the limits pass."""

    at: datetime
    transition: Transition = Transition.STEP
    technician: str | None = None
    note: str | None = None
    forced_reason: str | None = None


@dataclass(frozen=True, slots=True)
class InBuffer:
    """The pH board's output in one buffer."""

    buffer: Buffer
    millivolts: float
    temperature_c: float


@dataclass(frozen=True, slots=True)
class PhVisit:
    """Two or three buffers, as the electrode was left, and, if it was cleaned, as it was found."""

    circumstances: Circumstances
    buffer_set: BufferSet
    left: tuple[InBuffer, ...]
    found: tuple[InBuffer, ...] = ()

    @property
    def quantity(self) -> Quantity:
        """What is calibrated."""
        return Quantity.PH


@dataclass(frozen=True, slots=True)
class InStandard:
    """The TDS board's output in a conductivity standard."""

    millivolts: float
    temperature_c: float


@dataclass(frozen=True, slots=True)
class EcVisit:
    """One standard, whose EC at 25 °C is known, as the probe was left and, if it was cleaned, as it was found."""

    circumstances: Circumstances
    left: InStandard
    standard_us_cm: float = 1413.0
    found: InStandard | None = None
    alpha: float = 0.02

    @property
    def quantity(self) -> Quantity:
        """What is calibrated."""
        return Quantity.EC


@dataclass(frozen=True, slots=True)
class OffsetVisit:
    """A check against a meter or a standard: what pages showed and what was true, in the value's own unit.

    What was shown had an earlier correction in it; the new one comes on top of that.
    ``left`` is what they show once the probe is cleaned or put right; None: nothing was done, it goes on as it is.
    ``since`` is when a drift that is spread began; without it, at the visit before.
    """

    circumstances: Circumstances
    quantity: Quantity
    shown: float
    true: float
    left: float | None = None
    since: datetime | None = None


Visit = PhVisit | EcVisit | OffsetVisit

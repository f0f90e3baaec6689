"""One thing that happened to a tank: found in its readings, told by a person, or a calibration of its probes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import nan

from analytics.quantities import Quantity
from models.read.events import EventRecord
from models.write.events import Key

#: Kinds of their own for what is stored as a calibration, not as an event.
CALIBRATION_KINDS: Mapping[Quantity, str] = {Quantity.PH: "ph-calibration", Quantity.EC: "ec-calibration"}


@dataclass(frozen=True, slots=True)
class TankEvent:
    """An event as it is shown; changes in µS/cm and pH, NaN where unknown. ``is_told``: a person stands behind it."""

    kind: str
    started_at: datetime
    ended_at: datetime
    ec_change: float = nan
    ph_change: float = nan
    confidence: float = nan
    was_detected: bool = False
    is_told: bool = False
    is_hidden: bool = False
    author: str | None = None
    note: str | None = None

    @property
    def key(self) -> Key:
        """What tells it from the other events of its device."""
        return self.started_at, self.kind

    @property
    def is_calibration(self) -> bool:
        """Whether it is changed on the Calibrate page and not here."""
        return self.kind in CALIBRATION_KINDS.values()


def event_of(record: EventRecord) -> TankEvent:
    """Show a stored event."""
    return TankEvent(
        record.kind,
        record.started_at,
        record.ended_at,
        record.ec_change,
        record.ph_change,
        record.confidence,
        was_detected=record.was_detected,
        is_told=record.origin == "manual",
        is_hidden=record.hidden_at is not None,
        author=record.author,
        note=record.note,
    )


def calibration_event(at: datetime, quantity: Quantity, technician: str | None) -> TankEvent:
    """Tell a calibration as what it also is: something that happened at the tank."""
    return TankEvent(CALIBRATION_KINDS[quantity], at, at, is_told=True, author=technician)


def key_text(key: Key) -> str:
    """Write a key for the browser; :func:`key_of` undoes it."""
    return f"{key[1]}@{key[0].isoformat()}"


def key_of(text: str) -> Key:
    """Read a key that came back from the browser.

    Raises
    ------
    ValueError
        If it is not one of ours.
    """
    kind, _at, started_at = text.partition("@")
    return datetime.fromisoformat(started_at), kind

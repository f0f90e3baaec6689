"""Events in words, in the reader's language and unit."""

from collections.abc import Mapping
from html import escape
from math import isnan
from types import MappingProxyType

from app.components import ConductivityUnit
from app.i18n import N_, _, number_text, signed_text, time_text
from app.pages.device.events.tank_event import TankEvent

#: Names of the kinds of events.
KIND_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "dose": N_("Dose"),
        "top-up": N_("Top-up"),
        "water-change": N_("Water change"),
        "acid": N_("Acid"),
        "base": N_("Base"),
        "clean": N_("Cleaning"),
        "service": N_("Service"),
        "check": N_("Check by hand"),
        "note": N_("Note"),
        "ph-calibration": N_("pH calibrated"),
        "ec-calibration": N_("EC calibrated"),
    }
)


def kind_name(kind: str) -> str:
    """Name a kind of event."""
    return _(KIND_NAMES[kind])


def size_text(event: TankEvent, unit: ConductivityUnit) -> str:
    """Say by how much it changed the water; empty where nobody knows."""
    sizes = []
    if not isnan(event.ec_change):
        sizes.append(f"{signed_text(float(unit.from_ec(event.ec_change)), unit.decimals)} {unit.label}")
    if not isnan(event.ph_change):
        sizes.append(f"pH {signed_text(event.ph_change, 2)}")
    return ", ".join(sizes)


def source_text(event: TankEvent) -> str:
    """Say who knows of it: the readings, a person, or both."""
    if event.is_calibration or (event.is_told and not event.was_detected):
        return event.author or _("told by a person")
    if event.is_told:
        return _("found in the readings, checked by %(name)s", name=event.author or _("a person"))
    if isnan(event.confidence):
        return _("found in the readings")
    return _("found in the readings, confidence %(confidence)s", confidence=number_text(event.confidence, 2))


def hover_text(event: TankEvent, unit: ConductivityUnit, zone: str) -> str:
    """Tell an event in one line of a figure, where a note could otherwise bring its own markup."""
    parts = [kind_name(event.kind), size_text(event, unit), time_text(event.started_at, zone, "d MMM HH:mm")]
    parts += [source_text(event), _shortened(event.note or "")]
    return escape(" · ".join(filter(None, parts)), quote=False)


def _shortened(note: str, length: int = 60) -> str:
    words = " ".join(note.split())
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"

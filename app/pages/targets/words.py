"""The page's sentences, in the reader's language."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from analytics.quantities import Quantity
from app.components import ConductivityUnit, Names, crop_text
from app.i18n import _, ngettext, number_text, time_text
from app.targets import (
    BandEffect,
    NoBand,
    NoSource,
    NoStage,
    NotAllowed,
    NothingChanged,
    PlantingEffect,
    TargetRefused,
    WrongUnit,
)
from app.typed_numbers import UnclearNumber, unclear_text

DAY = "d MMM y"
#: So many tanks are named; the rest are counted.
_NAMED = 6


def quantity_text(quantity: str) -> str:
    """Name a quantity."""
    return {Quantity.PH: "pH", Quantity.EC: _("EC"), Quantity.WATER: _("Water temperature")}[Quantity(quantity)]


def unit_text(quantity: str, unit: ConductivityUnit) -> str:
    """Name the unit of a quantity."""
    return {Quantity.PH: "pH", Quantity.EC: unit.label, Quantity.WATER: "°C"}[Quantity(quantity)]


def band_text(quantity: str, low: float, high: float, unit: ConductivityUnit) -> str:
    """Write a band, EC in the reader's unit."""
    if quantity == Quantity.EC:
        low, high, decimals = unit.from_ec(low), unit.from_ec(high), unit.decimals
    else:
        decimals = 1 if (low * 10) % 1 < 1e-9 and (high * 10) % 1 < 1e-9 else 2
        decimals = 0 if quantity == Quantity.WATER and low % 1 == 0 and high % 1 == 0 else decimals
    return f"{number_text(low, decimals)} – {number_text(high, decimals)}"


def effect_text(effect: BandEffect, day: datetime, zone: str) -> str:
    """Say what a new band changes, before it does."""
    first = time_text(day, zone, DAY)
    said = []
    if effect.at_once:
        changed = ngettext(
            "Changes the band of %(num)s Pi from %(day)s on: %(names)s.",
            "Changes the bands of %(num)s Pis from %(day)s on: %(names)s.",
            len(effect.at_once),
            day=first,
            names=names_text(effect.at_once),
        )
        said.append(changed)
    else:
        said.append(_("Changes the band of no Pi on %(day)s.", day=first))
    if effect.later:
        later = ngettext(
            "%(num)s more follows when it reaches this stage: %(names)s.",
            "%(num)s more follow when they reach this stage: %(names)s.",
            len(effect.later),
            names=names_text(effect.later),
        )
        said.append(later)
    if effect.until is not None:
        said.append(_("On %(day)s a band takes over that is set already.", day=time_text(effect.until, zone, DAY)))
    return " ".join(said)


def planting_text(effect: PlantingEffect, count: int, crop: str | None, crops: Mapping[str, Names], day: str) -> str:
    """Say what planting changes, before it does; without a crop it is a harvest."""
    if crop is None:
        said = [
            ngettext(
                "%(num)s Pi stands empty from %(day)s on.", "%(num)s Pis stand empty from %(day)s on.", count, day=day
            )
        ]
    else:
        name = crop_text(crop, crops)
        said = [
            ngettext(
                "%(num)s Pi keeps to the bands of %(crop)s from %(day)s on.",
                "%(num)s Pis keep to the bands of %(crop)s from %(day)s on.",
                count,
                crop=name,
                day=day,
            )
        ]
    if effect.ends:
        ends = ", ".join(f"{crop_text(key, crops)} ({number})" for key, number in effect.ends.items())
        said.append(_("What grows there ends: %(crops)s.", crops=ends))
    return " ".join(said)


def names_text(names: Sequence[str]) -> str:
    """List the first few names and count the rest."""
    shown = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return _("%(names)s and %(more)s more", names=shown, more=more) if more > 0 else shown


def error_text(error: TargetRefused | UnclearNumber) -> str:
    """Say why nothing was changed, and what to do."""
    if isinstance(error, UnclearNumber):
        return unclear_text(error)
    texts = {
        NotAllowed: _("Only agronomists and administrators may change targets."),
        NoBand: _("The lower limit must be below the upper one, and both must be possible."),
        WrongUnit: _("That is less than tap water: is it typed in another unit?"),
        NoSource: _("Say where the band comes from, in up to 300 characters."),
        NoStage: _("The crop has no such stage."),
        NothingChanged: _("Nothing changed: this band holds already."),
    }
    return texts.get(type(error), str(error))

"""From canonical EC to the reader's unit, once, before anything is drawn or printed."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.quantities import QUANTITIES, Quantity
from app.components import ConductivityUnit
from app.i18n import _
from app.pages.device.channels import Channel, Channels
from app.pages.device.statistics import Summaries, Summary


@dataclass(frozen=True, slots=True)
class Naming:
    """What a quantity is called on screen, the unit behind its numbers, and the digits that these deserve."""

    title: str
    unit: str
    decimals: int

    @property
    def heading(self) -> str:
        """Title and unit together."""
        return f"{self.title}, {self.unit}" if self.unit else self.title

    @property
    def suffix(self) -> str:
        """The unit as it follows a number."""
        return f" {self.unit}" if self.unit else ""


def naming(quantity: Quantity, unit: ConductivityUnit) -> Naming:
    """Name a quantity in the reader's language and unit."""
    decimals = QUANTITIES[quantity].decimals
    if quantity is Quantity.PH:
        return Naming("pH", "", decimals)
    if quantity is Quantity.EC:
        return Naming(unit.quantity, unit.label, unit.decimals)
    return Naming(_("Water temperature"), "°C", decimals)


def channels_in(channels: Channels, unit: ConductivityUnit) -> Channels:
    """Convert the conductivity of some channels; the other quantities stay as they are."""
    return {**channels, Quantity.EC: _channel_in(channels[Quantity.EC], unit)}


def bands_in(bands: pd.DataFrame, unit: ConductivityUnit) -> pd.DataFrame:
    """Convert the conductivity limits of some bands."""
    factor = np.where(bands["quantity"] == Quantity.EC, _factor(unit), 1.0)
    return bands.assign(low=bands["low"] * factor, high=bands["high"] * factor)


def summaries_in(summaries: Summaries, unit: ConductivityUnit) -> Summaries:
    """Convert the conductivity of some summaries; counts and shares stay as they are."""
    return {**summaries, Quantity.EC: _summary_in(summaries[Quantity.EC], unit)}


def _factor(unit: ConductivityUnit) -> float:
    """Give what one µS/cm is in the unit; every unit is a multiple, so that deviations convert like values."""
    return unit.from_ec(1.0)


def _channel_in(channel: Channel, unit: ConductivityUnit) -> Channel:
    factor = _factor(unit)
    return replace(
        channel,
        values=channel.values * factor,
        rolling=None if channel.rolling is None else channel.rolling * factor,
        envelope=None if channel.envelope is None else channel.envelope * factor,
        flagged=channel.flagged.assign(value=channel.flagged["value"] * factor),
    )


def _summary_in(summary: Summary, unit: ConductivityUnit) -> Summary:
    names = ("mean", "median", "std", "low", "high")
    return replace(summary, **{name: unit.from_ec(getattr(summary, name)) for name in names})

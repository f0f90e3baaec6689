"""How far each panel's axis reaches: close to the data, with the band's edges when they are near."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.quantities import Quantity
from app.pages.device.bands import BandStep
from app.pages.device.channels import Channel

#: Shown span never falls below this share of the value, so that noise does not look like an event.
_SMALLEST_SHARE = 0.02
#: … nor, for pH and °C, below this.
_SMALLEST_SPAN = {Quantity.PH: 0.3, Quantity.EC: 0.0, Quantity.WATER: 1.5}
#: A band edge farther away than this many spans would flatten the data and is left out of sight.
_REACH = 1.25
_PADDING = 0.06
#: A mark on the very end would be half cut off.
_INSET = 0.035


@dataclass(frozen=True, slots=True)
class Scale:
    """The ends of a panel's axis, in the shown unit."""

    low: float
    high: float

    def clamp(self, values: pd.Series) -> pd.Series:
        """Bring values beyond an end to just inside it; NaN goes to the lower end, where failed reads are marked."""
        inset = (self.high - self.low) * _INSET
        return values.fillna(self.low).clip(self.low + inset, self.high - inset)


def scale_of(channel: Channel, steps: Sequence[BandStep], quantity: Quantity) -> Scale | None:
    """Choose the ends of the axis from usable values, so that a failed probe cannot squash the rest.

    None if there is no usable value: then the band alone says where the axis may be.
    """
    low, high = _extremes(channel)
    if not np.isfinite(low):
        return _around_band(steps)
    missing = max(_SMALLEST_SPAN[quantity], _SMALLEST_SHARE * abs(high)) - (high - low)
    low, high = low - max(missing, 0) / 2, high + max(missing, 0) / 2
    reach = (high - low) * _REACH
    edges = [edge for step in steps for edge in (step.low, step.high)]
    near = [edge for edge in edges if low - reach <= edge <= high + reach]
    return _padded(min([low, *near]), max([high, *near]))


def _extremes(channel: Channel) -> tuple[float, float]:
    if channel.envelope is None:
        return float(channel.values.min()), float(channel.values.max())
    return float(channel.envelope["low"].min()), float(channel.envelope["high"].max())


def _around_band(steps: Sequence[BandStep]) -> Scale | None:
    if not steps:
        return None
    return _padded(min(step.low for step in steps), max(step.high for step in steps))


def _padded(low: float, high: float) -> Scale:
    padding = (high - low) * _PADDING
    return Scale(low - padding, high + padding)

"""The band of a "what if", as a slider of two thumbs moves it: only to the edges of the bins, where it is exact."""

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.quantities import QUANTITIES, Quantity
from app.components import ConductivityUnit
from app.i18n import number_text
from app.pages.heatmap.view import Limits

#: First and last bin that a slider reaches: more than any crop wants, and not so much that a step is too small.
_BINS: Mapping[Quantity, tuple[int, int]] = {Quantity.PH: (30, 100), Quantity.EC: (0, 80), Quantity.WATER: (10, 80)}
_MARKS: Mapping[Quantity, int] = {Quantity.PH: 10, Quantity.EC: 20, Quantity.WATER: 10}


def snapped(limits: Limits, quantity: Quantity) -> Limits:
    """Move a band to the edges of bins within the slider's reach, at least one bin wide."""
    width, (first, last) = QUANTITIES[quantity].bin_width, _BINS[quantity]
    low = min(max(round(limits[0] / width), first), last - 1)
    high = min(max(round(limits[1] / width), low + 1), last)
    return _limit(low, width), _limit(high, width)


def slider(limits: Limits, quantity: Quantity, unit: ConductivityUnit) -> dict[str, Any]:
    """Give the properties of the slider in the reader's unit; ``limits`` are in the quantity's own."""
    width, (first, last) = QUANTITIES[quantity].bin_width, _BINS[quantity]
    decimals = 2 if quantity is Quantity.EC and unit.decimals else 0
    marks = [_shown(_limit(one, width), quantity, unit) for one in range(first, last + 1, _MARKS[quantity])]
    step = _shown(width, quantity, unit)
    return {
        "value": list(shown_band(limits, quantity, unit)),
        "min": marks[0],
        "max": _shown(_limit(last, width), quantity, unit),
        "step": step,
        "minRange": step,
        "marks": [{"value": mark, "label": number_text(mark, decimals)} for mark in marks],
    }


def shown_band(limits: Limits, quantity: Quantity, unit: ConductivityUnit) -> Limits:
    """Give a band in the reader's unit."""
    return _shown(limits[0], quantity, unit), _shown(limits[1], quantity, unit)


def band_at(values: Sequence[float], quantity: Quantity, unit: ConductivityUnit) -> Limits:
    """Read the slider's two values, which are in the reader's unit."""
    low, high = (float(unit.to_ec(value)) if quantity is Quantity.EC else float(value) for value in values)
    return snapped((low, high), quantity)


def _shown(limit: float, quantity: Quantity, unit: ConductivityUnit) -> float:
    # Rounding takes the noise of binary fractions out of what the slider shows.
    return round(float(unit.from_ec(limit)) if quantity is Quantity.EC else limit, 4)


def _limit(place: int, width: float) -> float:
    return round(place * width, 6)

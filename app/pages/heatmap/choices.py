"""How one action of the visitor changes what is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from analytics.quantities import Quantity
from app.components import ConductivityUnit
from app.pages.heatmap.band import band_at, snapped
from app.pages.heatmap.ids import Id
from app.pages.heatmap.source import HeatmapSource
from app.pages.heatmap.view import QUANTITIES, Group, Limits, Order, Range, Side, Size, View, Weight, member


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls as the browser sends them; None and halves of a choice included."""

    quantity: str | None
    side: str | None
    weight: str | None
    size: str | None
    range: str | None
    days: Sequence[str | None] | None
    order: str | None
    group: str | None
    what_if: bool | None
    band: Sequence[float] | None


def choose(view: View, moved: str | None, controls: Controls, *, unit: ConductivityUnit, source: HeatmapSource) -> View:
    """Give the view after the control ``moved`` was used; what is not a complete choice changes nothing."""
    if moved == Id.QUANTITY:
        quantity = QUANTITIES.get(controls.quantity or "", view.quantity)
        limits = usual_limits(source, quantity) if view.limits is not None else None
        return replace(view, quantity=quantity, limits=limits) if quantity is not view.quantity else view
    if moved == Id.WHAT_IF:
        return replace(view, limits=usual_limits(source, view.quantity) if controls.what_if else None)
    if moved == Id.BAND:
        return _after_band(view, controls.band, unit)
    if moved == Id.DAYS:
        return _after_days(view, [day for day in controls.days or () if day])
    if moved == Id.RANGE:
        # None of them is chosen while days are.
        return replace(view, range=member(Range, controls.range, view.range), days=None) if controls.range else view
    return _after_select(view, moved, controls)


def usual_limits(source: HeatmapSource, quantity: Quantity) -> Limits:
    """Give the band that a "what if" begins with."""
    return snapped(source.usual_limits(quantity), quantity)


def _after_select(view: View, moved: str | None, controls: Controls) -> View:
    if moved == Id.SIDE:
        return replace(view, side=member(Side, controls.side, view.side))
    if moved == Id.WEIGHT:
        return replace(view, weight=member(Weight, controls.weight, view.weight))
    if moved == Id.SIZE:
        return replace(view, size=member(Size, controls.size, view.size))
    if moved == Id.ORDER:
        return replace(view, order=member(Order, controls.order, view.order))
    if moved == Id.GROUP:
        return replace(view, group=member(Group, controls.group, view.group))
    return view


def _after_band(view: View, band: Sequence[float] | None, unit: ConductivityUnit) -> View:
    if view.limits is None or band is None or len(band) != 2:
        return view
    return replace(view, limits=band_at(band, view.quantity, unit))


def _after_days(view: View, days: Sequence[str]) -> View:
    if not days:
        return replace(view, days=None)
    # One of two: the other day is still to be clicked.
    if len(days) != 2:
        return view
    first, last = sorted(date.fromisoformat(day) for day in days)
    return replace(view, days=(first, last))

"""How one action of the visitor changes what is shown."""

from collections.abc import Collection, Sequence
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


def choose(
    view: View, moved: Collection[str], controls: Controls, *, unit: ConductivityUnit, source: HeatmapSource
) -> View:
    """Give the view as the controls stand; what is not a complete choice changes nothing.

    All of them are read, not only those that ``moved``: when a click comes before the answer to the last one, the
    browser drops that answer, and the view that it sends along is a step behind.
    """
    view = _after_stretch(_after_selects(view, controls), moved, controls)
    quantity = QUANTITIES.get(controls.quantity or "", view.quantity)
    is_wanted = view.limits is not None if controls.what_if is None else controls.what_if
    if not is_wanted:
        return replace(view, quantity=quantity, limits=None)
    if view.limits is None or quantity is not view.quantity:
        return replace(view, quantity=quantity, limits=usual_limits(source, quantity))
    return _after_band(view, controls.band, unit) if Id.BAND in moved else view


def usual_limits(source: HeatmapSource, quantity: Quantity) -> Limits:
    """Give the band that a "what if" begins with."""
    return snapped(source.usual_limits(quantity), quantity)


def _after_selects(view: View, controls: Controls) -> View:
    return replace(
        view,
        side=member(Side, controls.side, view.side),
        weight=member(Weight, controls.weight, view.weight),
        size=member(Size, controls.size, view.size),
        order=member(Order, controls.order, view.order),
        group=member(Group, controls.group, view.group),
    )


def _after_stretch(view: View, moved: Collection[str], controls: Controls) -> View:
    days = [day for day in controls.days or () if day]
    if Id.DAYS not in moved and controls.range:
        # No range is pressed while days are shown.
        return replace(view, range=member(Range, controls.range, view.range), days=None)
    return _after_days(view, days) if days or Id.DAYS in moved else view


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

"""How one action of the visitor changes what is compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from app.pages.compare.groups import Choosable, written_out
from app.pages.compare.ids import Id
from app.pages.compare.view import QUANTITIES, Align, Between, Shape, Spread, View, member
from app.pages.device.choices import Controls as StretchControls
from app.pages.device.choices import choose as choose_stretch
from app.pages.device.ids import Id as DeviceId
from app.pages.device.view import View as Stretch

#: The controls of time behave like those of the Device page.
_STRETCH = {
    Id.RANGE: DeviceId.RANGE,
    Id.DAYS: DeviceId.DAYS,
    Id.RESET: DeviceId.RESET,
    Id.GRAPH: DeviceId.GRAPH,
}


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls as the browser sends them; None and halves of a choice included."""

    devices: Sequence[str] | None
    quantity: str | None
    range: str | None
    days: Sequence[str | None] | None
    align: str | None
    shape: str | None
    spread: str | None
    over: Sequence[str] | None
    between: str | None
    one: str | None
    relayout: Mapping[str, Any] | None


def choose(view: View, moved: str | None, controls: Controls, *, zone: ZoneInfo, known: Sequence[Choosable]) -> View:
    """Give the view after the control ``moved`` was used; what is not a complete choice changes nothing."""
    if moved == Id.DEVICES:
        return _with_devices(view, written_out(controls.devices or (), known))
    if moved == Id.QUANTITY:
        return replace(view, quantity=QUANTITIES.get(controls.quantity or "", view.quantity))
    if moved in _STRETCH:
        return _after_stretch(view, Id(moved), controls, zone)
    if moved == Id.ALIGN:
        return replace(view, align=member(Align, controls.align, view.align), zoom=None)
    if moved == Id.SHAPE:
        return replace(view, shape=member(Shape, controls.shape, view.shape))
    if moved == Id.SPREAD:
        return replace(view, spread=member(Spread, controls.spread, view.spread))
    if moved == Id.OVER:
        return replace(view, over=tuple(name for name in controls.over or () if name in view.devices))
    if moved == Id.BETWEEN:
        return replace(view, between=member(Between, controls.between, view.between))
    if moved == Id.ONE:
        return replace(view, one=controls.one if controls.one in view.devices else None)
    return view


def _with_devices(view: View, names: tuple[str, ...]) -> View:
    """Forget what was said about Pis that are no longer compared."""
    over = tuple(name for name in view.over if name in names)
    return replace(view, devices=names, over=over, one=view.one if view.one in names else None)


def _after_stretch(view: View, moved: Id, controls: Controls, zone: ZoneInfo) -> View:
    if moved is Id.GRAPH and (view.align is Align.TRANSPLANT or view.shape not in (Shape.OVERLAY, Shape.COHORT)):
        # Other figures have no axis of moments.
        return view
    before = Stretch(range=view.range, days=view.days, zoom=view.zoom)
    theirs = StretchControls(controls.range, controls.days, None, controls.relayout)
    after = choose_stretch(before, [_STRETCH[moved]], theirs, zone)
    return replace(view, range=after.range, days=after.days, zoom=after.zoom)

"""How one action of the visitor changes what is compared."""

from collections.abc import Collection, Mapping, Sequence
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
    Id.ZOOM: DeviceId.ZOOM,
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


def choose(
    view: View, moved: Collection[str], controls: Controls, *, zone: ZoneInfo, known: Sequence[Choosable]
) -> View:
    """Give the view as the controls stand; what is not a complete choice changes nothing.

    All of them are read, not only those that ``moved``: when a click comes before the answer to the last one, the
    browser drops that answer, and the view that it sends along is a step behind.
    """
    # The field of names lacks those that no device has, which the page has to tell about until it is touched.
    if Id.DEVICES in moved:
        view = _with_devices(view, written_out(controls.devices or (), known))
    return _after_stretch(_after_buttons(view, controls), moved, controls, zone)


def _after_buttons(view: View, controls: Controls) -> View:
    align = member(Align, controls.align, view.align)
    return replace(
        view,
        quantity=QUANTITIES.get(controls.quantity or "", view.quantity),
        align=align,
        zoom=view.zoom if align is view.align else None,
        shape=member(Shape, controls.shape, view.shape),
        spread=member(Spread, controls.spread, view.spread),
        between=member(Between, controls.between, view.between),
        over=view.over if controls.over is None else tuple(name for name in controls.over if name in view.devices),
        one=_one(view, controls),
    )


def _one(view: View, controls: Controls) -> str | None:
    """Keep what stands in the field by itself, the first of the Pis, out of the address."""
    is_chosen = controls.one in view.devices and not (view.one is None and controls.one == view.devices[0])
    return controls.one if is_chosen else view.one


def _with_devices(view: View, names: tuple[str, ...]) -> View:
    """Forget what was said about Pis that are no longer compared."""
    over = tuple(name for name in view.over if name in names)
    return replace(view, devices=names, over=over, one=view.one if view.one in names else None)


def _after_stretch(view: View, moved: Collection[str], controls: Controls, zone: ZoneInfo) -> View:
    has_moments = view.align is Align.CLOCK and view.shape in (Shape.OVERLAY, Shape.COHORT)
    # Other figures have no axis of moments.
    theirs = [_STRETCH[one] for one in _STRETCH if one in moved and (one is not Id.ZOOM or has_moments)]
    before = Stretch(range=view.range, days=view.days, zoom=view.zoom)
    after = choose_stretch(
        before, theirs, StretchControls(controls.range, controls.days, None, controls.relayout), zone
    )
    return replace(view, range=after.range, days=after.days, zoom=after.zoom)

"""The page's sentences, in the reader's language."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc

from analytics.quantities import QUANTITIES, Quantity
from app.components import ConductivityUnit
from app.i18n import _, ngettext, number_text, time_text, zone_text
from app.pages.heatmap.matrix import Matrix
from app.pages.heatmap.span import Stretch
from app.pages.heatmap.view import Group, Limits, Order, Range, Side, Size, View, Weight


def quantity_text(quantity: Quantity, unit: ConductivityUnit) -> str:
    """Name a quantity, conductivity as the reader's unit does."""
    return {Quantity.PH: "pH", Quantity.EC: unit.quantity, Quantity.WATER: _("Water temperature")}[quantity]


def unit_text(quantity: Quantity, unit: ConductivityUnit) -> str:
    """Name the unit of a quantity as it stands behind a number."""
    return {Quantity.PH: "", Quantity.EC: unit.label, Quantity.WATER: "°C"}[quantity]


def decimals_of(quantity: Quantity, unit: ConductivityUnit) -> int:
    """Give the digits behind the decimal point that the probes justify."""
    return unit.decimals if quantity is Quantity.EC else QUANTITIES[quantity].decimals


def mean_format(quantity: Quantity, unit: ConductivityUnit) -> str:
    """Give the format of a mean, as d3 writes numbers."""
    return f",.{decimals_of(quantity, unit)}f"


def band_text(limits: Limits, quantity: Quantity, unit: ConductivityUnit) -> str:
    """Write a band; its limits are in the reader's unit."""
    # Half a degree and a tenth of pH are the steps of the sliders; more digits would promise more.
    decimals = 1 if quantity is not Quantity.EC else unit.decimals
    low, high = (number_text(limit, decimals) for limit in limits)
    return f"{low} – {high} {unit_text(quantity, unit)}".rstrip()


def share_text(share: float) -> str:
    """Write a share 0..1 in percent; a dash where there is none."""
    return f"{number_text(100 * share, 1)} %" if share == share else "–"


def outside_text(view: View, share: float) -> str:
    """Say in words what a share of the map is."""
    if view.weight is Weight.SEVERITY:
        return _("severity %(share)s", share=share_text(share))
    return {
        Side.EITHER: _("out of range for %(share)s of the time", share=share_text(share)),
        Side.BELOW: _("too low for %(share)s of the time", share=share_text(share)),
        Side.ABOVE: _("too high for %(share)s of the time", share=share_text(share)),
    }[view.side]


def summary_text(view: View, devices: int, shown: Matrix, real: Matrix | None, band: str) -> str:
    """Say what the whole map says, and, for a "what if", what the real targets said."""
    counted = ngettext("%(num)s device", "%(num)s devices", devices)
    share = _whole(shown, view.side)
    if real is None and share != share:
        return _("%(devices)s: no reading that a target judges", devices=counted)
    told = outside_text(view, share)
    if real is None:
        return f"{counted}: {told}"
    return _(
        "%(devices)s: with %(band)s %(told)s; with the targets that were valid, %(real)s.",
        devices=counted,
        band=band,
        told=told,
        real=share_text(_whole(real, view.side)),
    )


def _whole(matrix: Matrix, side: Side) -> float:
    return float(matrix.over_time().over_devices().outside(side)[0, 0])


def caption(stretch: Stretch, zone: ZoneInfo, *, hours_to_compute: int, is_empty: bool) -> list[str]:
    """Say which stretch is shown on whose clock, what a cell is, and what is not up to date."""
    clock = str(zone) if stretch.size is Size.HOUR else "UTC"
    last = stretch.end - timedelta(milliseconds=1)
    style = "d MMM y HH:mm" if stretch.size is Size.HOUR else "d MMM y"
    said = [
        f"{time_text(stretch.start, clock, style)} – {time_text(last, clock, style)}",
        {
            Size.HOUR: _("one column is an hour, on the clock of %(zone)s", zone=zone_text(clock)),
            Size.DAY: _("one column is a day of UTC"),
            Size.WEEK: _("one column is a week of UTC, from Monday"),
        }[stretch.size],
    ]
    if is_empty:
        said.append(_("no reading in this stretch; choose a longer one"))
    if stretch.is_coarser:
        said.append(_("the chosen columns would be too narrow for this stretch"))
    if hours_to_compute:
        said.append(
            ngettext("%(num)s hour is still being computed", "%(num)s hours are still being computed", hours_to_compute)
        )
    return said


def ended_text() -> str:
    """Say why a range does not end now."""
    return _("nothing was measured since: the range ends with the newest reading")


def day_note(days: int) -> str:
    """Say which hours and days the bars are of."""
    return _("On the clocks of the sites, over the last %(days)s days of what is shown.", days=days)


def nothing_judged() -> list[Any]:
    """Say why there are no bars, and what to do about it."""
    reason = _("No hour could be judged: there is no reading, or no band. Bands, and what grows where, are set in")
    return [reason, " ", dcc.Link(_("Targets"), href="/targets"), "."]


def side_names() -> Mapping[str, str]:
    """Name what counts."""
    return {Side.EITHER: _("Either side"), Side.BELOW: _("Too low"), Side.ABOVE: _("Too high")}


def weight_names() -> Mapping[str, str]:
    """Name how it counts."""
    return {Weight.TIME: _("Time outside"), Weight.SEVERITY: _("Severity")}


def size_names() -> Mapping[str, str]:
    """Name what one column is."""
    return {Size.AUTO: _("Auto"), Size.HOUR: _("Hour"), Size.DAY: _("Day"), Size.WEEK: _("Week")}


def range_names() -> Mapping[str, str]:
    """Name the ready-made ranges."""
    return {
        Range.WEEK: _("7 d"),
        Range.MONTH: _("30 d"),
        Range.QUARTER: _("90 d"),
        Range.YEAR: _("1 y"),
        Range.ALL: _("All"),
    }


def order_names() -> Mapping[str, str]:
    """Name the orders of the rows."""
    return {Order.WORST: _("Worst first"), Order.NAME: _("By name"), Order.SITE: _("By site")}


def group_names() -> Mapping[str, str]:
    """Name what rows are put together by."""
    return {Group.NONE: _("No groups"), Group.SITE: _("Per site"), Group.ZONE: _("Per zone")}

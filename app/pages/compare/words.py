"""The page's sentences, in the reader's language."""

from collections.abc import Mapping, Sequence

import numpy as np

from analytics.quantities import Quantity
from app.i18n import _, ngettext, number_text, time_text, zone_text
from app.jobs.summaries import PREFIXES
from app.pages.compare.cohort import FEWEST, spread_text
from app.pages.compare.comparison import Comparison, Lack, Lacks
from app.pages.compare.scene import MOST_LINES, Scene
from app.pages.compare.view import MOST_DEVICES, Align, Between, Shape, Spread, View
from app.pages.device.displayed import Naming
from app.pages.device.period import Level
from app.pages.device.table import percent


def nobody_summary() -> str:
    """Say what the page is for, as long as nobody is chosen."""
    return _("Many tanks in one figure, and ranked below it.")


def summary(comparison: Comparison) -> str:
    """Say in a line what is compared and how it stands."""
    scene, table = comparison.scene, comparison.standings
    counted = ngettext("%(num)s Pi", "%(num)s Pis", len(scene.current))
    inside = table["inside"].dropna()
    said = {"pis": counted, "quantity": comparison.naming.title}
    if not len(inside):
        return _("%(pis)s, %(quantity)s") % said
    if inside.min() == 1:
        return _("%(pis)s, %(quantity)s: all in range all the time") % said
    worst = scene.current[int(np.nanargmin(table["inside"]))].name
    text = _("%(pis)s, %(quantity)s: %(worst)s is in range least, %(share)s of the time")
    return text % {**said, "worst": worst, "share": percent(float(inside.min()))}


def caption(comparison: Comparison) -> list[str]:
    """Say which stretch is shown on whose clock, what a point is, and what the colored band means."""
    scene = comparison.scene
    minutes = round(scene.step.total_seconds() / 60)
    points = {
        Level.READINGS: _("single readings")
        if scene.view.shape is Shape.OVERLAY
        else _("means of %(minutes)s minutes", minutes=minutes),
        Level.HOURS: _("hourly means"),
        Level.DAYS: _("daily means (UTC days)"),
    }[scene.level]
    zone = str(scene.zone)
    if scene.is_by_age:
        earlier = len(scene.traces) - len(scene.current)
        against = ngettext("against %(num)s earlier planting", "against %(num)s earlier plantings", earlier)
        said = [_("days since transplanting"), points]
        said.append(against if earlier else _("no earlier planting of the same crop has ended yet"))
    else:
        start, end = (time_text(at, zone) for at in (scene.period.start, scene.period.end))
        said = [f"{start} – {end}", zone_text(zone), points]
    return [*said, *_bands_said(comparison)]


def notices(scene: Scene) -> list[str]:
    """Say what was left out, and what to do about it."""
    said = []
    if scene.unknown:
        said.append(_("There is no Pi called %(names)s; choose from the list.", names=", ".join(scene.unknown[:5])))
    if scene.unplanted:
        text = _("No planting is known for %(names)s; enter it on the Targets page to compare by age.")
        said.append(text % {"names": ", ".join(scene.unplanted[:8])})
    if scene.left_out and (scene.is_by_age or scene.view.shape is Shape.OVERLAY):
        text = _("%(most)s lines are as many as can be told apart; small multiples show the other %(count)s, too.")
        if scene.is_by_age:
            text = _("%(most)s plantings are as many as can be told apart; the other %(count)s are left out.")
        said.append(text % {"most": MOST_LINES, "count": scene.left_out})
    elif scene.left_out:
        said.append(_("%(most)s Pis are the most at once; the rest is left out.", most=MOST_DEVICES))
    return said


def lack_notices(lacks: Lacks) -> list[str]:
    """Say which of the chosen Pis have nothing to draw, in the words of the Device page."""
    return [f"{_names(names)}: {_why(lack)}" for lack, names in lacks.items()]


def _why(lack: Lack) -> str:
    return {
        Lack.SILENT: _("no readings in this period"),
        Lack.NOT_MEASURED: _("not measured in this period"),
        Lack.FAILED: _("no reading passed its tests"),
    }[lack]


def _names(names: Sequence[str]) -> str:
    shown, rest = ", ".join(names[:8]), len(names) - 8
    return shown if rest <= 0 else _("%(names)s and %(count)s more", names=shown, count=rest)


def why_empty(view: View, scene: Scene | None, lacks: Lacks) -> tuple[str, str]:
    """Give the title and the text of what stands in the place of a figure that cannot be."""
    if not view.devices:
        return _("Which Pis?"), _("Choose them above by name, site, zone or crop, or begin with one of these.")
    if scene is None and view.align is Align.TRANSPLANT:
        return _("Nothing planted"), _("Enter what grows where on the Targets page, or compare by the clock.")
    if scene is None:
        return _("Nothing to compare"), _("The chosen Pis have sent no reading yet, or do not exist.")
    if lacks and Lack.SILENT not in lacks:
        why = _why(next(iter(lacks)))
        return why[0].upper() + why[1:], _("Choose another quantity, a longer period, or other Pis.")
    return _("No readings in this period"), _("Choose a longer period, or other Pis.")


def method_words(view: View, comparison: Comparison) -> list[str]:
    """Say what the figure means, where it is more than lines."""
    if view.shape is Shape.COHORT:
        return _cohort_words(comparison)
    if view.shape is Shape.MULTIPLES:
        return [
            _(
                "All panels share both axes: what is higher on one is higher on all. The pale band is the target of "
                "that Pi, the shadow around a line reaches from the lowest to the highest reading."
            )
        ]
    return []


def _cohort_words(comparison: Comparison) -> list[str]:
    scene = comparison.scene
    share = {
        Spread.HALF: _("The band holds the middle half of the tanks at every moment"),
        Spread.MOST: _("The band holds all but the lowest and the highest tenth of the tanks at every moment"),
    }[scene.view.spread]
    said = [f"{share}."]
    if not scene.view.over:
        said.append(_("Over it are the tanks farthest from the median; choose others above."))
    if len(scene.traces) < FEWEST:
        said.append(_("A cohort needs three Pis at least; choose more."))
    return said


def _bands_said(comparison: Comparison) -> list[str]:
    bands, name = comparison.bands, comparison.naming
    if len(bands) != 1:
        return [_("targets differ, so none is drawn")] if bands and comparison.scene.view.shape in _LINES else []
    low, high = (number_text(edge, name.decimals) for edge in bands[0])
    return [_("target %(low)s to %(high)s", low=low, high=high) + name.suffix]


_LINES = (Shape.OVERLAY, Shape.COHORT)


def ranking_title(name: Naming) -> str:
    """Head the ranking with the quantity and the unit of its numbers."""
    return _("Ranking: %(quantity)s", quantity=name.heading)


def ranking_note() -> str:
    """Say how the columns of the ranking are meant."""
    return _(
        "In range is a share of the time that readings and a target cover. Spread is the standard deviation. "
        "Drift is the middle of all slopes between daily means; it is uncertain where its 95-percent "
        "interval holds zero."
    )


def quantity_names() -> Mapping[str, str]:
    """Name the quantities by their names in the address."""
    return {
        PREFIXES[Quantity.PH]: "pH",
        # Conductivity is called what the reader's unit calls it; the server does not know that unit yet.
        PREFIXES[Quantity.EC]: _("TDS / EC"),
        PREFIXES[Quantity.WATER]: _("Water temperature"),
    }


def shape_names() -> Mapping[str, str]:
    """Name what can be drawn."""
    return {
        Shape.OVERLAY: _("Overlay"),
        Shape.MULTIPLES: _("Small multiples"),
        Shape.COHORT: _("Cohort"),
        Shape.CORRELATION: _("Correlation"),
    }


def align_names() -> Mapping[str, str]:
    """Name what lies over one another."""
    return {Align.CLOCK: _("By the clock"), Align.TRANSPLANT: _("By days since transplanting")}


def spread_names() -> Mapping[str, str]:
    """Name the bands of a cohort."""
    return {spread: spread_text(spread) for spread in Spread}


def between_names() -> Mapping[str, str]:
    """Name what is correlated."""
    return {Between.PIS: _("Between Pis"), Between.WITHIN: _("Within one Pi")}

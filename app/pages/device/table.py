"""The statistics under the figure, as a table; on a phone each row becomes a card (assets/device.css)."""

from math import isnan
from typing import Any

from dash import html
from dash.development.base_component import Component

from analytics.flags import CHANNELS
from analytics.quantities import Quantity
from app.components import ConductivityUnit
from app.i18n import _, number_text
from app.pages.device.displayed import Naming, naming, summaries_in
from app.pages.device.statistics import Summaries, Summary

NOTHING = "–"


def statistics_table(summaries: Summaries, unit: ConductivityUnit) -> Component:
    """Lay out one row per quantity; numbers nobody can give are a dash, never 0."""
    shown = summaries_in(summaries, unit)
    rows = [_row(naming(quantity, unit), shown[quantity]) for quantity in CHANNELS]
    labels = [label for label, _content in _cells(naming(Quantity.PH, unit), shown[Quantity.PH])]
    head = html.Thead(
        html.Tr([html.Th(_("Quantity"), scope="col"), *(html.Th(label, scope="col") for label in labels)])
    )
    return html.Table([head, html.Tbody(rows)], className="statistics")


def _row(name: Naming, summary: Summary) -> html.Tr:
    title = html.Th([name.title, html.Span(name.unit, className="statistics-unit")], scope="row")
    if not summary.is_measured:
        nothing = html.Td(_("not measured in this period"), colSpan=len(_cells(name, summary)), className="is-absent")
        return html.Tr([title, nothing])
    # The label of a column travels with each cell: on a phone there is no head to read it from.
    return html.Tr([title, *(html.Td(content, **_labelled(label)) for label, content in _cells(name, summary))])


def _cells(name: Naming, summary: Summary) -> list[tuple[str, Any]]:
    median = _number(summary.median, name.decimals)
    return [
        (_("Mean"), _number(summary.mean, name.decimals)),
        (_("Median"), median if summary.median_is_exact or median == NOTHING else f"≈ {median}"),
        (_("Std. deviation"), _number(summary.std, name.decimals + 1)),
        (_("Lowest"), _number(summary.low, name.decimals)),
        (_("Highest"), _number(summary.high, name.decimals)),
        (_("In range"), _in_range(summary)),
        (_("Below"), percent(summary.below)),
        (_("Above"), percent(summary.above)),
        (_("Coverage"), percent(summary.coverage)),
        (_("Readings"), number_text(summary.used, 0)),
        (_("Left out"), number_text(summary.left_out, 0)),
    ]


def _in_range(summary: Summary) -> Component | str:
    if isnan(summary.inside):
        return NOTHING
    parts = [
        html.Span(className=f"share share-{side}", style={"flexGrow": round(share, 4)})
        for side, share in (("below", summary.below), ("inside", summary.inside), ("above", summary.above))
        if share > 0
    ]
    return html.Div([percent(summary.inside), html.Span(parts, className="shares", **_hidden())], className="in-range")


def _number(value: float, decimals: int) -> str:
    return NOTHING if isnan(value) else number_text(value, decimals)


def percent(share: float) -> str:
    """Write a share; what is not quite all, or not quite nothing, never reads 100 or 0 %."""
    if isnan(share):
        return NOTHING
    tenths = round(share * 1000)
    tenths = min(tenths, 999) if share < 1 else tenths
    tenths = max(tenths, 1) if share > 0 else tenths
    return f"{number_text(tenths / 10, 1 if 0 < tenths < 1000 else 0)} %"


def _labelled(label: str) -> dict[str, Any]:
    return {"data-label": label}


def _hidden() -> dict[str, Any]:
    return {"aria-hidden": "true"}

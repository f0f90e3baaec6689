"""The section as it arrives: four cards that fill themselves once the chart is drawn."""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from analytics.flags import CHANNELS
from analytics.quantities import Quantity
from app.components import card, graph, named
from app.i18n import _
from app.pages.device.insights.ids import InsightId

_STILL = {"displayModeBar": False, "doubleClick": False, "scrollZoom": False}


def insights_section() -> Component:
    """Build the section "What the numbers say"."""
    return html.Section(
        [
            dcc.Store(id=InsightId.STRETCH),
            html.H2(_("What the numbers say"), className="section-title"),
            card(_waiting(InsightId.FINDINGS), title=_("Findings")),
            card(_waiting(InsightId.RANGES), title=_("Time in range and excursions")),
            _day_card(),
            card(_waiting(InsightId.UPTAKE), title=_("Between interventions")),
        ],
        className="insights",
    )


def _waiting(id: InsightId) -> Component:
    words = html.P(_("Calculating …"), className="note")
    announced: dict[str, Any] = {"aria-live": "polite"}
    return html.Div(words, id=id, className="insight-body", **announced)


def _day_card() -> Component:
    names = {Quantity.PH: "pH", Quantity.EC: _("Conductivity"), Quantity.WATER: _("Temperature")}
    choice = dmc.SegmentedControl(
        id=InsightId.QUANTITY,
        data=[{"value": str(one), "label": names[one]} for one in CHANNELS],
        value=str(Quantity.PH),
        size="xs",
        **named(_("Quantity")),
    )
    head = html.Div(
        [html.H2(_("Typical day and distribution"), className="card-title"), choice], className="insight-head"
    )
    figures = html.Div(
        [
            graph(InsightId.DAY, height=240, config=_STILL),
            graph(InsightId.DISTRIBUTION, height=240, config=_STILL),
        ],
        className="insight-figures",
    )
    return card([head, figures, html.P(id=InsightId.DAY_NOTE, className="note")])

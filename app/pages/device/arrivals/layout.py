"""The card as it arrives; it fills itself once the chart is drawn."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.components import card
from app.i18n import _
from app.pages.device.arrivals.ids import ArrivalId


def arrivals_card() -> Component:
    """Build the card "What arrived", with the lines for a notebook below it."""
    announced: dict[str, Any] = {"aria-live": "polite"}
    report = html.Div(html.P(_("Calculating …"), className="note"), id=ArrivalId.REPORT, **announced)
    copy = dmc.CopyButton(
        _("Copy as pandas"), id=ArrivalId.COPY, value="", copiedChildren=_("Copied"), variant="light", size="xs"
    )
    note = html.P(
        [
            _("Reads what is shown into a frame, in a notebook or a script. It needs a read token:"),
            " ",
            html.Code('./hydrofleet keys read create "notebook"'),
        ],
        className="note",
    )
    lines = html.Details(
        [html.Summary(_("The same in pandas")), note, html.Pre(html.Code(id=ArrivalId.CODE)), copy],
        className="arrivals-code",
    )
    return card([report, lines], title=_("What arrived"))

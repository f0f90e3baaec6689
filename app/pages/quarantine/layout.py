"""The page as it arrives: what waits on the left, what can be done about it on the right."""

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import card, empty_state, page_header, pick_list
from app.i18n import _
from app.pages.page import PageContext
from app.pages.quarantine.ids import Id


def layout(_context: PageContext, _query: Mapping[str, str]) -> Component:
    """Build the page; what waits follows in a callback."""
    subtitle = _("They came with a time that cannot be true, so they are in no chart and no average.")
    return html.Div(
        [
            dcc.Store(id=Id.REVISION, data=0),
            page_header(_("Readings without a time"), subtitle=subtitle),
            html.Div(id=Id.SAID, className="said", role="status"),
            html.Div(
                [html.Div([_waiting()]), html.Div([_retime(), _drop()])], id=Id.FORM, hidden=True, className="desk"
            ),
            html.Div(_nothing(), id=Id.EMPTY, hidden=True),
        ]
    )


def _waiting() -> Component:
    return card(pick_list(Id.RUN, label=_("Waiting for you")), title=_("Waiting for you"))


def _retime() -> Component:
    note = _(
        "Suggested is the time they would have if they were sent as soon as they were made. If the Pi kept them back, "
        "they are older: say when it was started. The others follow at the distance the Pi measured."
    )
    body = [
        dmc.DateTimePicker(
            id=Id.FIRST,
            label=_("The first of them was measured at"),
            withSeconds=True,
            valueFormat="YYYY-MM-DD HH:mm:ss",
        ),
        html.P(id=Id.THEN, className="note"),
        html.Div(dmc.Button(_("Give them these times"), id=Id.RETIME), className="buttons"),
        html.P(note, className="note"),
    ]
    return card(html.Div(body, className="form-column"), title=_("Give them their time"))


def _drop() -> Component:
    body = [
        dmc.TextInput(id=Id.REASON, label=_("Reason")),
        html.Div(
            dmc.Button(_("Leave them out"), id=Id.DROP, variant="light", color="red"),
            className="buttons",
        ),
        html.P(_("They stay on record as they were sent, and are never shown."), className="note"),
    ]
    return card(html.Div(body, className="form-column"), title=_("Or leave them out"))


def _nothing() -> Component:
    text = html.P(_("Every reading came with a time that can be true."))
    return empty_state(title=_("Nothing waits"), text=[text])

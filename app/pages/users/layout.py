"""The page as it arrives: the list on the left, what can be done on the right."""

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import card, page_header, pick_list
from app.i18n import _
from app.pages.page import PageContext
from app.pages.users.ids import Id
from app.pages.users.words import role_options
from app.principal import Role


def layout(_context: PageContext, _query: Mapping[str, str]) -> Component:
    """Build the page; the people follow in a callback."""
    return html.Div(
        [
            dcc.Store(id=Id.REVISION, data=0),
            page_header(_("People"), subtitle=_("Who may log in, and what they may do.")),
            html.Div(
                [
                    html.Div(pick_list(Id.LIST, label=_("People"))),
                    html.Div([_chosen(), _invite()]),
                ],
                className="desk",
            ),
        ]
    )


def _invite() -> Component:
    return card(
        html.Div(
            [
                html.P(
                    _("Viewers look, agronomists also calibrate and annotate, administrators do all."), className="note"
                ),
                html.Div(
                    [
                        dmc.TextInput(
                            id=Id.NEW_NAME,
                            label=_("Name"),
                            autoComplete="off",
                            className="grow",
                        ),
                        dmc.Select(
                            id=Id.NEW_ROLE,
                            label=_("Role"),
                            data=role_options(),
                            value=str(Role.VIEWER),
                            allowDeselect=False,
                            className="grow",
                        ),
                    ],
                    className="form-row",
                ),
                html.Div(dmc.Button(_("Invite"), id=Id.INVITE), className="buttons"),
                html.Div(id=Id.ONCE),
            ],
            className="form-column",
        ),
        title=_("Invite somebody"),
    )


def _chosen() -> Component:
    role = dmc.Select(id=Id.ROLE, label=_("Role"), data=role_options(), allowDeselect=False, className="grow")
    buttons = [
        dmc.Button(_("New link"), id=Id.LINK, variant="light"),
        dmc.Button(_("Log out everywhere"), id=Id.SIGN_OUT, variant="light"),
        dmc.Button(_("Disable"), id=Id.DISABLE, variant="light", color="red"),
        dmc.Button(_("Let in again"), id=Id.ENABLE, variant="light"),
    ]
    return card(
        html.Div(
            [
                html.Div(id=Id.NAME),
                html.Div(
                    [
                        html.Div(
                            [role, dmc.Button(_("Change"), id=Id.SAVE_ROLE, variant="light")], className="form-row"
                        ),
                        html.Div(buttons, className="buttons"),
                    ],
                    id=Id.CHOSEN,
                    className="form-column",
                    hidden=True,
                ),
                html.Div(id=Id.MESSAGE, className="said", role="status"),
            ],
            className="form-column",
        ),
        title=_("The person chosen"),
    )

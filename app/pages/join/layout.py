"""The page as it arrives: what needs a decision on the left, keys and tools on the right."""

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import card, count_input, named, page_header, pick_list
from app.i18n import _
from app.pages.join.ids import Id
from app.pages.page import PageContext

_TICK_MS = 5000
_EXAMPLE = "serial,name,site,zone,crop\n10000000abcdef12,pi-1,Lembang,GH 1,lettuce"


def layout(_context: PageContext, _query: Mapping[str, str]) -> Component:
    """Build the page; who waits, who joined and which keys there are follow in a callback."""
    return html.Div(
        [
            dcc.Interval(id=Id.TICK, interval=_TICK_MS),
            dcc.Store(id=Id.REVISION, data=0),
            page_header(_("Join"), subtitle=_("One image for all Pis: each joins by itself and gets its name here.")),
            html.Div(
                [
                    html.Div([_waiting(), _joined(), _registration()]),
                    html.Div([_new_key(), _keys(), _labels(), _leaving()]),
                ],
                className="desk",
            ),
        ]
    )


def _column(*parts: Component) -> Component:
    return html.Div(list(parts), className="form-column")


def _said(id: Id) -> Component:
    return html.Div(id=id, className="said", role="status")


def _waiting() -> Component:
    buttons = [
        dmc.Button(_("Let in"), id=Id.APPROVE),
        dmc.Button(_("Turn away"), id=Id.REJECT, variant="light"),
        dmc.Button(_("Block this board"), id=Id.BLOCK_BOARD, variant="light", color="red"),
    ]
    body = _column(
        pick_list(Id.WAITING, label=_("Waiting for you")), html.Div(buttons, className="buttons"), _said(Id.DECIDED)
    )
    return card(body, title=_("Waiting for you"))


def _joined() -> Component:
    return card(html.Div(id=Id.JOINED), title=_("Joined lately"))


def _registration() -> Component:
    body = _column(
        html.P(
            _("One device a line. Without a name it gets the next free one; without a serial, any board may be it."),
            className="note",
        ),
        dmc.Textarea(
            id=Id.TEXT,
            placeholder=_EXAMPLE,
            autosize=True,
            minRows=4,
            maxRows=12,
            **named(_("Devices as CSV")),
        ),
        html.Div(
            [
                dcc.Upload(dmc.Button(_("Choose a CSV file"), variant="subtle"), id=Id.UPLOAD, max_size=500_000),
                dmc.Button(_("Check"), id=Id.CHECK, variant="light"),
                dmc.Button(_("Register all"), id=Id.REGISTER, disabled=True),
            ],
            className="buttons",
        ),
        html.Div(id=Id.PREVIEW),
    )
    return card(body, title=_("Register ahead"))


def _new_key() -> Component:
    numbers = html.Div(
        [
            count_input(Id.USES, _("For how many Pis"), value="10", className="grow"),
            count_input(Id.DAYS, _("Days"), value="7", className="grow"),
        ],
        className="form-row",
    )
    texts = html.Div(
        [
            dmc.TextInput(id=Id.SITE, label=_("Site"), className="grow"),
            dmc.TextInput(id=Id.NOTE, label=_("Note"), className="grow"),
        ],
        className="form-row",
    )
    body = _column(
        numbers,
        texts,
        dmc.Switch(id=Id.LISTED, label=_("Only boards that are registered ahead"), checked=False),
        dmc.Switch(id=Id.AUTO, label=_("A silent Pi may come back with a new card by itself"), checked=False),
        html.Div(
            [
                dmc.Button(_("Make a key"), id=Id.MAKE),
                dmc.Button(_("Code for one Pi"), id=Id.MAKE_CODE, variant="light"),
            ],
            className="buttons",
        ),
        html.Div(id=Id.ONCE),
    )
    return card(body, title=_("A key for an image"))


def _keys() -> Component:
    revoke = dmc.Button(_("Revoke"), id=Id.REVOKE_KEY, variant="light", color="red")
    body = _column(pick_list(Id.KEYS, label=_("Keys")), html.Div(revoke, className="buttons"), _said(Id.KEY_SAID))
    return card(body, title=_("Keys"))


def _labels() -> Component:
    body = _column(
        html.P(_("A sticker leads to its tank's page and holds no secret."), className="note"),
        html.Div(
            [
                dmc.TextInput(id=Id.LABELS, placeholder="pi-1..pi-24", className="grow", **named(_("Devices"))),
                html.A(
                    _("Open sheets to print"), id=Id.LABEL_LINK, href="/labels", target="_blank", className="form-link"
                ),
            ],
            className="form-row",
        ),
    )
    return card(body, title=_("Labels"))


def _leaving() -> Component:
    buttons = [
        dmc.Button(_("New credential"), id=Id.ROTATE, variant="light"),
        dmc.Button(_("Revoke credential"), id=Id.REVOKE, variant="light"),
        dmc.Button(_("Retire"), id=Id.RETIRE, variant="light", color="red"),
    ]
    devices = dmc.MultiSelect(
        id=Id.DEVICES,
        label=_("Devices"),
        data=[],
        searchable=True,
        clearable=True,
        nothingFoundMessage=_("Nothing found"),
    )
    return card(
        _column(devices, html.Div(buttons, className="buttons"), *_theft(), _said(Id.LEFT)),
        title=_("Devices that leave or change"),
    )


def _theft() -> tuple[Component, Component]:
    """What is asked about a Pi that was stolen."""
    fields = html.Div(
        [
            dmc.TextInput(id=Id.REASON, label=_("Reason"), className="grow"),
            dmc.DatePickerInput(
                id=Id.SINCE,
                label=_("Readings in doubt since"),
                valueFormat="D MMM YYYY",
                clearable=True,
                className="grow",
            ),
        ],
        className="form-row",
    )
    buttons = [
        dmc.Button(_("Stolen: block"), id=Id.BLOCK, variant="light", color="red"),
        dmc.Button(_("Unblock"), id=Id.UNBLOCK, variant="light"),
    ]
    return fields, html.Div(buttons, className="buttons")

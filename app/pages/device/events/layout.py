"""The card with the list, the form over the page, and the button above the figure."""

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.annotations import KINDS
from app.components import card, change_input, icon, named
from app.i18n import _
from app.pages.device.events.ids import EventId
from app.pages.device.events.words import kind_name

_HIDDEN = {"display": "none"}


def events_card(*, may_edit: bool) -> Component:
    """Build the card, still empty, with the form that it opens."""
    add = dmc.Button(_("Add an event or a note"), id=EventId.ADD, size="xs", variant="light")
    hint = _("A click in the figure chooses the time.")
    head = html.Div(
        [
            html.H2(_("What happened"), className="card-title"),
            html.Div([html.Span(hint, className="note from-sm"), add], className="events-add", hidden=not may_edit),
        ],
        className="statistics-head",
    )
    return card([head, html.Div(id=EventId.LIST), _foot(may_edit), _form(), *_stores()], class_name="events-card")


def here_button() -> Component:
    """Build the button that offers the clicked moment; it has no words before a moment is clicked."""
    return dmc.Button("", id=EventId.HERE, size="compact-sm", variant="light", style=_HIDDEN)


def _foot(may_edit: bool) -> Component:
    with_hidden = dmc.Switch(id=EventId.WITH_HIDDEN, label=_("Show what was rejected"), checked=False, size="xs")
    pager = [
        _turn(EventId.NEWER, "left", _("Newer events")),
        html.Span(id=EventId.PAGER, className="events-place"),
        _turn(EventId.OLDER, "right", _("Older events")),
    ]
    message = html.Span(id=EventId.MESSAGE, className="events-message", role="status")
    return html.Div(
        [html.Div(pager, className="events-pager"), message, html.Div(with_hidden, hidden=not may_edit)],
        className="events-foot",
    )


def _turn(id: EventId, picture: str, label: str) -> Component:
    return html.Button(icon(picture), id=id, className="icon-button", disabled=True, title=label, **named(label))


def _form() -> Component:
    kind = dmc.Select(
        id=EventId.KIND,
        label=_("What happened"),
        data=[{"value": one, "label": kind_name(one)} for one in KINDS],
        allowDeselect=False,
        searchable=True,
        size="md",
        comboboxProps={"withinPortal": True},
    )
    at = dmc.DateTimePicker(
        id=EventId.AT, label=_("When, on the clock of the site"), valueFormat="D MMM YYYY HH:mm", size="md"
    )
    changes = [change_input(EventId.EC, ""), change_input(EventId.PH, _("pH change"))]
    sizes = html.Div(changes, id=EventId.SIZES, className="event-sizes")
    note = dmc.Textarea(id=EventId.NOTE, label=_("Note"), autosize=True, minRows=2, maxRows=6, size="md")
    buttons = [
        dmc.Button(_("Save"), id=EventId.SAVE, size="md"),
        dmc.Button(_("Cancel"), id=EventId.CANCEL, size="md", variant="subtle", color="gray"),
    ]
    refusal = html.Div(id=EventId.REFUSAL, className="event-refusal", role="alert")
    return dmc.Modal(
        html.Div(
            [kind, at, sizes, note, refusal, html.Div(buttons, className="event-buttons")], className="event-form"
        ),
        id=EventId.FORM,
        opened=False,
        size="md",
        # Its fields are given values while it is closed.
        keepMounted=True,
        closeButtonProps=named(_("Close")),
    )


def _stores() -> list[Component]:
    counts = [dcc.Store(id=one, data=0) for one in (EventId.PAGE, EventId.SAVED, EventId.SETTLED)]
    return [*counts, dcc.Store(id=EventId.EDITING), dcc.Store(id=EventId.CLICKED)]

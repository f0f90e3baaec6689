"""The card with the verdicts in force, and the form over the page that gives one."""

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from analytics.flags import CHANNELS, Flag
from analytics.quantities import Quantity
from app.components import card, named
from app.i18n import _
from app.pages.device.overrides.ids import OverrideId
from app.pages.device.overrides.words import verdict_name

_OFFERED = (Flag.FAIL, Flag.SUSPECT, Flag.GOOD)


def overrides_card(*, may_edit: bool) -> Component:
    """Build the card, still empty, with the form that it opens."""
    judge = dmc.Button(_("Judge a span"), id=OverrideId.OPEN, size="xs", variant="light")
    hint = html.Span(_("Zoom into the readings first: the span is then filled in."), className="note from-sm")
    head = html.Div(
        [
            html.H2(_("Judged by people"), className="card-title"),
            html.Div([hint, judge], className="events-add", hidden=not may_edit),
        ],
        className="statistics-head",
    )
    message = html.Span(id=OverrideId.MESSAGE, className="events-message", role="status")
    stores = [dcc.Store(id=one, data=0) for one in (OverrideId.SAVED, OverrideId.WITHDRAWN)]
    return card([head, html.Div(id=OverrideId.LIST), message, _form(), *stores], class_name="events-card")


def _form() -> Component:
    names = {Quantity.PH: "pH", Quantity.EC: _("Conductivity"), Quantity.WATER: _("Water temperature")}
    quantity = dmc.Select(
        id=OverrideId.QUANTITY,
        label=_("Quantity"),
        data=[{"value": str(one), "label": names[one]} for one in CHANNELS],
        value=str(Quantity.PH),
        allowDeselect=False,
        size="md",
    )
    span = html.Div([_time(OverrideId.FROM, _("From")), _time(OverrideId.TO, _("To"))], className="event-sizes")
    verdict = dmc.SegmentedControl(
        id=OverrideId.VERDICT,
        data=[{"value": str(int(flag)), "label": verdict_name(flag)} for flag in _OFFERED],
        value=str(int(Flag.FAIL)),
        fullWidth=True,
        size="md",
        **named(_("The readings are")),
    )
    reason = dmc.Textarea(id=OverrideId.REASON, label=_("Reason"), autosize=True, minRows=2, maxRows=6, size="md")
    buttons = [
        dmc.Button(_("Save"), id=OverrideId.SAVE, size="md"),
        dmc.Button(_("Cancel"), id=OverrideId.CANCEL, size="md", variant="subtle", color="gray"),
    ]
    note = html.P(_("Bad and suspect readings are marked, and left out of the statistics."), className="note")
    refusal = html.Div(id=OverrideId.REFUSAL, className="event-refusal", role="alert")
    parts = [quantity, span, verdict, note, reason, refusal, html.Div(buttons, className="event-buttons")]
    return dmc.Modal(
        html.Div(parts, className="event-form"),
        id=OverrideId.FORM,
        title=_("Judge a span"),
        opened=False,
        size="md",
        # Its fields are given values while it is closed.
        keepMounted=True,
        closeButtonProps=named(_("Close")),
    )


def _time(id: OverrideId, label: str) -> Component:
    return dmc.DateTimePicker(id=id, label=label, valueFormat="D MMM YYYY HH:mm", size="md")

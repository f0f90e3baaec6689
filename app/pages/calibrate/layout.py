"""The page as it arrives; made for a thumb on a wet screen."""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from analytics.buffers import BufferSet
from analytics.quantities import Quantity
from app.calibration.visits import Transition
from app.components import card, graph, page_header
from app.i18n import _
from app.pages.calibrate.form import USUAL_STANDARD_US_CM
from app.pages.calibrate.ids import Id, row_id
from app.pages.page import PageContext

_TICK_MS = 1000
_HIDDEN = {"display": "none"}


def layout(context: PageContext, query: Mapping[str, str]) -> Component:
    """Build the page, with the device of ``?device=`` chosen; the choice of devices follows in a callback."""
    return html.Div(
        [
            dcc.Interval(id=Id.TICK, interval=_TICK_MS),
            dcc.Store(id=Id.SIGNAL),
            dcc.Store(id=Id.EDITING),
            dcc.Store(id=Id.REVISION, data=0),
            page_header(_("Calibrate"), subtitle=_("Put the probe into a standard; what it shows appears below.")),
            _choice(query.get("device")),
            html.Div([html.Div([_live(), _form()]), html.Div([_result(), _history()])], className="calibrate-columns"),
        ],
        className="calibrate-page",
    )


def _choice(device: str | None) -> Component:
    return html.Div(
        [
            dmc.Select(
                id=Id.DEVICE,
                data=[device] if device else [],
                value=device,
                searchable=True,
                allowDeselect=False,
                size="md",
                placeholder=_("Choose a tank"),
                nothingFoundMessage=_("No such device"),
                **_named(_("Device")),
            ),
            dmc.SegmentedControl(
                id=Id.QUANTITY,
                data=[{"value": str(Quantity.PH), "label": "pH"}, {"value": str(Quantity.EC), "label": _("EC")}],
                value=str(Quantity.PH),
                size="md",
            ),
        ],
        className="calibrate-choice",
    )


def _live() -> Component:
    buttons = html.Div(
        [
            dmc.Button(_("Read every second"), id=Id.GO_LIVE, variant="light", size="md"),
            dmc.Button(_("Finished"), id=Id.END_LIVE, variant="subtle", color="gray", size="md"),
        ],
        className="calibrate-buttons",
    )
    signal = html.Div(id=Id.SIGNAL_TEXT, className="calibrate-signal", role="status")
    spark = graph(Id.SPARK, height=72, config={"displayModeBar": False, "staticPlot": True})
    return card([signal, spark, html.Div(id=Id.LIVE_TEXT, className="note"), buttons], title=_("The probe now"))


def _form() -> Component:
    buffers = dmc.SegmentedControl(
        id=Id.BUFFERS,
        data=[{"value": one.name, "label": str(one)} for one in BufferSet],
        value=BufferSet.NIST_POWDER.name,
        fullWidth=True,
    )
    stage = dmc.SegmentedControl(
        id=Id.STAGE,
        data=[{"value": "left", "label": _("Clean probe")}, {"value": "found", "label": _("Before cleaning")}],
        value="left",
        fullWidth=True,
    )
    ph = html.Div([buffers, *(_row(row) for row in ("1", "2", "3"))], id=Id.PH_FORM)
    standard = dmc.NumberInput(
        id=Id.STANDARD, label=_("Standard, µS/cm at 25 °C"), value=USUAL_STANDARD_US_CM, min=1, max=20000, size="md"
    )
    ec = html.Div([standard, _row("ec")], id=Id.EC_FORM, style=_HIDDEN)
    return card([stage, ph, ec, *_circumstances()], title=_("Readings in the standards"))


def _row(row: str) -> Component:
    return html.Div(
        [
            html.Div(id=row_id("label", row), className="calibrate-label"),
            _number(row_id("left", row), "mV"),
            _number(row_id("found", row), _("mV before cleaning")),
            _number(row_id("celsius", row), "°C"),
            dmc.Button(_("Capture"), id=row_id("take", row), size="md", variant="light"),
        ],
        className="calibrate-row",
    )


def _number(id: str, label: str) -> Component:
    return dmc.NumberInput(id=id, label=label, size="md", decimalScale=2, hideControls=True)


def _circumstances() -> list[Component]:
    transitions = [
        {"value": str(Transition.STEP), "label": _("Valid from this visit")},
        {"value": str(Transition.BLEND), "label": _("Spread the drift")},
    ]
    return [
        dmc.DateTimePicker(
            id=Id.AT,
            label=_("Date and time of the visit (empty: now)"),
            valueFormat="D MMM YYYY HH:mm",
            clearable=True,
            size="md",
        ),
        dmc.SegmentedControl(id=Id.TRANSITION, data=transitions, value=str(Transition.STEP), fullWidth=True),
        html.P(
            _("Spreading corrects the readings since the visit before, little by little, instead of with a jump."),
            className="note",
        ),
        dmc.TextInput(id=Id.NOTE, label=_("Note"), size="md"),
        dmc.TextInput(id=Id.REASON, label=_("Reason to save it outside the limits"), size="md", style=_HIDDEN),
    ]


def _result() -> Component:
    save = dmc.Button(_("Save"), id=Id.SAVE, size="lg", fullWidth=True, disabled=True)
    return card(
        [
            html.Div(id=Id.VERDICT, className="calibrate-verdict"),
            save,
            html.Div(id=Id.MESSAGE, className="calibrate-message", role="status"),
            html.Div(id=Id.REPAIR, className="note", role="status"),
        ],
        title=_("What follows"),
    )


def _history() -> Component:
    buttons = html.Div(
        [
            dmc.Button(_("Edit"), id=Id.EDIT, variant="light", size="md"),
            dmc.Button(_("Withdraw"), id=Id.VOID, variant="light", color="red", size="md"),
        ],
        className="calibrate-buttons",
    )
    versions = dmc.RadioGroup([], id=Id.HISTORY, size="md", **_named(_("Earlier calibrations")))
    return card([html.Div(id=Id.HEALTH, className="note"), versions, buttons], title=_("Earlier calibrations"))


def _named(label: str) -> dict[str, Any]:
    return {"aria-label": label}

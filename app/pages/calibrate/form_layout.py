"""The form of a visit: readings in the standards, or what a meter says; and its circumstances."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from analytics.buffers import BufferSet
from app.calibration.visits import Transition
from app.components import card, number_input
from app.i18n import _
from app.pages.calibrate.form import USUAL_STANDARD_US_CM, Method
from app.pages.calibrate.ids import Id, check_id, row_id
from app.pages.calibrate.words import buffers_text
from app.typed_numbers import typed_text

_HIDDEN = {"display": "none"}


def form() -> Component:
    """Build the form; which of its parts are in sight is decided by a callback."""
    methods = [
        {"value": str(Method.STANDARDS), "label": _("In standards")},
        {"value": str(Method.METER), "label": _("Beside a meter")},
    ]
    method = dmc.SegmentedControl(id=Id.METHOD, data=methods, value=str(Method.STANDARDS), fullWidth=True, size="md")
    return card([method, _standards(), _meter(), *_circumstances()], title=_("The visit"))


def _standards() -> Component:
    stages = [{"value": "left", "label": _("Clean probe")}, {"value": "found", "label": _("Before cleaning")}]
    buffers = dmc.SegmentedControl(
        id=Id.BUFFERS,
        data=[{"value": one.name, "label": buffers_text(one)} for one in BufferSet],
        value=BufferSet.NIST_POWDER.name,
        fullWidth=True,
    )
    text = _("So the labels say, at 25 °C; below stands what the buffers are at the temperature of the probe.")
    warmth = html.P(text, className="note")
    standard = number_input(Id.STANDARD, _("Standard, µS/cm at 25 °C"), value=typed_text(USUAL_STANDARD_US_CM))
    return html.Div(
        [
            dmc.SegmentedControl(id=Id.STAGE, data=stages, value="left", fullWidth=True),
            html.Div([buffers, warmth, *(_row(row) for row in ("1", "2", "3"))], id=Id.PH_FORM),
            html.Div([standard, _row("ec")], id=Id.EC_FORM, style=_HIDDEN),
        ],
        id=Id.STANDARDS,
    )


def _row(row: str) -> Component:
    return html.Div(
        [
            html.Div(id=row_id("label", row), className="calibrate-label"),
            number_input(row_id("left", row), "mV"),
            number_input(row_id("found", row), _("mV before cleaning")),
            number_input(row_id("celsius", row), "°C"),
            dmc.Button(_("Capture"), id=row_id("take", row), size="md", variant="light"),
        ],
        className="calibrate-row",
    )


def _meter() -> Component:
    said = _("The difference corrects the values that people see; what the Pi sent stays as it is. Values")
    return html.Div(
        [
            html.P([said, " ", html.Span(id=Id.METER_UNIT), "."], className="note"),
            _check("shown", _("Shown here, before anything is touched"), can_take=True),
            _check("true", _("The meter says"), can_take=False),
            _check("left", _("Shown here after cleaning (empty: not cleaned)"), can_take=True),
        ],
        id=Id.METER,
        style=_HIDDEN,
    )


def _check(part: str, label: str, *, can_take: bool) -> Component:
    take = [dmc.Button(_("Capture"), id=check_id(f"take-{part}"), size="md", variant="light")] if can_take else []
    return html.Div([number_input(check_id(part), label), *take], className="calibrate-check")


def _circumstances() -> list[Component]:
    transitions = [
        {"value": str(Transition.STEP), "label": _("Valid from this visit")},
        {"value": str(Transition.BLEND), "label": _("Spread the drift")},
    ]
    return [
        _moment(Id.AT, _("Date and time of the visit (empty: now)")),
        dmc.SegmentedControl(id=Id.TRANSITION, data=transitions, value=str(Transition.STEP), fullWidth=True),
        html.P(
            _("Spreading corrects the readings since the visit before, little by little, instead of with a jump."),
            className="note",
        ),
        _moment(Id.SINCE, _("The drift began (empty: at the visit before)"), style=_HIDDEN),
        dmc.TextInput(id=Id.NOTE, label=_("Note"), size="md"),
        dmc.TextInput(id=Id.REASON, label=_("Reason to save it outside the limits"), size="md", style=_HIDDEN),
    ]


def _moment(id: Id, label: str, **options: Any) -> Component:
    return dmc.DateTimePicker(id=id, label=label, valueFormat="D MMM YYYY HH:mm", clearable=True, size="md", **options)

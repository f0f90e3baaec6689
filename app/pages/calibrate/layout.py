"""The page as it arrives; made for a thumb on a wet screen."""

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from analytics.quantities import Quantity
from app.components import card, empty_state, graph, named, page_header, unseen_label
from app.i18n import _
from app.pages.beginning import no_devices
from app.pages.calibrate.form_layout import form
from app.pages.calibrate.ids import Id
from app.pages.calibrate.source import CalibrationSource
from app.pages.page import PageContext
from app.principal import current_user

_TICK_MS = 1000


def layout(context: PageContext, query: Mapping[str, str]) -> Component:
    """Build the page, with the device of ``?device=`` chosen; the choice of devices follows in a callback."""
    # At its start Dash asks for nobody, to learn the ids there are; the database may not be there yet.
    is_empty = current_user() is not None and not CalibrationSource(context.engine).names()
    columns = [html.Div([_live(), form()]), html.Div([_result(), _history()])]
    device = query.get("device")
    unchosen = empty_state(
        title=_("Which tank?"), text=_("Choose it above; its probe, and earlier calibrations, then stand here.")
    )
    return html.Div(
        [
            dcc.Interval(id=Id.TICK, interval=_TICK_MS),
            dcc.Store(id=Id.SCREEN),
            dcc.Store(id=Id.SIGNAL),
            dcc.Store(id=Id.EDITING),
            dcc.Store(id=Id.REVISION, data=0),
            page_header(_("Calibrate"), subtitle=_("Put the probe into a standard, or hold a meter beside it.")),
            html.Div(
                [
                    _choice(device),
                    html.Div(columns, id=Id.BODY, className="calibrate-columns", hidden=not device),
                    html.Div(unchosen, id=Id.UNCHOSEN, hidden=bool(device)),
                ],
                hidden=is_empty,
            ),
            html.Div(no_devices(_("Probes are calibrated here, once a Pi has joined.")), hidden=not is_empty),
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
                **named(_("Device")),
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
            dmc.Button(_("Start live readings"), id=Id.GO_LIVE, variant="light", size="md", disabled=True),
            dmc.Button(_("Stop"), id=Id.END_LIVE, variant="light", color="gray", size="md", disabled=True),
        ],
        className="calibrate-buttons",
    )
    signal = html.Div(id=Id.SIGNAL_TEXT, className="calibrate-signal", role="status")
    spark = graph(Id.SPARK, height=72, config={"displayModeBar": False, "staticPlot": True})
    state = html.Div(id=Id.LIVE_TEXT, className="note", role="status")
    answer = html.Div(id=Id.LIVE_ANSWER, className="calibrate-message", role="status")
    return card([signal, spark, state, buttons, answer], title=_("The probe now"))


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
    versions = dmc.RadioGroup([], id=Id.HISTORY, size="md", **unseen_label(_("Earlier calibrations")))
    return card([html.Div(id=Id.HEALTH), versions, buttons], title=_("Earlier calibrations"))

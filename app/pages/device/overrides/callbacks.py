"""What happens when somebody judges a span of readings, or takes a verdict back."""

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from analytics.quantities import Quantity
from app.components import ConductivityUnit, unit_input
from app.i18n import _, time_text
from app.overrides import OverrideRefused, Overrides
from app.pages.device.displayed import naming
from app.pages.device.drawing import Stretch, stretch_of
from app.pages.device.events.callbacks import may_edit, only_for_clicks
from app.pages.device.events.form import clock_text
from app.pages.device.ids import Id
from app.pages.device.overrides.form import Flaw, verdict_of
from app.pages.device.overrides.ids import OverrideId, withdraw_id
from app.pages.device.overrides.words import flaw_text, verdict_name
from app.pages.device.source import DeviceSource
from app.pages.device.view import view_at
from app.pages.page import PageContext
from app.principal import current_user
from models.errors import HydrofleetError, UnknownOverride

Outputs = dict[str, Any]


class OverrideAnswers:
    """What the page answers about verdicts; each method is the body of one callback."""

    def __init__(self, source: DeviceSource, overrides: Overrides, context: PageContext) -> None:
        self._source = source
        self._overrides = overrides
        self._context = context

    def list(self, name: str, *, address: str, unit: str | None) -> Component | list[Component]:
        """Answer another period or a change: the verdicts in force in the shown period."""
        stretch = self._stretch(name, address)
        if stretch is None:
            return []
        found = self._overrides.list(name, stretch.period.start, stretch.period.end)
        if found.empty:
            return html.P(_("Nobody has overruled the automatic tests in this period."), className="note")
        shown_unit = ConductivityUnit.of(unit, self._context.ppm_scale)
        rows = [_row(verdict, shown_unit, str(stretch.zone)) for verdict in found.itertuples(index=False)]
        return html.Ul(rows, className="events")

    def open(self, name: str, *, address: str) -> Outputs:
        """Answer *Judge a span*: the form, with the shown span in it if the visitor has zoomed in."""
        stretch = self._stretch(name, address)
        is_chosen = stretch is not None and view_at(address).zoom is not None
        span = (stretch.period.start, stretch.period.end) if stretch and is_chosen else ()
        start, end = (clock_text(at, stretch.zone) for at in span) if stretch and span else (None, None)
        return {"opened": True, "start": start, "end": end, "reason": "", "refusal": ""}

    def save(self, name: str, fields: dict[str, Any]) -> str:
        """Answer *Save*; gives why nothing was saved, empty if it was."""
        now = self._context.clock()
        verdict = verdict_of(fields, self._zone(name), now)
        if not may_edit():
            return flaw_text(Flaw.NOT_ALLOWED)
        if isinstance(verdict, Flaw):
            return flaw_text(verdict)
        span = (verdict.start, verdict.end)
        try:
            self._overrides.set(current_user(), name, verdict.quantity, *span, verdict.flag, verdict.reason, now)
        except HydrofleetError as error:
            return str(error)
        return ""

    def withdraw(self, number: int) -> str:
        """Answer *Withdraw*; gives what became of it."""
        try:
            self._overrides.withdraw(current_user(), number, self._context.clock())
        except UnknownOverride:
            return flaw_text(Flaw.GONE)
        except OverrideRefused:
            return flaw_text(Flaw.NOT_ALLOWED)
        return _("Withdrawn: the automatic tests decide again.")

    def _stretch(self, name: str, address: str) -> Stretch | None:
        profile = self._source.profile(name)
        if profile is None:
            return None
        return stretch_of(profile, view_at(address), usual_zone=self._context.time_zone, now=self._context.clock())

    def _zone(self, name: str) -> ZoneInfo:
        profile = self._source.profile(name)
        return ZoneInfo((profile.record.site_time_zone if profile else None) or self._context.time_zone)


def register_overrides(app: Dash, source: DeviceSource, context: PageContext) -> None:
    """Attach the callbacks of verdicts to ``app``; call once per app."""
    answers = OverrideAnswers(source, Overrides(context.engine), context)
    _register_list(app, answers)
    _register_form(app, answers)


def _row(verdict: Any, unit: ConductivityUnit, zone: str) -> Component:
    title = naming(Quantity(verdict.quantity), unit).title
    start, end = (
        time_text(pd.Timestamp(at).to_pydatetime(), zone, "d MMM HH:mm") for at in (verdict.start, verdict.end)
    )
    # The wildcard attribute is not in the generated signature, hence the dictionary.
    label: dict[str, Any] = {"aria-label": f"{_('Withdraw')}: {title}, {start} – {end}"}
    button = html.Button(_("Withdraw"), id=withdraw_id(verdict.id), className="event-action", type="button", **label)
    said = [html.Span(verdict.reason, className="event-note"), html.Span(verdict.author or "")]
    return html.Li(
        [
            html.Span(f"{start} – {end}", className="event-time"),
            html.Div(
                [html.Span(title), html.Span(verdict_name(verdict.flag), className="event-kind")],
                className="event-what",
            ),
            html.Div(said, className="event-said"),
            html.Div(button if may_edit() else [], className="event-actions"),
        ],
        className="event",
        key=str(verdict.id),
    )


def _register_list(app: Dash, answers: OverrideAnswers) -> None:
    @app.callback(
        Output(OverrideId.LIST, "children"),
        inputs={
            "address": Input(Id.VIEW, "data"),
            "_changes": [Input(one, "data") for one in (Id.REVISION, OverrideId.SAVED, OverrideId.WITHDRAWN)],
            "unit": unit_input(),
            "name": State(Id.DEVICE, "data"),
        },
    )
    def show(address: str, _changes: Any, unit: str | None, name: str) -> Any:
        return answers.list(name, address=address, unit=unit)

    @app.callback(
        output={"message": Output(OverrideId.MESSAGE, "children"), "withdrawn": Output(OverrideId.WITHDRAWN, "data")},
        inputs={"_clicks": Input(withdraw_id(ALL), "n_clicks"), "withdrawn": State(OverrideId.WITHDRAWN, "data")},
        prevent_initial_call=True,
    )
    def withdraw(_clicks: Any, withdrawn: int) -> Outputs:
        only_for_clicks()
        return {"message": answers.withdraw(int(ctx.triggered_id["number"])), "withdrawn": withdrawn + 1}


def _register_form(app: Dash, answers: OverrideAnswers) -> None:
    @app.callback(
        output={
            "opened": Output(OverrideId.FORM, "opened"),
            "start": Output(OverrideId.FROM, "value"),
            "end": Output(OverrideId.TO, "value"),
            "reason": Output(OverrideId.REASON, "value"),
            "refusal": Output(OverrideId.REFUSAL, "children"),
        },
        inputs={
            "_click": Input(OverrideId.OPEN, "n_clicks"),
            "address": State(Id.VIEW, "data"),
            "name": State(Id.DEVICE, "data"),
        },
        prevent_initial_call=True,
    )
    def open_form(_click: Any, address: str, name: str) -> Outputs:
        return answers.open(name, address=address)

    @app.callback(
        output={
            "opened": Output(OverrideId.FORM, "opened", allow_duplicate=True),
            "refusal": Output(OverrideId.REFUSAL, "children", allow_duplicate=True),
            "saved": Output(OverrideId.SAVED, "data"),
        },
        inputs={
            "_clicks": [Input(OverrideId.SAVE, "n_clicks"), Input(OverrideId.CANCEL, "n_clicks")],
            "fields": {
                "quantity": State(OverrideId.QUANTITY, "value"),
                "start": State(OverrideId.FROM, "value"),
                "end": State(OverrideId.TO, "value"),
                "verdict": State(OverrideId.VERDICT, "value"),
                "reason": State(OverrideId.REASON, "value"),
            },
            "saved": State(OverrideId.SAVED, "data"),
            "name": State(Id.DEVICE, "data"),
        },
        prevent_initial_call=True,
    )
    def close_form(_clicks: Any, fields: dict[str, Any], saved: int, name: str) -> Outputs:
        if ctx.triggered_id == OverrideId.CANCEL:
            return {"opened": False, "refusal": "", "saved": no_update}
        refusal = answers.save(name, fields)
        return {"opened": bool(refusal), "refusal": refusal, "saved": no_update if refusal else saved + 1}

"""What happens when somebody turns the pages of the list, clicks into the figure, or tells an event."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from app.annotations import Annotations
from app.components import ConductivityUnit, unit_input
from app.components.ids import ShellId
from app.i18n import _, time_text
from app.pages.device.drawing import stretch_of
from app.pages.device.events.form import SIZED_KINDS, Fields, clock_text, event_told, fields_of, moment
from app.pages.device.events.history import history
from app.pages.device.events.ids import SETTLEMENTS, EventId, edit_id, settle_id
from app.pages.device.events.listing import Turned, event_list, turned
from app.pages.device.events.refusals import refusal_text
from app.pages.device.events.tank_event import TankEvent, key_of
from app.pages.device.ids import Id
from app.pages.device.period import Period
from app.pages.device.source import DeviceSource
from app.pages.device.view import view_at
from app.pages.page import PageContext
from app.principal import Role, current_user
from models.errors import HydrofleetError, UnknownDevice, UnknownEvent
from models.write.events import Key

Outputs = dict[str, Any]
_HIDDEN = {"display": "none"}
_SHOWN = {"display": "inline-flex"}


class EventAnswers:
    """What the page answers about events; each method is the body of one callback."""

    def __init__(self, source: DeviceSource, annotations: Annotations, context: PageContext) -> None:
        self._source = source
        self._annotations = annotations
        self._context = context

    def list(self, name: str, *, address: str, page: int, unit: str | None, with_hidden: bool) -> Outputs:
        """Answer another period, page, unit or change: what happened, and where in the list that stands."""
        profile = self._source.profile(name)
        now, usual_zone = self._context.clock(), self._context.time_zone
        stretch = stretch_of(profile, view_at(address), usual_zone=usual_zone, now=now) if profile else None
        if profile is None or stretch is None:
            return {"list": [], "place": "", "newer": True, "older": True}
        found = turned(history(self._source, profile.record.id, stretch.period, with_hidden=with_hidden), page)
        shown_unit = ConductivityUnit.of(unit, self._context.ppm_scale)
        return {
            "list": event_list(found.events, unit=shown_unit, zone=str(stretch.zone), may_edit=may_edit()),
            "place": _place(found),
            "newer": found.first <= 1,
            "older": found.last >= found.total,
        }

    def here(self, name: str, clicked: Mapping[str, Any] | None) -> Outputs:
        """Answer a click in the figure: offer to tell what happened at that moment."""
        points = (clicked or {}).get("points") or []
        if not points or not may_edit():
            return {"text": no_update, "style": _HIDDEN, "clicked": None}
        zone = self._zone(name)
        at = moment(str(points[0]["x"])[:16], zone)
        text = _("Add an event at %(when)s", when=time_text(at, str(zone), "d MMM HH:mm"))
        return {"text": text, "style": _SHOWN, "clicked": clock_text(at, zone)}

    def open(self, name: str, *, key: str | None, at: str | None, unit: str | None) -> Outputs:
        """Answer *Add* and *Edit*: the form with an event in it, or with nothing but a time, now unless given."""
        zone, shown_unit = self._zone(name), ConductivityUnit.of(unit, self._context.ppm_scale)
        fields = Fields(None, at or clock_text(self._context.clock(), zone))
        if key is not None:
            event = self._event(name, key_of(key))
            if event is None:
                raise PreventUpdate
            fields = fields_of(event, shown_unit, zone)
        return {
            "opened": True,
            "title": _("Add what happened") if key is None else _("Edit"),
            "editing": key,
            "fields": asdict(fields),
            "ec_label": _("%(quantity)s change, %(unit)s", quantity=shown_unit.quantity, unit=shown_unit.label),
            "refusal": "",
        }

    def save(self, name: str, *, key: str | None, fields: Fields, unit: str | None) -> str:
        """Answer *Save*; gives why nothing was saved, empty if it was."""
        shown_unit, zone = ConductivityUnit.of(unit, self._context.ppm_scale), self._zone(name)
        try:
            if key is None:
                self._annotations.add(name, event_told(fields, shown_unit, zone), by=current_user())
            else:
                before = self._event(name, key_of(key))
                if before is None:
                    raise UnknownEvent(*key_of(key))
                event = event_told(fields, shown_unit, zone, before)
                self._annotations.change(name, before.key, event, by=current_user())
        except HydrofleetError as error:
            return refusal_text(error)
        return ""

    def settle(self, name: str, *, action: str, key: str) -> str:
        """Answer a button of an event; gives what became of it."""
        settlements = {one: getattr(self._annotations, one) for one in SETTLEMENTS}
        try:
            settlements[action](name, key_of(key), by=current_user())
        except HydrofleetError as error:
            return refusal_text(error)
        return {
            "confirm": _("Confirmed."),
            "hide": _("Rejected: it is not shown, and not detected again."),
            "show": _("It is shown again."),
            "remove": _("Deleted."),
        }[action]

    def _event(self, name: str, key: Key) -> TankEvent | None:
        profile = self._source.profile(name)
        if profile is None:
            raise UnknownDevice(name)
        found = self._source.events(profile.record.id, Period(key[0], key[0] + timedelta(milliseconds=1)))
        return next((one for one in found if one.key == key), None)

    def _zone(self, name: str) -> ZoneInfo:
        profile = self._source.profile(name)
        return ZoneInfo((profile.record.site_time_zone if profile else None) or self._context.time_zone)


def may_edit() -> bool:
    """Tell whether the person who asks gets buttons; whether they may is checked again when they are used."""
    user = current_user()
    return user is not None and user.role.includes(Role.AGRONOMIST)


def register_events(app: Dash, source: DeviceSource, context: PageContext) -> None:
    """Attach the callbacks of events to ``app``; call once per app."""
    answers = EventAnswers(source, Annotations(context.engine, context.clock), context)
    _register_list(app, answers)
    _register_form(app, answers)
    _register_settling(app, answers)


def _place(found: Turned) -> str:
    if not found.total:
        return ""
    return _("%(first)s to %(last)s of %(total)s", first=found.first, last=found.last, total=found.total)


def _register_list(app: Dash, answers: EventAnswers) -> None:
    @app.callback(
        output={
            "list": Output(EventId.LIST, "children"),
            "place": Output(EventId.PAGER, "children"),
            "newer": Output(EventId.NEWER, "disabled"),
            "older": Output(EventId.OLDER, "disabled"),
        },
        inputs={
            "address": Input(Id.VIEW, "data"),
            "_changes": [Input(one, "data") for one in (Id.REVISION, EventId.SAVED, EventId.SETTLED)],
            "page": Input(EventId.PAGE, "data"),
            "unit": unit_input(),
            "with_hidden": Input(EventId.WITH_HIDDEN, "checked"),
            "name": State(Id.DEVICE, "data"),
        },
    )
    def show(address: str, _changes: Any, page: int, unit: str | None, with_hidden: bool, name: str) -> Outputs:
        return answers.list(name, address=address, page=page, unit=unit, with_hidden=with_hidden)

    @app.callback(
        Output(EventId.PAGE, "data"),
        Input(EventId.NEWER, "n_clicks"),
        Input(EventId.OLDER, "n_clicks"),
        Input(Id.VIEW, "data"),
        State(EventId.PAGE, "data"),
        prevent_initial_call=True,
    )
    def turn(_newer: Any, _older: Any, _view: Any, page: int) -> int:
        step = {EventId.NEWER: -1, EventId.OLDER: 1}.get(ctx.triggered_id)
        return 0 if step is None else max(page + step, 0)

    @app.callback(
        output={
            "text": Output(EventId.HERE, "children"),
            "style": Output(EventId.HERE, "style"),
            "clicked": Output(EventId.CLICKED, "data"),
        },
        inputs={"clicked": Input(Id.GRAPH, "clickData"), "name": State(Id.DEVICE, "data")},
        prevent_initial_call=True,
    )
    def here(clicked: dict[str, Any] | None, name: str) -> Outputs:
        return answers.here(name, clicked)


def _register_form(app: Dash, answers: EventAnswers) -> None:
    @app.callback(
        output={
            "opened": Output(EventId.FORM, "opened"),
            "title": Output(EventId.FORM, "title"),
            "editing": Output(EventId.EDITING, "data"),
            "fields": _fields(Output),
            "ec_label": Output(EventId.EC, "label"),
            "refusal": Output(EventId.REFUSAL, "children"),
        },
        inputs={
            "_clicks": [
                Input(EventId.ADD, "n_clicks"),
                Input(EventId.HERE, "n_clicks"),
                Input(edit_id(ALL), "n_clicks"),
            ],
            "at": State(EventId.CLICKED, "data"),
            "unit": State(ShellId.UNIT, "value"),
            "name": State(Id.DEVICE, "data"),
        },
        prevent_initial_call=True,
    )
    def open_form(_clicks: Any, at: str | None, unit: str | None, name: str) -> Outputs:
        only_for_clicks()
        moved = ctx.triggered_id
        key = moved["key"] if isinstance(moved, dict) else None
        return answers.open(name, key=key, at=at, unit=unit)

    @app.callback(
        output={
            "opened": Output(EventId.FORM, "opened", allow_duplicate=True),
            "refusal": Output(EventId.REFUSAL, "children", allow_duplicate=True),
            "saved": Output(EventId.SAVED, "data"),
        },
        inputs={
            "_clicks": [Input(EventId.SAVE, "n_clicks"), Input(EventId.CANCEL, "n_clicks")],
            "fields": _fields(State),
            "key": State(EventId.EDITING, "data"),
            "unit": State(ShellId.UNIT, "value"),
            "saved": State(EventId.SAVED, "data"),
            "name": State(Id.DEVICE, "data"),
        },
        prevent_initial_call=True,
    )
    def close_form(_clicks: Any, fields: dict[str, Any], saved: int, name: str, **given: Any) -> Outputs:
        if ctx.triggered_id == EventId.CANCEL:
            return {"opened": False, "refusal": "", "saved": no_update}
        refusal = answers.save(name, fields=Fields(**fields), **given)
        return {"opened": bool(refusal), "refusal": refusal, "saved": no_update if refusal else saved + 1}

    @app.callback(Output(EventId.SIZES, "style"), Input(EventId.KIND, "value"))
    def ask_for_size(kind: str | None) -> dict[str, str]:
        return {} if kind in SIZED_KINDS else _HIDDEN


def _register_settling(app: Dash, answers: EventAnswers) -> None:
    @app.callback(
        output={"message": Output(EventId.MESSAGE, "children"), "settled": Output(EventId.SETTLED, "data")},
        inputs={
            "_clicks": Input(settle_id(ALL, ALL), "n_clicks"),
            "settled": State(EventId.SETTLED, "data"),
            "name": State(Id.DEVICE, "data"),
        },
        prevent_initial_call=True,
    )
    def settle(_clicks: Any, settled: int, name: str) -> Outputs:
        only_for_clicks()
        moved = ctx.triggered_id
        return {"message": answers.settle(name, action=moved["action"], key=moved["key"]), "settled": settled + 1}


def only_for_clicks() -> None:
    """Stop where buttons have only come and gone with a new list: that triggers their callbacks, too."""
    if not any(one["value"] for one in ctx.triggered):
        raise PreventUpdate


def _fields(kind: Any) -> dict[str, Any]:
    ids = {"kind": EventId.KIND, "at": EventId.AT, "ec": EventId.EC, "ph": EventId.PH, "note": EventId.NOTE}
    return {name: kind(id, "value") for name, id in ids.items()}

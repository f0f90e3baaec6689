"""What the page does when somebody moves something, and what it shows while files leave."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from flask import has_request_context, request

from app.components import moved_controls
from app.exports import BadExport, Layout, Packing
from app.i18n import _
from app.pages.export.address import api_path, as_curl, as_pandas
from app.pages.export.history import history_list
from app.pages.export.ids import Id
from app.pages.export.schedules import schedule_list
from app.pages.export.source import ExportPageSource
from app.pages.export.view import Range, View, view_at
from app.pages.export.words import refusal_text, size_text
from app.pages.page import PageContext
from app.principal import Role, current_user
from models.errors import UnknownDevice

Outputs = dict[str, Any]
#: Control -> the word of the address that it sets.
_WORDS = {
    Id.SITE: "site",
    Id.CROP: "crop",
    Id.RESOLUTION: "resolution",
    Id.UNIT: "unit",
    Id.VALUES: "values",
    Id.QUALITY: "quality",
    Id.ZONE: "tz",
    Id.LAYOUT: "layout",
    Id.FORMAT: "format",
    Id.DIALECT: "dialect",
}
_LISTS = {Id.DEVICES: "devices", Id.FIELDS: "fields", Id.DETAILS: "details"}


class ExportAnswers:
    """What the page answers, given a source; each method is the body of one callback."""

    def __init__(self, source: ExportPageSource, context: PageContext) -> None:
        self._source, self._context = source, context

    def answer(self, address: str, controls: Mapping[str, Any], moved: Collection[str]) -> View:
        """Give the view as the ``controls`` stand; half a choice changes nothing.

        All of them are read, not only those that ``moved``: when a click comes before the answer to the last one, the
        browser drops that answer, and the view that it sends along is a step behind.
        """
        view = view_at(address)
        still = [one for one in controls if one not in moved and one != Id.DAYS]
        if Id.DAYS not in moved and _days(controls[Id.DAYS]) not in ([], [view.start, view.end]):
            still.append(Id.DAYS)
        for control in (*still, *moved):
            view = self.choose(view.address(), control, controls[control])
        return view

    def choose(self, address: str, moved: str | None, value: Any) -> View:
        """Answer a control: the view with what it now says; half a choice changes nothing."""
        view = view_at(address)
        if moved == Id.RANGE:
            return replace(view, range=value, start="", end="") if value in set(Range) else view
        if moved == Id.DAYS:
            days = _days(value)
            return view if len(days) == 1 else replace(view, start=(days or [""])[0], end=(days or [""])[-1])
        if moved == Id.DEVICES and list(value or []) == view.device_names:
            return view  # an address may say pi-1..pi-12
        if moved in _LISTS:
            return replace(view, **{_LISTS[Id(moved)]: ",".join(value or [])})
        return replace(view, **{_WORDS[Id(moved)]: value or ""}) if moved in set(_WORDS) else view

    def show(self, address: str) -> Outputs:
        """Answer a view: the size, the file's address, and how programs get the same."""
        view, zone = view_at(address), self._context.zone_of_reader()
        try:
            asked = view.request(self._context.clock(), zone)
            guess = self._source.estimate(asked)
        except (BadExport, UnknownDevice) as error:
            return {"size": refusal_text(error), "href": None, "url": "", "curl": "", "pandas": "", **_shape(view)}
        path = api_path(asked)
        url = (request.host_url.rstrip("/") if has_request_context() else "") + path
        return {
            "size": size_text(guess),
            "href": path if guess.devices else None,
            "url": url,
            "curl": as_curl(url),
            "pandas": as_pandas(url, asked),
            **_shape(view),
        }

    def history(self) -> tuple[Any, Any]:
        """Answer the clock: the exports so far, and those that are made again and again."""
        exports = history_list(self._source.history(), current_user(), self._context.zone_of_reader())
        return exports, schedule_list(self._source.schedules(), now=self._context.clock())

    def cancel(self, export_id: int) -> None:
        """Answer a click on "Stop"; only who began an export, or an administrator, ends it."""
        reader = current_user()
        theirs = {one.id: one.created_by for one, _person in self._source.history()}
        if reader and export_id in theirs and (theirs[export_id] == reader.id or reader.role.includes(Role.ADMIN)):
            self._source.cancel(export_id, by=reader.name)


def _days(value: Any) -> list[str]:
    return [day[:10] for day in value or [] if day]


def _shape(view: View) -> Outputs:
    """Say which controls have nothing to say about this file."""
    return {
        "details": view.layout == Layout.WIDE,
        "dialect": not Packing(view.format).is_text,
        "values": _("All of them, retired ones too") if not view.devices else "",
    }


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    answers = ExportAnswers(ExportPageSource(context.engine, context.clock), context)
    app.clientside_callback(
        ClientsideFunction("exporting", "mirror"), Output(Id.ADDRESS, "data"), Input(Id.VIEW, "data")
    )
    _register_choices(app, answers)
    _register_history(app, answers)


def _register_choices(app: Dash, answers: ExportAnswers) -> None:
    controls = (*_WORDS, *_LISTS, Id.RANGE, Id.DAYS)

    # Span and days are set by the callback that they ask: an answer that was overtaken then sets nothing back.
    @app.callback(
        Output(Id.VIEW, "data"),
        Output(Id.RANGE, "value"),
        Output(Id.DAYS, "value"),
        *(Input(one, "value") for one in controls),
        State(Id.VIEW, "data"),
        prevent_initial_call=True,
    )
    def choose(*given: Any) -> Any:
        *values, address = given
        view = answers.answer(address, dict(zip(controls, values, strict=True)), moved_controls())
        if view.address() == address:
            return no_update, no_update, no_update
        return view.address(), "" if view.start else view.range, no_update if view.start else [None, None]

    @app.callback(
        output={
            "size": Output(Id.SIZE, "children"),
            "href": Output(Id.DOWNLOAD, "href"),
            "url": Output(Id.AS_URL, "children"),
            "curl": Output(Id.AS_CURL, "children"),
            "pandas": Output(Id.AS_PANDAS, "children"),
            "details": Output(Id.DETAILS, "disabled"),
            "dialect": Output(Id.DIALECT, "disabled"),
            "values": Output(Id.DEVICES, "placeholder"),
        },
        inputs={"address": Input(Id.VIEW, "data")},
    )
    def show(address: str) -> Outputs:
        return answers.show(address)


def _register_history(app: Dash, answers: ExportAnswers) -> None:
    @app.callback(Output(Id.HISTORY, "children"), Output(Id.SCHEDULES, "children"), Input(Id.BEAT, "n_intervals"))
    def history(_beat: int | None) -> Any:
        return answers.history()

    @app.callback(
        Output(Id.BEAT, "n_intervals"),
        Input({"type": Id.CANCEL, "export": ALL}, "n_clicks"),
        State(Id.BEAT, "n_intervals"),
        prevent_initial_call=True,
    )
    def cancel(clicks: list[int | None], beats: int | None) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update
        answers.cancel(int(ctx.triggered_id["export"]))
        return (beats or 0) + 1

"""Exports that the server makes again and again, as a list."""

from collections.abc import Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from app.exports.schedules import due_at
from app.i18n import _, ngettext, time_text
from app.pages.export.words import resolution_names
from models.read.export_schedules import ScheduleRecord


def schedule_list(schedules: Sequence[ScheduleRecord], *, now: datetime) -> Component:
    """Write the schedules, each on its own clock, or how one is made."""
    if not schedules:
        text = _("The server can write a file of every day or week into a folder. On the server:")
        command = "./hydrofleet exports schedule NAME --every day --folder /srv/exports"
        return html.Div([text, html.Code(command)], className="export-note")
    return html.Ul([_row(one, now) for one in schedules], className="export-list")


def _row(one: ScheduleRecord, now: datetime) -> Component:
    every = _("every day") if one.every == "day" else _("every week")
    step = resolution_names().get(one.query["resolution"], "").lower()
    what = [
        html.Div([html.Strong(one.name), html.Span(one.query["format"], className="export-format")]),
        html.Div(f"{every} · {step}", className="export-row-note"),
    ]
    return html.Li(
        [
            html.Div(what, className="export-row-what"),
            html.Div(html.Code(one.folder), className="export-row-folder"),
            html.Div(_state(one, now), className="export-row-state"),
            html.Div(className="export-row-actions"),
        ]
    )


def _state(one: ScheduleRecord, now: datetime) -> list[Component]:
    due = html.Div(_("Next: %(time)s", time=time_text(max(due_at(one), now), one.time_zone)))
    if not one.failures:
        return [due]
    tries = ngettext("Failed %(num)s time, is tried again", "Failed %(num)s times, is tried again", one.failures)
    return [html.Div(tries, className="export-failed"), due]

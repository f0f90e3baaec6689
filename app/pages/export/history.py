"""Exports so far as a list: what, by whom, how far, and what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.components import empty_state, named
from app.i18n import _, ngettext, number_text, time_text
from app.pages.export.ids import Id
from app.pages.export.words import bytes_text, resolution_names
from app.principal import Principal, Role
from models.read.exports import ExportRecord

#: What went wrong, by the name of the error that is on record.
_GONE = "OperationalError"


def history_list(exports: Sequence[tuple[ExportRecord, str | None]], reader: Principal | None, zone: str) -> Component:
    """Write the exports, with times on the clock of ``zone``."""
    if not exports:
        return empty_state(
            title=_("No exports yet"),
            text=_("Whatever anybody takes out stands here afterwards, with its number of rows and its SHA-256."),
            picture="download",
        )
    return html.Ul([_row(one, person, reader, zone) for one, person in exports], className="export-list")


def _row(one: ExportRecord, person: str | None, reader: Principal | None, zone: str) -> Component:
    who = person or one.schedule or str(one.query.get("by", ""))
    words = [
        html.Div([html.Strong(_subject(one)), html.Span(str(one.query.get("format", "")), className="export-format")]),
        html.Div(_span(one, zone), className="export-row-note"),
    ]
    began = html.Div([html.Div(who), html.Div(time_text(one.created_at, zone), className="export-row-note")])
    return html.Li(
        [
            html.Div(words, className="export-row-what"),
            began,
            html.Div(_outcome(one), className="export-row-state"),
            html.Div(_actions(one, reader), className="export-row-actions"),
        ]
    )


def _subject(one: ExportRecord) -> str:
    names = one.query.get("exported") or []
    who = names[0] if len(names) == 1 else ngettext("%(num)s Pi", "%(num)s Pis", len(names))
    step = resolution_names().get(str(one.query.get("resolution", "")), "")
    return f"{who} · {step.lower()}"


def _span(one: ExportRecord, zone: str) -> str:
    try:
        start, end = (datetime.fromisoformat(one.query[name]) for name in ("start", "end"))
    except (KeyError, ValueError):
        return ""
    return f"{time_text(start, zone)} – {time_text(end, zone)}"


def _outcome(one: ExportRecord) -> Component | list[Any]:
    rows = ngettext("%(rows)s row", "%(rows)s rows", one.rows or 0, rows=number_text(one.rows or 0, 0))
    size = f"{rows} · {bytes_text(one.bytes or 0)}"
    if one.state == "running":
        return [html.Div(size), _progress(one)]
    if one.state == "done":
        digest = html.Code((one.sha256 or "")[:12], title=f"SHA-256 {one.sha256}")
        return [html.Div(size), html.Div(["SHA-256 ", digest], className="export-row-note")]
    if one.state == "failed":
        return [html.Div(_("Failed"), className="export-failed"), html.Div(_reason(one), className="export-row-note")]
    return [html.Div(_("Stopped")), html.Div(size, className="export-row-note")]


def _progress(one: ExportRecord) -> Component:
    share = min(99, round(100 * (one.rows or 0) / one.estimated_rows)) if one.estimated_rows else 0
    return dmc.Progress(value=share, animated=True, size="sm", **named(_("Written so far")))


def _reason(one: ExportRecord) -> str:
    if one.error == _GONE:
        return _("The database went away. Download it again.")
    return one.error or _("Nobody knows why.")


def _actions(one: ExportRecord, reader: Principal | None) -> list[Component]:
    if one.state == "running":
        if reader is None or not (one.created_by == reader.id or reader.role.includes(Role.ADMIN)):
            return []
        index: dict[str, Any] = {"type": Id.CANCEL, "export": one.id}
        return [dmc.Button(_("Stop"), id=index, variant="subtle", size="compact-sm")]
    links: list[Component] = [dmc.Anchor(_("Again"), href=again(one), size="sm")]
    if one.file:
        links.insert(0, dmc.Anchor(_("File"), href=f"/api/v1/exports/{one.id}/file", size="sm", refresh=True))
    return links


def again(one: ExportRecord) -> str:
    """Give the address of the page with the same choices, in whole days."""
    asked = one.query
    same = ("site", "crop", "resolution", "unit", "values", "quality", "tz", "layout", "format", "dialect")
    query = {name: asked[name] for name in same if asked.get(name)}
    query |= {name: ",".join(asked[name]) for name in ("devices", "fields", "details") if asked.get(name)}
    if not asked.get("details"):
        query["details"] = ""
    query |= {name: str(asked[name])[:10] for name in ("start", "end") if asked.get(name)}
    return "/export?" + urlencode(query)

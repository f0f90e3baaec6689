"""Entries of the log as a table, which on a phone becomes a list."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from app.i18n import _, time_text
from app.pages.audit.details import details_text
from app.pages.audit.words import action_text, actor_text, kind_text
from models.read.audit import AuditRecord

_WHEN = "d MMM y HH:mm:ss"


def log_table(entries: Sequence[AuditRecord], zone: str) -> Component:
    """Write the entries, with times on the clock of ``zone``."""
    if not entries:
        return html.Div(_("Nothing like this is on record."), className="log-empty")
    names = (_("When"), _("Who"), _("What"), _("About"), _("From"))
    head = html.Thead(html.Tr([html.Th(name) for name in names]))
    return html.Table([head, html.Tbody([_row(entry, zone) for entry in entries])], className="log")


def _row(entry: AuditRecord, zone: str) -> Component:
    details = details_text(entry.details, zone)
    # The word of the log itself is what the API and the command line search for.
    done = html.Span(action_text(entry.action), title=entry.action)
    what = [done, html.Div(details, className="log-details")] if details else done
    kind = kind_text(entry.object_kind) if entry.object_kind else None
    about = " ".join(filter(None, (kind, entry.object_id)))
    return html.Tr(
        [
            html.Td(time_text(entry.at, zone, _WHEN), className="log-when"),
            html.Td(html.Strong(actor_text(entry.actor), title=entry.actor)),
            html.Td(what),
            html.Td(about),
            html.Td(entry.address or "", title=entry.request_id or ""),
        ]
    )

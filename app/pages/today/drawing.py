"""Entries as rows of plain text, and rows as components; a row that says the same is not sent again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from app.components import icon, stat
from app.i18n import _, ngettext, number_text
from app.pages.device.insights.words import Said
from app.pages.today.entries import Entry
from app.pages.today.numbers import Numbers
from app.pages.today.words import Link, Reader, lines_of, link_of, place_text, share_text

#: Entries of one kind that are read at a glance; the rest unfolds, unless it is not worth a fold.
_SHOWN, _FOLDED_AT_LEAST = 6, 3


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in the reader's language."""

    who: str
    device: str | None
    place: str
    lines: Sequence[Said]
    links: Sequence[Link]


def row_of(entry: Entry, reader: Reader) -> Row:
    """Write an entry for a reader."""
    device = entry.devices[0] if len(entry.devices) == 1 else None
    who = device or (entry.zone or entry.site if entry.devices else None) or ""
    place = place_text(entry) if device else (entry.site or "") if entry.zone else ""
    causes = (entry, *entry.others)
    lines = [line for one in causes for line in lines_of(one, reader)]
    # One chart shows the tank, whatever the cause.
    links = {link.text: link for one in reversed(causes) for link in [link_of(one, reader)]}
    return Row(who, device, place, lines, list(reversed(links.values())))


def rows_list(rows: Sequence[Row], elsewhere: int) -> list[Component]:
    """Build the list of one kind: what is read at a glance, and the rest to unfold.

    ``elsewhere`` counts the tanks that have this cause, too, and stand above for a more urgent one.
    """
    rows = _advised_once(rows)
    shown = _SHOWN if len(rows) >= _SHOWN + _FOLDED_AT_LEAST else len(rows)
    parts: list[Component] = [html.Ul([_task(row) for row in rows[:shown]], className="tasks")]
    rest = rows[shown:]
    if rest:
        more = ngettext("Show %(num)s more", "Show %(num)s more", len(rest))
        parts.append(
            html.Details(
                [html.Summary(more), html.Ul([_task(row) for row in rest], className="tasks")], className="tasks-more"
            )
        )
    if rows and elsewhere:
        above = ngettext(
            "%(num)s more stands above, for something more urgent.",
            "%(num)s more stand above, for something more urgent.",
            elsewhere,
        )
        parts.append(html.P(above, className="note tasks-elsewhere"))
    return parts


def _advised_once(rows: Sequence[Row]) -> list[Row]:
    """Leave out advice that stands in the same list already."""
    given: set[str] = set()
    advised = []
    for row in rows:
        lines = [one if one.advice not in given else replace(one, advice="") for one in row.lines]
        given.update(one.advice for one in row.lines)
        advised.append(replace(row, lines=lines))
    return advised


def _task(row: Row) -> Component:
    name: Any = (
        dcc.Link(row.who, href=f"/devices/{quote(row.device)}", className="device-link")
        if row.device
        else html.Span(row.who, className="task-group")
    )
    who = html.Div([name, html.Span(row.place, className="task-place")], className="task-who")
    # "Show the chart" alone says nothing to somebody who goes from link to link by ear.
    whose = html.Span(f" {row.who}", className="only-heard")
    ways = [dcc.Link([one.text, whose, icon("right")], href=one.address, className="task-link") for one in row.links]
    go = html.Div(ways, className="task-links")
    return html.Li([who, html.Div([_line(one) for one in row.lines], className="task-words"), go], className="task")


def _line(said: Said) -> Component:
    parts: list[Component] = [html.Span(said.title, className="task-title")]
    if said.evidence:
        parts += [html.Span(said.evidence, className="task-evidence")]
    if said.advice:
        parts += [html.Span(said.advice, className="task-advice")]
    return html.Div(parts, className="task-line")


def numbers_row(numbers: Numbers) -> list[Component]:
    """Show the fleet in numbers."""
    tanks = _("%(inside)s of %(judged)s tanks", inside=numbers.inside, judged=numbers.judged)
    online = _("%(online)s of %(total)s", online=numbers.online, total=numbers.total)
    silent = numbers.total - numbers.online
    return [
        stat(_("In range now"), share_text(numbers.inside_now), note=tanks),
        stat(_("In range, 24 hours"), share_text(numbers.inside_of_day), note=_("of the time measured")),
        stat(_("Online"), online, note=ngettext("%(num)s silent", "%(num)s silent", silent) if silent else _("all")),
        stat(_("Readings today"), number_text(numbers.readings, 0), note=_("since midnight")),
    ]

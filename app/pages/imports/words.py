"""What was found in a file, and what became of it, for people."""

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from app.i18n import _, ngettext, number_text, time_text
from app.imports import ImportReport, Proposal
from app.pages.imports.ids import COLUMNS, Id

#: Control -> the field of the proposal that it shows.
FIELDS: Mapping[Id, str] = {
    Id.DEVICE: "device",
    Id.DEVICE_COLUMN: "device_column",
    Id.DATE_COLUMN: "date_column",
    Id.TIME_COLUMN: "time_column",
    Id.TIME_FORMAT: "time_format",
    Id.TIME_ZONE: "time_zone",
    Id.PH_COLUMN: "ph_column",
    Id.WATER_COLUMN: "water_column",
}


def found_text(proposal: Proposal) -> str:
    """Say what the file is."""
    columns = [name for name in proposal.columns if name]
    return _("%(file)s: %(columns)s", file=proposal.path.name, columns=", ".join(columns))


def first_lines(proposal: Proposal) -> Component:
    """Show the first lines as they were read."""
    head = html.Thead(html.Tr([html.Th(name) for name in proposal.columns]))
    rows = [html.Tr([html.Td(cell) for cell in row[: len(proposal.columns)]]) for row in proposal.rows]
    named: dict[str, Any] = {"aria-label": _("The first lines of the file"), "tabIndex": 0, "role": "region"}
    return html.Div(html.Table([head, html.Tbody(rows)]), className="import-table", **named)


def reasons(proposal: Proposal) -> dict[Id, str | None]:
    """Say under each column why it was chosen."""
    by_control = {one: FIELDS[one] for one in COLUMNS if one in FIELDS}
    by_control[Id.EC_COLUMN] = "tds_column" if "tds_column" in proposal.given else "ec_column"
    return {
        one: proposal.reasons[name].in_language() if name in proposal.reasons else None
        for one, name in by_control.items()
    }


def questions_text(proposal: Proposal) -> list[Component]:
    """Ask what only a person can say."""
    asked = {
        "time_zone": _("The times carry no offset: choose the zone of the logger's clock."),
        "time_format": _("Day and month cannot be told apart, or the times are unusual: say how they are written."),
        "ec_unit": _("Which unit is conductivity in? Its name and its values do not say for sure."),
        "tds_scale": _("On which scale does the meter count ppm: 500, 640 or 700? Look at it."),
        "time_column": _("Which column is the time?"),
        "ph_column": _("No column looks like pH, EC, TDS or water; choose at least one."),
        "device": _("Whose log is it?"),
    }
    return [html.P(asked[name], className="import-question") for name in proposal.questions]


def report_parts(report: ImportReport, zone: str) -> list[Component]:
    """Write the report: every line of the file is counted once."""
    title = _("A trial: nothing is stored yet") if report.dry_run else _("Done")
    fates = {
        _("accepted"): report.accepted,
        _("there already"): report.duplicates,
        _("there already with other values"): report.conflicts,
        _("with an impossible time"): report.quarantined,
        _("left out"): report.left_out,
        _("rejected"): report.rejected_count,
        _("made room"): report.replaced,
    }
    counted = [
        html.Li([html.B(number_text(count, 0)), " ", name])
        for name, count in fates.items()
        if count or name == _("accepted")
    ]
    lines = ngettext("%(num)s line", "%(num)s lines", report.lines)
    return [
        html.H2(title, className="card-title"),
        html.P(f"{report.device}: {lines}"),
        html.Ul(counted, className="import-fates"),
        *_when(report, zone),
        *_doubts(report),
        *_rejected(report),
    ]


def _when(report: ImportReport, zone: str) -> list[Component]:
    if report.first_at is None or report.last_at is None:
        return []
    first, last = (time_text(at, zone) for at in (report.first_at, report.last_at))
    new = [html.P(_("New: %(names)s", names=", ".join(report.new_devices)))] if report.new_devices else []
    return [html.P(_("From %(first)s to %(last)s (%(zone)s).", first=first, last=last, zone=zone)), *new]


def _doubts(report: ImportReport) -> list[Component]:
    names = {"ph": "pH", "ec_us_cm": "EC", "water_c": _("Water")}
    missing = [f"{number_text(count, 0)} × {names[one]}" for one, count in sorted(report.missing.items())]
    flagged = [
        f"{number_text(count, 0)} × {names[one]} {test}" for (one, test), count in sorted(report.flagged.items())
    ]
    said = [(_("No value"), missing), (_("Flagged"), flagged)]
    return [html.P(f"{title}: {', '.join(counts)}") for title, counts in said if counts]


def _rejected(report: ImportReport) -> list[Component]:
    if not report.rejected:
        return []
    shown = [
        html.Li(_("line %(line)s: %(reason)s", line=number_text(one.line, 0), reason=one.reason))
        for one in report.rejected
    ]
    more = report.rejected_count - len(report.rejected)
    left = [html.Li(ngettext("and %(num)s more", "and %(num)s more", more))] if more else []
    return [html.Ul([*shown, *left], className="import-rejected")]

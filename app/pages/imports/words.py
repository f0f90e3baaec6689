"""What was found in a file, and what became of it, for people."""

from collections.abc import Iterable, Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.flag_words import tests_in_words
from app.i18n import _, ngettext, number_text, time_text, zone_text
from app.imports import ImportReport, Proposal
from app.imports.runs import Run
from app.pages.imports.ids import COLUMNS, Id

#: Control -> the field of the proposal that it shows.
FIELDS: Mapping[Id, str] = {
    Id.SHEET: "sheet",
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


def progress_parts(run: Run) -> list[Component]:
    """Say how far an import is: by the lines read, as far as their number is known."""
    if run.is_summing_up:
        return [_bar(100), html.P(_("All is stored; flags, hours and days are computed."))]
    lines = number_text(run.lines, 0)
    if not run.of_lines:
        return [html.P(_("%(lines)s lines so far", lines=lines))]
    said = _("%(lines)s of about %(all)s lines", lines=lines, all=number_text(run.of_lines, 0))
    return [_bar(min(99, 100 * run.lines // run.of_lines)), html.P(said)]


def _bar(percent: int) -> Component:
    named: dict[str, Any] = {"aria-label": _("Read so far")}
    return dmc.Progress(value=percent, animated=True, size="sm", **named)


def report_parts(report: ImportReport, zone: str) -> list[Component]:
    """Write the report: every line of the file is counted once."""
    title = _("A trial: nothing is stored yet") if report.dry_run else _("Done")
    fates = {
        _("accepted"): report.accepted,
        _("there already"): report.duplicates,
        _("there already with other values; what is there stays"): report.conflicts,
        _("kept apart for an impossible time"): report.quarantined,
        _("left out"): report.left_out,
        _("rejected"): report.rejected_count,
        _("readings that make room"): report.replaced,
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
        *_first(report, zone),
        *_rejected(report),
        *(html.P(note.in_language(), className="note") for note in report.notes),
    ]


def _first(report: ImportReport, zone: str) -> list[Component]:
    """Show the first readings of a trial as they were understood."""
    if not report.dry_run or not report.first:
        return []
    names = {one: name for one, name in _quantities().items() if any(one in each.values for each in report.first)}
    units = {"ec_us_cm": "EC, µS/cm", "water_c": _("Water, °C")}
    titles = (_("Device"), zone_text(zone), *(units.get(one, names[one]) for one in names))
    head = html.Tr([html.Th(title) for title in titles])
    rows = [
        html.Tr([html.Td(text) for text in (one.device, time_text(one.at, zone), *_values(one.values, names))])
        for one in report.first
    ]
    title = _("The first readings as they were understood")
    named: dict[str, Any] = {"aria-label": title, "tabIndex": 0, "role": "region"}
    table = html.Table([html.Thead(head), html.Tbody(rows)])
    return [html.P(title, className="note"), html.Div(table, className="import-table", **named)]


def _values(values: Mapping[str, float], names: Iterable[str]) -> list[str]:
    decimals = {"ph": 2, "ec_us_cm": 0, "water_c": 2}
    return [number_text(values[one], decimals[one]) if one in values else "–" for one in names]


def _quantities() -> dict[str, str]:
    return {"ph": "pH", "ec_us_cm": "EC", "water_c": _("Water")}


def _when(report: ImportReport, zone: str) -> list[Component]:
    new: list[Component] = (
        [html.P(_("New: %(names)s", names=", ".join(report.new_devices)))] if report.new_devices else []
    )
    if report.first_at is None or report.last_at is None:
        return new
    first, last = (time_text(at, zone) for at in (report.first_at, report.last_at))
    span = _("From %(first)s to %(last)s (%(zone)s).", first=first, last=last, zone=zone_text(zone))
    step = _("One every %(seconds)s s.", seconds=number_text(report.interval_s, 0)) if report.interval_s else ""
    form = _("Times are written as %(form)s.", form=report.time_format)
    return [*new, html.P(" ".join(filter(None, (span, step, form))))]


def _doubts(report: ImportReport) -> list[Component]:
    names, found = (
        _quantities(),
        {str(test.name).lower().replace("_", " "): text for test, text in tests_in_words().items()},
    )
    missing = [f"{number_text(count, 0)} × {names[one]}" for one, count in sorted(report.missing.items())]
    flagged = [
        f"{number_text(count, 0)} × {names[one]} ({found.get(test.upper().replace(' ', '_'), test)})"
        for (one, test), count in sorted(report.flagged.items())
    ]
    said = [(_("No value"), missing), (_("Flagged"), flagged)]
    return [html.P(f"{title}: {', '.join(counts)}") for title, counts in said if counts]


def _rejected(report: ImportReport) -> list[Component]:
    if not report.rejected:
        return []
    shown = [
        html.Li(_("line %(line)s: %(reason)s", line=number_text(one.line, 0), reason=one.said.in_language()))
        for one in report.rejected
    ]
    more = report.rejected_count - len(report.rejected)
    left = [html.Li(ngettext("and %(num)s more", "and %(num)s more", more))] if more else []
    return [html.Ul([*shown, *left], className="import-rejected")]

"""The cards of words and tables: findings, excursions, and what happened between interventions."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from analytics.flags import CHANNELS
from analytics.quantities import Quantity
from analytics.ranges import ExcursionSummary, summarise_excursions
from analytics.uptake import Uptake
from app.components import ConductivityUnit, state_badge
from app.i18n import _, ngettext, number_text, time_text
from app.insights.findings import Check, Outcome, Result, Urgency
from app.insights.stretches import RangeReport, UptakeReport
from app.pages.device.insights.words import Terms, check_text, fine_text, lack_text, said, urgency_text
from app.pages.device.table import NOTHING, percent

_STATES = {Urgency.NOW: "out", Urgency.TODAY: "suspect", Urgency.SOON: "history"}
_CHECKS = tuple(Check)
#: The newest stretches are worth a line each; more would be a list that nobody reads.
_MOST_STRETCHES = 6


def findings_view(results: Sequence[Result], unit: ConductivityUnit, zone: str) -> list[Component]:
    """Show what was found, the most urgent first, then all that was checked."""
    if not results:
        return [html.P(_("Nothing is checked: the device is retired."), className="note")]
    found = [one for one in results if one.outcome is Outcome.FOUND]
    return [
        html.Ul([_finding(one, unit, zone) for one in found], className="findings")
        if found
        else _nothing_found(results),
        _checked(results, unit, zone),
    ]


def _finding(result: Result, unit: ConductivityUnit, zone: str) -> Component:
    words = said(result, unit, zone)
    assert result.urgency is not None, "what was found says how urgent it is"
    return html.Li(
        [
            state_badge(_STATES[result.urgency], urgency_text(result.urgency)),
            html.Div(
                [
                    html.Strong(words.title, className="finding-title"),
                    html.Span(words.evidence),
                    html.Span(words.advice, className="finding-advice"),
                ],
                className="finding-words",
            ),
        ]
    )


def _nothing_found(results: Sequence[Result]) -> Component:
    fine = sum(one.outcome is Outcome.FINE for one in results)
    if not fine:
        return html.P(_("Nothing can be said yet; below is what each check needs."), className="findings-none")
    words = ngettext(
        "Nothing found: %(num)s check came out fine.", "Nothing found: %(num)s checks came out fine.", fine
    )
    return html.P(words, className="findings-none")


def _checked(results: Sequence[Result], unit: ConductivityUnit, zone: str) -> Component:
    start, end = (time_text(moment, zone) for moment in (results[0].start, results[0].end))
    summary = _("What was checked, in readings of %(start)s to %(end)s", start=start, end=end)
    by_check = sorted(results, key=lambda one: (_CHECKS.index(one.check), CHANNELS.index(one.quantity)))
    return html.Details(
        [html.Summary(summary), html.Ul([_check_line(one, unit) for one in by_check], className="checks")],
        className="checked",
    )


def _check_line(result: Result, unit: ConductivityUnit) -> Component:
    outcome = {
        Outcome.FOUND: lambda: _("see above"),
        Outcome.FINE: lambda: fine_text(result),
        Outcome.UNKNOWN: lambda: lack_text(result),
    }[result.outcome]()
    name = html.Span(check_text(result, unit), className="check-name")
    return html.Li([name, html.Span(outcome)], className=f"check check-{result.outcome}")


def ranges_table(reports: Mapping[Quantity, RangeReport], terms: Mapping[Quantity, Terms]) -> list[Component]:
    """Lay out time in range and excursions, one row per quantity."""
    rows = [_range_row(reports[one], terms[one]) for one in CHANNELS]
    labels = [label for label, _content in _range_cells(reports[CHANNELS[0]], terms[CHANNELS[0]])]
    table = _table(_("Quantity"), labels, rows)
    said = [_("Weighted by time; gaps belong to nobody. The area weighs how far outside by how long.")]
    if any(report.to_the_hour for report in reports.values()):
        said.append(_("Found in hours: what left the band twice within an hour counts once."))
    if any(report.spent is None for report in reports.values()):
        said.append(_("Where there is no target, nothing is in or out of range: say first what grows in the tank."))
    return [table, html.P(" ".join(said), className="note")]


def _range_row(report: RangeReport, terms: Terms) -> Component:
    return _row(
        [terms.name.title, html.Span(terms.name.unit, className="statistics-unit")], _range_cells(report, terms)
    )


def _range_cells(report: RangeReport, terms: Terms) -> list[tuple[str, Any]]:
    if report.spent is None or report.excursions is None:
        return [(label, NOTHING if place else _("no target")) for place, label in enumerate(_range_labels())]
    low, high = (summarise_excursions(report.excursions, side=side) for side in ("low", "high"))
    area = terms.scaled(low.area + high.area)
    cells = (
        percent(report.spent.share_inside), percent(report.spent.coverage), _side(low), _side(high),
        _worst(low, terms), _worst(high, terms),
        NOTHING if not low.count + high.count else f"{number_text(area, terms.name.decimals)} {_area_unit(terms)}",
    )  # fmt: skip
    return list(zip(_range_labels(), cells, strict=True))


def _range_labels() -> list[str]:
    return [
        _("In range"),
        _("Coverage"),
        _("Times too low"),
        _("Times too high"),
        _("Lowest"),
        _("Highest"),
        _("Area outside"),
    ]


def _side(summary: ExcursionSummary) -> str:
    if not summary.count:
        return NOTHING
    longest = number_text(summary.longest_s / 3600, 1)
    return _("%(count)s (longest %(hours)s h)", count=number_text(summary.count, 0), hours=longest)


def _worst(summary: ExcursionSummary, terms: Terms) -> str:
    return NOTHING if isnan(summary.worst) else number_text(terms.scaled(summary.worst), terms.name.decimals)


def _area_unit(terms: Terms) -> str:
    return f"{terms.name.unit or 'pH'}·h"


def uptake_view(report: UptakeReport, terms: Mapping[Quantity, Terms]) -> list[Component]:
    """Show the drift of the whole stretch, the water added, and the stretches between interventions, newest first."""
    facts = [html.Li(_trend_text(report, terms[one])) for one in CHANNELS]
    facts.append(html.Li(_water_text(report)))
    return [html.Ul(facts, className="facts"), *_stretches(report.stretches, terms)]


def _trend_text(report: UptakeReport, terms: Terms) -> str:
    trend, name = report.trends[terms.quantity], terms.name.title
    if isnan(trend.slope):
        return _("%(name)s: too little history for a drift; needs three days.", name=name)
    if not trend.certain:
        low, high = (terms.change(edge, finer=1) for edge in (trend.low, trend.high))
        return _(
            "%(name)s: no clear drift (%(low)s to %(high)s a day).", name=name, low=low, high=high + terms.name.suffix
        )
    values = terms.sure_changes(slope=trend.slope, low=trend.low, high=trend.high)
    values["slope"] += terms.name.suffix
    return _("%(name)s: drifts by %(slope)s a day (%(low)s to %(high)s).", name=name, **values)


def _water_text(report: UptakeReport) -> str:
    if report.volume_l is None:
        return _("Water use: needs the volume of the tank.")
    if isnan(report.litres_per_day):
        return _("Water use: no top-up was found in this period.")
    litres = number_text(report.litres_per_day, 1)
    return ngettext(
        "Water use: at least %(litres)s litres a day, from %(num)s top-up.",
        "Water use: at least %(litres)s litres a day, from %(num)s top-ups.",
        report.top_ups,
        litres=litres,
    )


def _stretches(stretches: pd.DataFrame, terms: Mapping[Quantity, Terms]) -> list[Component]:
    if stretches.empty:
        words = _(
            "No stretch of twelve quiet hours between interventions in this period; a longer period may have some."
        )
        return [html.P(words, className="note")]
    newest = stretches.iloc[::-1].head(_MOST_STRETCHES).to_dict("records")
    labels = [label for label, _content in _stretch_cells(newest[0], terms)]
    table = _table(_("From"), labels, [_stretch_row(one, terms) for one in newest])
    note = ngettext(
        "The newest of %(num)s stretch without a dose, top-up or other step, of twelve hours or more.",
        "The newest of %(num)s stretches without a dose, top-up or other step, of twelve hours or more.",
        len(stretches),
    )
    return [table, html.P(note, className="note")]


def _stretch_row(stretch: Mapping[Any, Any], terms: Mapping[Quantity, Terms]) -> Component:
    return _row(terms[Quantity.EC].time(stretch["start_at"]), _stretch_cells(stretch, terms))


def _stretch_cells(stretch: Mapping[Any, Any], terms: Mapping[Quantity, Terms]) -> list[tuple[str, Any]]:
    ec, ph = terms[Quantity.EC], terms[Quantity.PH]
    interval = f"{ec.change(stretch['ec_low'])} … {ec.change(stretch['ec_high'])}"
    return [
        (_("Hours"), number_text(stretch["hours"], 0)),
        (_("%(name)s per day", name=ec.name.heading), ec.change(stretch["ec_per_day"])),
        (_("Likely range"), interval),
        (_("pH per day"), ph.change(stretch["ph_per_day"])),
        (_("Looks like"), _uptake_text(stretch["uptake"])),
    ]


def _uptake_text(uptake: Uptake) -> str:
    return {
        Uptake.FEEDING: _("feeding: nutrients go faster than water"),
        Uptake.DRINKING: _("drinking: water goes faster than nutrients"),
        Uptake.TOO_STRONG: _("too strong, or hot: EC rises, pH falls"),
        Uptake.STEADY: _("steady"),
        Uptake.UNCLEAR: _("unclear"),
    }[uptake]


def _table(first: str, labels: Sequence[str], rows: Sequence[Component]) -> Component:
    head = html.Thead(html.Tr([html.Th(first, scope="col"), *(html.Th(label, scope="col") for label in labels)]))
    return html.Div(html.Table([head, html.Tbody(list(rows))], className="statistics"), className="table-scroll")


def _row(title: Any, cells: Sequence[tuple[str, Any]]) -> Component:
    # The label of a column travels with each cell: on a phone there is no head to read it from.
    return html.Tr([html.Th(title, scope="row"), *(html.Td(one, **_labelled(label)) for label, one in cells)])


def _labelled(label: str) -> dict[str, Any]:
    return {"data-label": label}

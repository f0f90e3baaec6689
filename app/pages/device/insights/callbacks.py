"""What fills the section: one answer per card, each asked for when the chart has been drawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from analytics.flags import CHANNELS
from analytics.quantities import Quantity
from app.components import ConductivityUnit
from app.i18n import _, time_text, zone_text
from app.pages.device.ids import Id
from app.pages.device.insights.cards import findings_view, ranges_table, uptake_view
from app.pages.device.insights.figures import day_figure, distribution_figure
from app.pages.device.insights.ids import InsightId
from app.pages.device.insights.source import DatabaseInsights, InsightSource, Stretch
from app.pages.device.insights.words import Terms
from app.pages.page import PageContext

#: What the browser says is shown: "from", "to" and "unit".
Shown = Mapping[str, str] | None


class InsightAnswers:
    """What the section answers, given a source; each method is the body of one callback."""

    def __init__(self, source: InsightSource, context: PageContext) -> None:
        self._source = source
        self._context = context

    def findings(self, name: str, shown: Shown) -> Any:
        """Answer with what was found."""
        results = self._source.results(name) if shown else None
        return no_update if results is None else findings_view(results, self._unit(shown), self._zone(name))

    def ranges(self, name: str, shown: Shown) -> Any:
        """Answer with time in range and excursions of the shown stretch."""
        stretch = stretch_of(shown)
        reports = self._source.ranges(name, stretch) if stretch else None
        return no_update if reports is None else ranges_table(reports, self._terms(name, shown))

    def days(self, name: str, shown: Shown, quantity: str, scheme: str | None) -> tuple[Any, Any, Any]:
        """Answer with the typical day, the distribution, and which days they are from."""
        stretch = stretch_of(shown)
        days = self._source.days(name, stretch) if stretch else None
        if days is None or quantity not in set(Quantity):
            return no_update, no_update, no_update
        terms, report = self._terms(name, shown)[Quantity(quantity)], days.reports[Quantity(quantity)]
        start, end = (time_text(moment, terms.zone) for moment in (days.stretch.start, days.stretch.end))
        note = _(
            "First the median and the middle half of %(days)s days by the hour, on the clock of %(zone)s; then the "
            "share of the time by value, with the target shaded. %(start)s to %(end)s.",
            days=report.days,
            zone=zone_text(terms.zone),
            start=start,
            end=end,
        )
        return day_figure(report, terms, scheme), distribution_figure(report, terms, scheme), note

    def uptake(self, name: str, shown: Shown) -> Any:
        """Answer with what happened between interventions."""
        stretch = stretch_of(shown)
        report = self._source.uptake(name, stretch) if stretch else None
        return no_update if report is None else uptake_view(report, self._terms(name, shown))

    def _terms(self, name: str, shown: Shown) -> dict[Quantity, Terms]:
        stretch, unit, zone = stretch_of(shown), self._unit(shown), self._zone(name)
        end = stretch.end if stretch else self._context.clock()
        return {one: Terms(one, unit, zone, end) for one in CHANNELS}

    def _unit(self, shown: Shown) -> ConductivityUnit:
        return ConductivityUnit.of((shown or {}).get("unit"), self._context.ppm_scale)

    def _zone(self, name: str) -> str:
        record = self._source.device(name)
        return (record and record.site_time_zone) or self._context.time_zone


def stretch_of(shown: Shown) -> Stretch | None:
    """Read what the browser says is shown; None for nothing, or for what is no stretch of time."""
    try:
        start, end = (datetime.fromisoformat(str((shown or {})[edge])) for edge in ("from", "to"))
    except (KeyError, ValueError):
        return None
    is_stretch = start.tzinfo is not None and end.tzinfo is not None and start < end
    return Stretch(start, end) if is_stretch else None


def register_insights(app: Dash, context: PageContext) -> None:
    """Attach the section's callbacks to ``app``; call once per app."""
    answers = InsightAnswers(DatabaseInsights(context.engine, context.clock, context.time_zone), context)
    # The link to the file names the stretch and the unit, and changes after the chart was drawn.
    app.clientside_callback(
        ClientsideFunction("insights", "shown"),
        Output(InsightId.STRETCH, "data"),
        Input(Id.CSV, "href"),
        State(InsightId.STRETCH, "data"),
    )
    shown, name = Input(InsightId.STRETCH, "data"), State(Id.DEVICE, "data")
    for output, answer in (
        (InsightId.FINDINGS, answers.findings),
        (InsightId.RANGES, answers.ranges),
        (InsightId.UPTAKE, answers.uptake),
    ):
        app.callback(Output(output, "children"), shown, name, prevent_initial_call=True)(_swapped(answer))
    app.callback(
        Output(InsightId.DAY, "figure"),
        Output(InsightId.DISTRIBUTION, "figure"),
        Output(InsightId.DAY_NOTE, "children"),
        shown,
        Input(InsightId.QUANTITY, "value"),
        Input(Id.SCREEN, "data"),
        name,
        prevent_initial_call=True,
    )(lambda shown, quantity, screen, name: answers.days(name, shown, quantity, _scheme(screen)))


def _swapped(answer: Any) -> Any:
    return lambda shown, name: answer(name, shown)


def _scheme(screen: Mapping[str, bool] | None) -> str:
    return "dark" if (screen or {}).get("dark") else "light"

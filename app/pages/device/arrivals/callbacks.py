"""What fills the card, asked for when the chart has been drawn."""

from typing import Any

from dash import Dash, Input, Output, State, no_update
from flask import request

from app.components import ConductivityUnit
from app.pages.device.arrivals.ids import ArrivalId
from app.pages.device.arrivals.snippet import pandas_lines
from app.pages.device.arrivals.source import ArrivalSource
from app.pages.device.arrivals.words import report_view
from app.pages.device.ids import Id
from app.pages.device.insights.callbacks import Shown, stretch_of
from app.pages.device.insights.ids import InsightId
from app.pages.device.period import Level
from app.pages.page import PageContext


class ArrivalAnswers:
    """What the card answers, given a source; each method is the body of one callback."""

    def __init__(self, source: ArrivalSource, context: PageContext) -> None:
        self._source = source
        self._context = context

    def report(self, name: str, shown: Shown) -> Any:
        """Answer with what arrived of the shown stretch."""
        stretch = stretch_of(shown)
        found = self._source.arrivals(name, stretch) if stretch else None
        return (
            no_update if found is None else report_view(found, found.device.site_time_zone or self._context.time_zone)
        )

    def code(self, name: str, shown: Shown, *, server_url: str) -> tuple[Any, Any]:
        """Answer with the lines for a notebook, to read and to copy."""
        stretch = stretch_of(shown)
        if stretch is None or not name:
            return no_update, no_update
        given = shown or {}
        level = Level(given["resolution"]) if given.get("resolution") in set(Level) else Level.READINGS
        unit = ConductivityUnit.of(given.get("unit"), self._context.ppm_scale)
        lines = pandas_lines(name, stretch, level, unit, server_url=server_url)
        return lines, lines


def register_arrivals(app: Dash, context: PageContext) -> None:
    """Attach the card's callbacks to ``app``; call once per app."""
    answers = ArrivalAnswers(ArrivalSource(context.engine, context.clock), context)
    shown, name = Input(InsightId.STRETCH, "data"), State(Id.DEVICE, "data")

    @app.callback(Output(ArrivalId.REPORT, "children"), shown, name, prevent_initial_call=True)
    def report(shown: Shown, name: str) -> Any:
        return answers.report(name, shown)

    @app.callback(
        Output(ArrivalId.CODE, "children"), Output(ArrivalId.COPY, "value"), shown, name, prevent_initial_call=True
    )
    def code(shown: Shown, name: str) -> Any:
        return answers.code(name, shown, server_url=request.host_url)

"""What the page does when somebody, or the clock, moves something."""

from collections.abc import Collection
from typing import Any
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update

from app.components import ConductivityUnit, Look, Screen, keep_zooms, moved_controls, unit_input, with_figure_written
from app.pages.device.arrivals.callbacks import register_arrivals
from app.pages.device.choices import Controls, choose, control_values
from app.pages.device.download import add_download
from app.pages.device.drawing import draw, stretch_of
from app.pages.device.events.callbacks import register_events
from app.pages.device.events.ids import EventId
from app.pages.device.header import header
from app.pages.device.ids import Id
from app.pages.device.insights.callbacks import register_insights
from app.pages.device.overrides.callbacks import register_overrides
from app.pages.device.overrides.ids import OverrideId
from app.pages.device.source import DatabaseDevices, DeviceSource
from app.pages.device.table import statistics_table
from app.pages.device.view import Values, view_at
from app.pages.page import PageContext

Outputs = dict[str, Any]
#: What people change on this page, and the figure with it.
_CHANGES = (EventId.SAVED, EventId.SETTLED, OverrideId.SAVED, OverrideId.WITHDRAWN)


class DeviceAnswers:
    """What the page answers, given a source; each method is the body of one callback."""

    def __init__(self, source: DeviceSource, context: PageContext) -> None:
        self._source = source
        self._context = context

    def listen(self, name: str, *, unit: str | None, revision: str | None) -> Outputs:
        """Answer a tick: the head as it is now, and a new revision only if the device has said something."""
        profile = self._source.profile(name)
        if profile is None:
            return {"header": no_update, "revision": no_update}
        record, latest = profile.record, self._source.latest(name)
        said = f"{latest.snapshot.last_seen_at} {latest.snapshot.measured_at}" if latest else ""
        shown_unit = ConductivityUnit.of(unit, self._context.ppm_scale)
        head = header(record, latest, shown_unit, self._zone(record.site_time_zone), self._context.clock())
        return {"header": head, "revision": no_update if said == revision else said}

    def choose(self, name: str, *, address: str, moved: Collection[str], controls: Controls) -> Outputs:
        """Answer the controls that were ``moved``: the new view, and the controls as they then stand."""
        profile = self._source.profile(name)
        zone = ZoneInfo(self._zone(profile.record.site_time_zone if profile else None))
        before = view_at(address)
        after = choose(before, moved, controls, zone)
        if after == before:
            # Above all, the first of two days stays in its field until the second is chosen.
            return dict.fromkeys(("view", "range", "days"), no_update)
        ready_made, days = control_values(after)
        return {"view": after.address(), "range": ready_made, "days": days}

    def draw(self, name: str, *, address: str, look: Look, only_news: bool = False) -> Outputs:
        """Answer a new view, unit or reading; news from after the shown stretch change nothing."""
        with self._source.together() as source:
            return self._draw(source, name, address=address, look=look, only_news=only_news)

    def _draw(self, source: DeviceSource, name: str, *, address: str, look: Look, only_news: bool) -> Outputs:
        view, profile = view_at(address), source.profile(name)
        if profile is None:
            return _unchanged()
        stretch = stretch_of(profile, view, usual_zone=self._context.time_zone, now=self._context.clock())
        if stretch is None:
            return _unchanged() | {"empty": False, "charts": True}
        if only_news and stretch.period.end <= stretch.extent.newest:
            return _unchanged()
        drawing = draw(source.measured() if view.values is Values.MEASURED else source, stretch, view, look)
        return {
            "figure": drawing.figure,
            "statistics": statistics_table(drawing.summaries, look.unit),
            "shown": [html.Span(sentence) for sentence in drawing.caption],
            "csv": drawing.csv_link,
            "reset": {"display": "none" if view.zoom is None else "inline-flex"},
            "empty": True,
            "charts": False,
        }

    def look(self, unit: str | None, screen: Screen | None) -> Look:
        """Read what the browser says about itself."""
        return Look.on(screen, ConductivityUnit.of(unit, self._context.ppm_scale))

    def _zone(self, of_site: str | None) -> str:
        return of_site or self._context.time_zone


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks and its download to ``app``; call once per app."""
    source = DatabaseDevices(context.engine, context.clock)
    answers = DeviceAnswers(source, context)
    add_download(app.server, source)
    _register_browser(app)
    keep_zooms(app, Id.GRAPH, Id.ZOOM)
    _register_listening(app, answers)
    _register_choosing(app, answers)
    _register_drawing(app, answers)
    register_events(app, source, context)
    register_overrides(app, source, context)
    register_insights(app, context)
    register_arrivals(app, context)


def _register_browser(app: Dash) -> None:
    app.clientside_callback(ClientsideFunction("device", "screen"), Output(Id.SCREEN, "data"), Input(Id.DEVICE, "data"))
    app.clientside_callback(
        ClientsideFunction("device", "mirror"),
        Output(Id.ADDRESS, "data"),
        Output(Id.PREVIOUS, "href"),
        Output(Id.NEXT, "href"),
        Input(Id.VIEW, "data"),
        State(Id.PREVIOUS, "href"),
        State(Id.NEXT, "href"),
    )
    app.clientside_callback(
        ClientsideFunction("device", "go"),
        Output(Id.GO, "href"),
        Input(Id.SWITCH, "value"),
        State(Id.DEVICE, "data"),
        State(Id.VIEW, "data"),
        prevent_initial_call=True,
    )


def _register_listening(app: Dash, answers: DeviceAnswers) -> None:
    @app.callback(
        output={"header": Output(Id.HEADER, "children"), "revision": Output(Id.REVISION, "data")},
        inputs={
            "_tick": Input(Id.TICK, "n_intervals"),
            "unit": unit_input(),
            "name": State(Id.DEVICE, "data"),
            "revision": State(Id.REVISION, "data"),
        },
    )
    def listen(_tick: int | None, unit: str | None, name: str, revision: str | None) -> Outputs:
        return answers.listen(name, unit=unit, revision=revision)


def _register_choosing(app: Dash, answers: DeviceAnswers) -> None:
    @app.callback(
        output={
            "view": Output(Id.VIEW, "data"),
            "range": Output(Id.RANGE, "value"),
            "days": Output(Id.DAYS, "value"),
        },
        inputs={
            "moved": {
                "range": Input(Id.RANGE, "value"),
                "days": Input(Id.DAYS, "value"),
                "window": Input(Id.WINDOW, "value"),
                "relayout": Input(Id.ZOOM, "data"),
                "values": Input(Id.VALUES, "value"),
                "around": Input(Id.AROUND, "value"),
            },
            "_reset": Input(Id.RESET, "n_clicks"),
            "name": State(Id.DEVICE, "data"),
            "address": State(Id.VIEW, "data"),
        },
        prevent_initial_call=True,
    )
    def choose(moved: dict[str, Any], _reset: int | None, name: str, address: str) -> Outputs:
        return answers.choose(name, address=address, moved=moved_controls(), controls=Controls(**moved))


def _register_drawing(app: Dash, answers: DeviceAnswers) -> None:
    @app.callback(
        output={
            "figure": Output(Id.GRAPH, "figure"),
            "statistics": Output(Id.STATISTICS, "children"),
            "shown": Output(Id.SHOWN, "children"),
            "csv": Output(Id.CSV, "href"),
            "reset": Output(Id.RESET, "style"),
            "empty": Output(Id.EMPTY, "hidden"),
            "charts": Output(Id.CHARTS, "hidden"),
        },
        inputs={
            "address": Input(Id.VIEW, "data"),
            "_news": Input(Id.REVISION, "data"),
            "_changes": [Input(one, "data") for one in _CHANGES],
            "look": {"unit": unit_input(), "screen": Input(Id.SCREEN, "data")},
            "name": State(Id.DEVICE, "data"),
            "drawn": State(Id.CSV, "href"),
        },
    )
    def draw(
        address: str, _news: str | None, _changes: Any, look: dict[str, Any], name: str, drawn: str | None
    ) -> Outputs:
        only_news = bool(drawn) and [*ctx.triggered_prop_ids.values()] == [Id.REVISION]
        return with_figure_written(answers.draw(name, address=address, look=answers.look(**look), only_news=only_news))


def _unchanged() -> Outputs:
    return dict.fromkeys(("figure", "statistics", "shown", "csv", "reset", "empty", "charts"), no_update)

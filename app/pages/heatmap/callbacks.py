"""What the page does when somebody moves something."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update

from app.components import ConductivityUnit, Look, Screen, moved_controls, unit_input, with_figure_written
from app.pages.heatmap.band import shown_band, slider
from app.pages.heatmap.choices import Controls, choose, usual_limits
from app.pages.heatmap.download import add_download
from app.pages.heatmap.drawing import DAY_PROFILE_DAYS, Scene, cell_link, day_profile, draw, list_shares, scene_of
from app.pages.heatmap.figures import clock_offset_ms
from app.pages.heatmap.ids import Id
from app.pages.heatmap.source import HeatmapSource
from app.pages.heatmap.table import shares_table
from app.pages.heatmap.view import view_at
from app.pages.heatmap.words import band_text, day_note, nothing_judged
from app.pages.page import PageContext

Outputs = dict[str, Any]


class HeatmapAnswers:
    """What the page answers, given a source; each method is the body of one callback."""

    def __init__(self, source: HeatmapSource, context: PageContext) -> None:
        self._source = source
        self._context = context

    def choose(self, *, address: str, moved: Collection[str], controls: Controls, unit: str | None) -> Outputs:
        """Answer the controls that were ``moved``: the new view, and the controls as they then stand."""
        shown_unit = ConductivityUnit.of(unit, self._context.ppm_scale)
        before = view_at(address)
        after = choose(before, moved, controls, unit=shown_unit, source=self._source)
        limits = after.limits or usual_limits(self._source, after.quantity)
        return {
            "view": no_update if after == before else after.address(),
            "range": "" if after.days else str(after.range),
            # The first of two days stays in its field until the second is chosen.
            "days": no_update if Id.DAYS in moved else _days(after.days),
            "what_if": after.limits is not None,
            "slider": slider(limits, after.quantity, shown_unit),
            "band_hidden": after.limits is None,
            "band_text": band_text(shown_band(limits, after.quantity, shown_unit), after.quantity, shown_unit),
        }

    def draw(self, *, address: str, look: Look) -> Outputs:
        """Answer a new view or look with the map."""
        with self._source.together() as source:
            drawing = draw(source, self._scene(source, address), look)
        return {
            "figure": drawing.figure,
            "style": {"height": f"{drawing.height}px"},
            "summary": drawing.summary,
            "shown": [html.Span(sentence) for sentence in drawing.caption],
            "csv": f"/heatmap.csv{address}",
        }

    def table(self, *, address: str, unit: str | None, is_open: bool) -> Any:
        """Answer with the table, once somebody has opened it."""
        if not is_open:
            return no_update
        shown_unit = ConductivityUnit.of(unit, self._context.ppm_scale)
        with self._source.together() as source:
            scene = self._scene(source, address)
            shares = list_shares(source, scene, shown_unit)
        return shares_table(shares, scene.view, shown_unit)

    def day(self, *, address: str, look: Look) -> Outputs:
        """Answer a new view or look with the hours of the day."""
        with self._source.together() as source:
            figure = day_profile(source, self._scene(source, address), look)
        is_judged = any(share is not None for share in figure["data"][0]["y"])
        return {"figure": figure, "note": day_note(DAY_PROFILE_DAYS) if is_judged else nothing_judged()}

    def open(self, click: Mapping[str, Any] | None, *, address: str) -> Any:
        """Answer a click on a cell with the page of its device and its stretch of time."""
        point = ((click or {}).get("points") or [{}])[0]
        with self._source.together() as source:
            scene = self._scene(source, address)
        if point.get("y") not in {one.name for one in scene.devices}:
            return no_update
        start = _start_of(point.get("x"), scene)
        return no_update if start is None else cell_link(point["y"], start, scene.stretch)

    def look(self, unit: str | None, screen: Screen | None) -> Look:
        """Read what the browser says about itself."""
        return Look.on(screen, ConductivityUnit.of(unit, self._context.ppm_scale))

    def _scene(self, source: HeatmapSource, address: str) -> Scene:
        view, now = view_at(address), self._context.clock()
        return scene_of(source, view, usual_zone=self._context.time_zone, now=now)


def _days(days: Any) -> list[str | None]:
    return [day.isoformat() for day in days] if days else [None, None]


def _start_of(middle: Any, scene: Scene) -> datetime | None:
    """Give the beginning of the cell whose middle plotly shows on the clock of the page; None for a row's bar."""
    if not isinstance(middle, str):
        return None
    wall_ms = datetime.fromisoformat(middle).replace(tzinfo=UTC).timestamp() * 1000
    middle_ms = wall_ms - clock_offset_ms(scene.stretch, scene.zone)
    return datetime.fromtimestamp(middle_ms / 1000, UTC) - scene.stretch.step / 2


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks and its download to ``app``; call once per app."""
    source = HeatmapSource(context.engine, context.clock)
    answers = HeatmapAnswers(source, context)
    add_download(app.server, source, context)
    _register_browser(app)
    _register_choosing(app, answers)
    _register_drawing(app, answers)


def _register_browser(app: Dash) -> None:
    app.clientside_callback(ClientsideFunction("heatmap", "screen"), Output(Id.SCREEN, "data"), Input(Id.ADDRESS, "id"))
    app.clientside_callback(ClientsideFunction("heatmap", "mirror"), Output(Id.ADDRESS, "data"), Input(Id.VIEW, "data"))
    app.clientside_callback(
        ClientsideFunction("heatmap", "picture"),
        Output(Id.PICTURE, "data"),
        Input(Id.PNG, "n_clicks"),
        State(Id.VIEW, "data"),
        prevent_initial_call=True,
    )


def _register_choosing(app: Dash, answers: HeatmapAnswers) -> None:
    band = ("value", "min", "max", "step", "minRange", "marks")

    @app.callback(
        output={
            "view": Output(Id.VIEW, "data"),
            "range": Output(Id.RANGE, "value"),
            "days": Output(Id.DAYS, "value"),
            "what_if": Output(Id.WHAT_IF, "checked"),
            "slider": {name: Output(Id.BAND, name) for name in band},
            "band_hidden": Output(Id.BAND_BOX, "hidden"),
            "band_text": Output(Id.BAND_TEXT, "children"),
        },
        inputs={
            "moved": {
                "quantity": Input(Id.QUANTITY, "value"),
                "side": Input(Id.SIDE, "value"),
                "weight": Input(Id.WEIGHT, "value"),
                "size": Input(Id.SIZE, "value"),
                "range": Input(Id.RANGE, "value"),
                "days": Input(Id.DAYS, "value"),
                "order": Input(Id.ORDER, "value"),
                "group": Input(Id.GROUP, "value"),
                "what_if": Input(Id.WHAT_IF, "checked"),
                "band": Input(Id.BAND, "value"),
            },
            "unit": unit_input(),
            "address": State(Id.VIEW, "data"),
        },
    )
    def choose(moved: dict[str, Any], unit: str | None, address: str) -> Outputs:
        return answers.choose(address=address, moved=moved_controls(), controls=Controls(**moved), unit=unit)

    @app.callback(
        Output(Id.GO, "href"), Input(Id.GRAPH, "clickData"), State(Id.VIEW, "data"), prevent_initial_call=True
    )
    def open_cell(click: dict[str, Any] | None, address: str) -> Any:
        return answers.open(click, address=address)


def _register_drawing(app: Dash, answers: HeatmapAnswers) -> None:
    inputs = {"address": Input(Id.VIEW, "data"), "look": {"unit": unit_input(), "screen": Input(Id.SCREEN, "data")}}

    @app.callback(
        output={
            "figure": Output(Id.GRAPH, "figure"),
            "style": Output(Id.GRAPH, "style"),
            "summary": Output(Id.SUMMARY, "children"),
            "shown": Output(Id.SHOWN, "children"),
            "csv": Output(Id.CSV, "href"),
        },
        inputs=inputs,
    )
    def draw_map(address: str, look: dict[str, Any]) -> Outputs:
        return with_figure_written(answers.draw(address=address, look=answers.look(**look)))

    @app.callback(Output(Id.TABLE, "children"), Input(Id.VIEW, "data"), unit_input(), Input(Id.TABLE_HEAD, "n_clicks"))
    def draw_table(address: str, unit: str | None, clicks: int | None) -> Any:
        return answers.table(address=address, unit=unit, is_open=bool(clicks))

    @app.callback(
        output={"figure": Output(Id.DAY_GRAPH, "figure"), "note": Output(Id.DAY_NOTE, "children")}, inputs=inputs
    )
    def draw_day(address: str, look: dict[str, Any]) -> Outputs:
        return answers.day(address=address, look=answers.look(**look))

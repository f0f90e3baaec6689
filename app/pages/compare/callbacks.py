"""What the page does when somebody moves something."""

from collections.abc import Collection
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update

from app.components import (
    ConductivityUnit,
    Look,
    Screen,
    empty_state,
    keep_zooms,
    moved_controls,
    unit_input,
    with_figure_written,
)
from app.pages.compare.choices import Controls, choose
from app.pages.compare.comparison import Lacks, lacks_of, load
from app.pages.compare.download import add_download
from app.pages.compare.drawing import draw
from app.pages.compare.ids import Id
from app.pages.compare.layout import begin_with, names_data
from app.pages.compare.ranking import height_for
from app.pages.compare.scene import Scene, scene_of, zone_of
from app.pages.compare.source import CompareSource
from app.pages.compare.view import Between, Shape, View, view_at
from app.pages.compare.words import lack_notices, nobody_summary, notices, ranking_title, why_empty
from app.pages.page import PageContext

Outputs = dict[str, Any]


class CompareAnswers:
    """What the page answers, given a source; each method is the body of one callback."""

    def __init__(self, source: CompareSource, context: PageContext) -> None:
        self._source = source
        self._context = context

    def choose(self, *, address: str, moved: Collection[str], controls: Controls) -> Outputs:
        """Answer a control: the new view, and the controls as they then stand."""
        before, known = view_at(address), self._source.choosable()
        shown = [one for one in known if one.record.name in before.devices]
        zone = zone_of(shown, self._context.time_zone)
        after = choose(before, moved, controls, zone=zone, known=known)
        is_changed = after != before
        return {
            "view": after.address() if is_changed else no_update,
            # Groups in the field become the names that they stand for.
            "devices": [one.record.name for one in known if one.record.name in after.devices]
            if Id.DEVICES in moved
            else no_update,
            "range": "" if after.days else str(after.range),
            # The first of two days stays in its field until the second is chosen.
            "days": no_update if Id.DAYS in moved else _days(after),
            **_asked(after),
        }

    def draw(self, *, address: str, look: Look) -> Outputs:
        """Answer a new view or look with the figure, its words and the ranking."""
        view = view_at(address)
        scene = scene_of(self._source, view, usual_zone=self._context.time_zone, now=self._context.clock())
        comparison = load(self._source, scene, look.unit) if scene else None
        lacks = lacks_of(self._source, comparison) if comparison else {}
        drawing = draw(self._source, comparison, look) if comparison else None
        # What holds for all of them stands in the place of the figure.
        texts = [*notices(scene), *(lack_notices(lacks) if drawing or len(lacks) > 1 else [])] if scene else []
        said = {"notices": [html.P(text, className="compare-notice") for text in texts]}
        if drawing is None:
            return _nothing() | said | {"empty": self._why_empty(view, scene, lacks)}
        return said | {
            "figure": drawing.figure,
            "style": {"height": f"{drawing.height}px"},
            "summary": drawing.summary,
            "shown": [html.Span(sentence) for sentence in drawing.caption],
            "words": [html.P(sentence) for sentence in drawing.words],
            "rows": drawing.ranking,
            "title": ranking_title(drawing.naming),
            "grid_style": {"height": f"{height_for(len(drawing.ranking))}px", "width": "100%"},
            "csv": f"/compare.csv{address}&unit={look.unit}",
            "reset": {"display": "none" if view.zoom is None else "inline-flex"},
            "empty": None,
            "empty_hidden": True,
            "body_hidden": False,
        }

    def look(self, unit: str | None, screen: Screen | None) -> Look:
        """Read what the browser says about itself."""
        return Look.on(screen, ConductivityUnit.of(unit, self._context.ppm_scale))

    def _why_empty(self, view: View, scene: Scene | None, lacks: Lacks) -> Any:
        title, text = why_empty(view, scene, lacks)
        action = begin_with(self._source.choosable()) if not view.devices else None
        return empty_state(title=title, text=text, action=action, picture="search")


def _days(view: View) -> list[str | None]:
    return [day.isoformat() for day in view.days] if view.days else [None, None]


def _asked(view: View) -> Outputs:
    """Show the controls that belong to what is drawn, and offer them the Pis that are compared."""
    is_correlation = view.shape is Shape.CORRELATION
    is_within = is_correlation and view.between is Between.WITHIN
    names = names_data(view.devices)
    return {
        "spread_hidden": view.shape is not Shape.COHORT,
        "over_hidden": view.shape is not Shape.COHORT,
        "between_hidden": not is_correlation,
        "one_hidden": not is_within,
        "over_data": names,
        "one_data": names,
        "one": view.one or next(iter(view.devices), None),
    }


def _nothing() -> Outputs:
    names = ("figure", "style", "shown", "words", "rows", "title", "grid_style", "csv", "reset")
    return dict.fromkeys(names, no_update) | {"summary": nobody_summary(), "empty_hidden": False, "body_hidden": True}


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks and its download to ``app``; call once per app."""
    source = CompareSource(context.engine, context.clock)
    answers = CompareAnswers(source, context)
    add_download(app.server, source, context)
    _register_browser(app)
    keep_zooms(app, Id.GRAPH, Id.ZOOM)
    _register_choosing(app, answers)
    _register_drawing(app, answers)


def _register_browser(app: Dash) -> None:
    app.clientside_callback(ClientsideFunction("compare", "screen"), Output(Id.SCREEN, "data"), Input(Id.ADDRESS, "id"))
    app.clientside_callback(ClientsideFunction("compare", "mirror"), Output(Id.ADDRESS, "data"), Input(Id.VIEW, "data"))


def _register_choosing(app: Dash, answers: CompareAnswers) -> None:
    @app.callback(
        output={
            "view": Output(Id.VIEW, "data"),
            "devices": Output(Id.DEVICES, "value"),
            "range": Output(Id.RANGE, "value"),
            "days": Output(Id.DAYS, "value"),
            "spread_hidden": Output(Id.SPREAD_BOX, "hidden"),
            "over_hidden": Output(Id.OVER_BOX, "hidden"),
            "between_hidden": Output(Id.BETWEEN_BOX, "hidden"),
            "one_hidden": Output(Id.ONE_BOX, "hidden"),
            "over_data": Output(Id.OVER, "data"),
            "one_data": Output(Id.ONE, "data"),
            "one": Output(Id.ONE, "value"),
        },
        inputs={
            "moved": {
                "devices": Input(Id.DEVICES, "value"),
                "quantity": Input(Id.QUANTITY, "value"),
                "range": Input(Id.RANGE, "value"),
                "days": Input(Id.DAYS, "value"),
                "align": Input(Id.ALIGN, "value"),
                "shape": Input(Id.SHAPE, "value"),
                "spread": Input(Id.SPREAD, "value"),
                "over": Input(Id.OVER, "value"),
                "between": Input(Id.BETWEEN, "value"),
                "one": Input(Id.ONE, "value"),
                "relayout": Input(Id.ZOOM, "data"),
            },
            "_reset": Input(Id.RESET, "n_clicks"),
            "address": State(Id.VIEW, "data"),
        },
    )
    def choose(moved: dict[str, Any], _reset: int | None, address: str) -> Outputs:
        return answers.choose(address=address, moved=moved_controls(), controls=Controls(**moved))


def _register_drawing(app: Dash, answers: CompareAnswers) -> None:
    @app.callback(
        output={
            "figure": Output(Id.GRAPH, "figure"),
            "style": Output(Id.GRAPH, "style"),
            "summary": Output(Id.SUMMARY, "children"),
            "notices": Output(Id.NOTICES, "children"),
            "shown": Output(Id.SHOWN, "children"),
            "words": Output(Id.WORDS, "children"),
            "rows": Output(Id.RANKING, "rowData"),
            "title": Output(Id.RANKING_TITLE, "children"),
            "grid_style": Output(Id.RANKING, "style"),
            "csv": Output(Id.CSV, "href"),
            "reset": Output(Id.RESET, "style"),
            "empty": Output(Id.EMPTY, "children"),
            "empty_hidden": Output(Id.EMPTY, "hidden"),
            "body_hidden": Output(Id.BODY, "hidden"),
        },
        inputs={
            "address": Input(Id.VIEW, "data"),
            "look": {"unit": unit_input(), "screen": Input(Id.SCREEN, "data")},
        },
    )
    def draw_comparison(address: str, look: dict[str, Any]) -> Outputs:
        return with_figure_written(answers.draw(address=address, look=answers.look(**look)))

"""What the page looks like before the first answer; the filters start as the address says."""

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import empty_state, page_header, pick_place, unseen_label
from app.i18n import _
from app.pages.beginning import no_devices
from app.pages.page import PageContext
from app.pages.today.entries import Kind
from app.pages.today.ids import Id, count_id, counter_id, rows_id, section_id
from app.pages.today.words import kind_text

#: Asked this often what has changed.
_TICK_MS = 10_000
ALL = "all"
#: The shape beside the name of a kind; the others have none.
_SHAPES = {Kind.SERVER: "out", Kind.OUT: "out", Kind.SILENT: "silent", Kind.LIMIT: "suspect", Kind.SUSPECT: "suspect"}


def layout(context: PageContext, query: Mapping[str, str]) -> Component:
    """Build the page for one visit."""
    chosen = query.get("kind", ALL)
    board = [
        html.Div(id=Id.NUMBERS, className="card today-numbers"),
        _counters(chosen if chosen in set(Kind) else ALL),
        html.Div([_section(kind) for kind in Kind], className="today-sections"),
        html.Div(_nothing(), id=Id.NOTHING, hidden=True),
        html.P(id=Id.FOOT, className="note today-foot"),
    ]
    return html.Div(
        [
            dcc.Interval(id=Id.TICK, interval=_TICK_MS),
            dcc.Store(id=Id.SHOWN),
            dcc.Store(id=Id.QUERY),
            page_header(_("Today"), subtitle=html.Span("\u00a0", id=Id.SUMMARY), aside=_places(query)),
            html.Div(board, id=Id.BOARD, className="today-board"),
            html.Div(no_devices(_("What needs you today stands here, once there are Pis.")), id=Id.EMPTY, hidden=True),
        ],
        className="today-page",
    )


def _places(query: Mapping[str, str]) -> list[Component]:
    return [
        pick_place(Id.SITE, _("Site"), query.get("site"), class_name="today-choice", side="end"),
        pick_place(Id.ZONE, _("Zone"), query.get("zone"), class_name="today-choice", side="end"),
    ]


def _counters(chosen: str) -> Component:
    everything = html.Div(_counter(ALL, _("All"), Id.COUNT_ALL))
    others = [
        html.Div(_counter(kind, kind_text(kind), count_id(kind)), id=counter_id(kind), hidden=True) for kind in Kind
    ]
    return dmc.RadioGroup(
        html.Div([everything, *others], className="counters today-counters"),
        id=Id.KIND,
        value=chosen,
        **unseen_label(_("What to show")),
    )


def _counter(value: str, name: str, number_id: str) -> Component:
    label = [html.Span(name, className="counter-name"), html.Span("–", id=number_id, className="counter-number")]
    return dmc.RadioCard(label, value=value, className="counter")


def _section(kind: Kind) -> Component:
    shape = [html.Span(className="state-shape")] if kind in _SHAPES else []
    title = html.H2([*shape, kind_text(kind)], className=f"card-title today-title state-{_SHAPES.get(kind, 'none')}")
    return html.Section(
        [title, html.Div(id=rows_id(kind))], id=section_id(kind), hidden=True, className="card today-section"
    )


def _nothing() -> Component:
    return empty_state(
        title=_("Nothing needs you"),
        text=_("Bands, forecasts, silence, suspect values, probes, calibrations and the server itself were looked at."),
        picture="done",
    )

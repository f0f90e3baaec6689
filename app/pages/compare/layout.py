"""The page as it arrives: the controls as the address says, and the places that callbacks fill."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import ConductivityUnit, card, days_input, graph, icon, named, page_header
from app.i18n import _
from app.jobs.summaries import PREFIXES
from app.pages.beginning import no_devices
from app.pages.compare.groups import Choosable, options, suggestions
from app.pages.compare.ids import Id
from app.pages.compare.ranking import ranking_grid
from app.pages.compare.source import CompareSource
from app.pages.compare.view import View, read_view
from app.pages.compare.words import (
    align_names,
    between_names,
    nobody_summary,
    quantity_names,
    ranking_note,
    ranking_title,
    shape_names,
    spread_names,
)
from app.pages.device.displayed import naming
from app.pages.device.layout import range_names
from app.pages.page import PageContext
from app.principal import current_user

_GRAPH_CONFIG = {"doubleClick": "autosize", "showTips": False, "modeBarButtons": [["toImage"]]}


def layout(context: PageContext, query: Mapping[str, str]) -> Component:
    """Build the page for one visit."""
    view, source = read_view(query), CompareSource(context.engine, context.clock)
    # At its start Dash asks for nobody, to learn the ids there are; the database may not be there yet.
    devices = source.choosable() if current_user() is not None else []
    unit = ConductivityUnit.of(None, context.ppm_scale)
    nobody = no_devices(_("Pis are compared here once there are some."))
    body = [_controls(view, devices), html.Div(id=Id.NOTICES, role="status"), _main(view, unit)]
    return html.Div(
        [
            dcc.Store(id=Id.VIEW, data=view.address()),
            dcc.Store(id=Id.ADDRESS),
            dcc.Store(id=Id.SCREEN),
            dcc.Store(id=Id.ZOOM),
            dcc.Location(id=Id.GO, refresh="callback-nav"),
            page_header(
                _("Compare"),
                subtitle=html.Span("\u00a0" if view.devices else nobody_summary(), id=Id.SUMMARY, role="status"),
            ),
            html.Div(body, hidden=not devices, className="compare-all"),
            html.Div(nobody, hidden=bool(devices)),
        ],
        className="compare-page",
    )


def begin_with(devices: Sequence[Choosable]) -> Component:
    """Offer groups that are worth comparing, as links."""
    links = [
        dcc.Link(label, href=f"/compare{View(devices=names).address()}", className="compare-suggestion")
        for label, names in suggestions(devices)
    ]
    return html.Div(links, className="compare-suggestions")


def names_data(names: Sequence[str]) -> list[dict[str, str]]:
    """List some Pis to choose from."""
    return [{"value": name, "label": name} for name in names]


def _controls(view: View, devices: Sequence[Choosable]) -> Component:
    known = {one.record.name for one in devices}
    pick = dmc.MultiSelect(
        id=Id.DEVICES,
        data=options(devices),
        value=[name for name in view.devices if name in known],
        placeholder=_("Choose Pis by name, site, zone or crop"),
        searchable=True,
        clearable=True,
        hidePickedOptions=True,
        maxDropdownHeight=360,
        nothingFoundMessage=_("No such device"),
        size="sm",
        **named(_("Pis to compare")),
    )
    pick_days = days_input(Id.DAYS, view.days)
    ranges = {str(one): name for one, name in range_names().items()}
    rest = [
        _segments(Id.QUANTITY, _("Quantity"), quantity_names(), PREFIXES[view.quantity]),
        _segments(Id.RANGE, _("Range"), ranges, "" if view.days else str(view.range)),
        pick_days,
        _segments(Id.ALIGN, _("What lies over one another"), align_names(), str(view.align)),
    ]
    return html.Div([pick, html.Div(rest, className="compare-row")], className="compare-controls")


def _main(view: View, unit: ConductivityUnit) -> Component:
    reset = dmc.Button(
        _("Show the whole range again"), id=Id.RESET, size="compact-sm", variant="light", style={"display": "none"}
    )
    figure = dcc.Loading(
        graph(Id.GRAPH, height=560, config=_GRAPH_CONFIG),
        color="var(--mantine-primary-color-filled)",
        delay_show=400,
        overlay_style={"visibility": "visible", "opacity": 0.5},
    )
    above = html.Div([html.Div(id=Id.SHOWN, className="compare-shown"), reset], className="compare-caption")
    drawn = card([_shaping(view), above, figure, html.Div(id=Id.WORDS, className="note compare-words")])
    return html.Div(
        [
            html.Div(id=Id.EMPTY, hidden=True),
            html.Div([drawn, _ranking(view, unit)], id=Id.BODY, className="compare-body"),
        ]
    )


def _shaping(view: View) -> Component:
    """What is drawn, and what only some figures ask."""
    over = dmc.MultiSelect(
        id=Id.OVER,
        data=names_data(view.devices),
        value=list(view.over),
        placeholder=_("Tanks over it"),
        searchable=True,
        clearable=True,
        size="sm",
        **named(_("Tanks over it")),
    )
    one = dmc.Select(
        id=Id.ONE, data=names_data(view.devices), value=view.one, searchable=True, size="sm", **named(_("Device"))
    )
    return html.Div(
        [
            _segments(Id.SHAPE, _("What is drawn"), shape_names(), str(view.shape), className="segments segments-of-2"),
            html.Div(_segments(Id.SPREAD, _("Band"), spread_names(), str(view.spread)), id=Id.SPREAD_BOX, hidden=True),
            html.Div(over, id=Id.OVER_BOX, hidden=True, className="compare-over"),
            html.Div(
                _segments(Id.BETWEEN, _("What is correlated"), between_names(), str(view.between)),
                id=Id.BETWEEN_BOX,
                hidden=True,
            ),
            html.Div(one, id=Id.ONE_BOX, hidden=True),
        ],
        className="compare-row compare-shaping",
    )


def _ranking(view: View, unit: ConductivityUnit) -> Component:
    title = html.H2(ranking_title(naming(view.quantity, unit)), id=Id.RANKING_TITLE, className="card-title")
    download = html.A([icon("download"), _("CSV")], id=Id.CSV, className="download", download="")
    head = html.Div([title, download], className="compare-caption")
    note = html.P(ranking_note(), className="note compare-note")
    return card([head, ranking_grid(), note])


def _segments(id: Id, name: str, names: Mapping[str, str], value: str, **options: Any) -> Component:
    data = [{"value": str(one), "label": label} for one, label in names.items()]
    return dmc.SegmentedControl(id=id, data=data, value=value, size="sm", **named(name), **options)

"""The page as it arrives: the controls as the address says, and the places that callbacks fill."""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from analytics.quantities import Quantity
from app.components import ConductivityUnit, card, days_input, graph, icon, named, page_header
from app.i18n import _
from app.jobs.summaries import PREFIXES
from app.pages.beginning import no_devices
from app.pages.heatmap.band import slider, snapped
from app.pages.heatmap.figures import map_height
from app.pages.heatmap.ids import Id
from app.pages.heatmap.source import HeatmapSource
from app.pages.heatmap.view import View, read_view
from app.pages.heatmap.words import (
    group_names,
    order_names,
    quantity_text,
    range_names,
    side_names,
    size_names,
    weight_names,
)
from app.pages.page import PageContext
from app.principal import current_user

_GRAPH_CONFIG = {"displayModeBar": False, "showTips": False, "doubleClick": False}


def layout(context: PageContext, query: Mapping[str, str]) -> Component:
    """Build the page for one visit."""
    view, source = read_view(query), HeatmapSource(context.engine, context.clock)
    # At its start Dash asks for nobody, to learn the ids there are; the database may not be there yet.
    is_visit = current_user() is not None
    count = len(source.devices()) if is_visit else 0
    unit = ConductivityUnit.of(None, context.ppm_scale)
    limits = view.limits or (source.usual_limits(view.quantity) if is_visit else (0.0, 1.0))
    body = html.Div(
        [
            _controls(view, unit),
            _what_if(view, slider(snapped(limits, view.quantity), view.quantity, unit)),
            *_maps(count),
        ],
        hidden=not count,
        className="heatmap-body",
    )
    nobody = no_devices(_("The map has a row for every Pi, once there is one."))
    return html.Div(
        [
            dcc.Store(id=Id.VIEW, data=view.address()),
            dcc.Store(id=Id.ADDRESS),
            dcc.Store(id=Id.SCREEN),
            dcc.Store(id=Id.PICTURE),
            dcc.Location(id=Id.GO, refresh="callback-nav"),
            page_header(_("Heatmap"), subtitle=html.Span("\u00a0", id=Id.SUMMARY, role="status")),
            body,
            html.Div(nobody, hidden=bool(count)),
        ],
        className="heatmap-page",
    )


def _controls(view: View, unit: ConductivityUnit) -> Component:
    quantities = {PREFIXES[one]: quantity_text(one, unit) for one in Quantity}
    # Conductivity is called what the reader's unit calls it; the server does not know that unit yet.
    quantities[PREFIXES[Quantity.EC]] = _("TDS / EC")
    pick_days = days_input(Id.DAYS, view.days)
    return html.Div(
        [
            _segments(Id.QUANTITY, _("Quantity"), quantities, PREFIXES[view.quantity]),
            _segments(Id.RANGE, _("Range"), range_names(), "" if view.days else str(view.range)),
            pick_days,
            _segments(Id.SIDE, _("What counts"), side_names(), str(view.side)),
            _select(Id.WEIGHT, _("How it counts"), weight_names(), str(view.weight)),
            _select(Id.SIZE, _("Columns"), size_names(), str(view.size)),
            _select(Id.ORDER, _("Order"), order_names(), str(view.order)),
            _select(Id.GROUP, _("Groups"), group_names(), str(view.group)),
        ],
        className="heatmap-controls",
    )


def _what_if(view: View, band: Mapping[str, Any]) -> Component:
    switch = dmc.Switch(
        id=Id.WHAT_IF, label=_("What if the band were different?"), checked=view.limits is not None, size="md"
    )
    moved = dmc.RangeSlider(
        id=Id.BAND,
        **band,
        updatemode="mouseup",
        thumbFromLabel=_("Lower limit"),
        thumbToLabel=_("Upper limit"),
        size="lg",
        mb="lg",
    )
    note = html.P(
        _(
            "Counted again from stored histograms: exact to the second at the steps of the slider, where a value on "
            "the upper limit itself counts as above. The same band then holds for every Pi."
        ),
        className="note",
    )
    text = html.Output(id=Id.BAND_TEXT, className="heatmap-band-text")
    box = html.Div([text, moved, note], id=Id.BAND_BOX, hidden=view.limits is None, className="heatmap-band")
    return card([switch, box], class_name="heatmap-what-if")


def _maps(rows: int) -> list[Component]:
    csv = html.A([icon("download"), _("CSV")], id=Id.CSV, className="download", download="")
    png = html.Button([icon("download"), _("PNG")], id=Id.PNG, className="download", type="button")
    above = html.Div(
        [html.Div(id=Id.SHOWN, className="heatmap-shown"), html.Div([csv, png], className="heatmap-files")],
        className="heatmap-caption",
    )
    figure = dcc.Loading(
        graph(Id.GRAPH, height=map_height(rows), config=_GRAPH_CONFIG),
        color="var(--mantine-primary-color-filled)",
        delay_show=400,
        overlay_style={"visibility": "visible", "opacity": 0.5},
    )
    hint = html.P(_("A click on a cell opens that Pi in that time."), className="note")
    day = card(
        [graph(Id.DAY_GRAPH, height=180, config=_GRAPH_CONFIG), html.P(id=Id.DAY_NOTE, className="note")],
        title=_("By hour of the day"),
    )
    table = html.Details(
        [
            html.Summary(_("The same as a table"), id=Id.TABLE_HEAD),
            html.Div(id=Id.TABLE, className="heatmap-table-box"),
        ],
        className="card heatmap-details",
    )
    return [card([above, _legend(), figure, hint]), day, table]


def _legend() -> Component:
    scale = [html.Span("0 %"), html.Span(className="heatmap-scale"), html.Span("100 %")]
    others = [
        html.Span([html.Span(className="heatmap-key heatmap-key-unjudged"), _("no target")]),
        html.Span([html.Span(className="heatmap-key heatmap-key-missing"), _("no reading")]),
    ]
    return html.Div(
        [html.Span([_("Out of range"), *scale], className="heatmap-legend-scale"), *others], className="heatmap-legend"
    )


def _segments(id: Id, name: str, names: Mapping[str, str], value: str) -> Component:
    data = [{"value": str(one), "label": label} for one, label in names.items()]
    return dmc.SegmentedControl(id=id, data=data, value=value, size="sm", **named(name))


def _select(id: Id, name: str, names: Mapping[str, str], value: str) -> Component:
    data = [{"value": str(one), "label": label} for one, label in names.items()]
    return dmc.Select(id=id, data=data, value=value, allowDeselect=False, size="sm", w=172, **named(name))

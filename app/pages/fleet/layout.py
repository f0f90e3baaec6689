"""What the page looks like before the first answer; search and filters start as the address says."""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import ConductivityUnit, icon, named, page_header, pick_place, unseen_label
from app.i18n import _
from app.pages.beginning import no_devices
from app.pages.fleet.grid import fleet_grid
from app.pages.fleet.ids import Id, count_id, counter_id
from app.pages.fleet.refresh import PLACE_COLUMNS
from app.pages.fleet.status import State
from app.pages.fleet.words import nowhere_text, state_text
from app.pages.page import PageContext

#: Asked this often what has changed.
_TICK_MS = 10_000
#: The order of the counters; the later ones only show where there is something to count.
_ALWAYS_COUNTED = (State.IN, State.OUT, State.SUSPECT, State.SILENT)
RARELY_COUNTED = (State.NO_DATA, State.UNJUDGED, State.HISTORY)
COUNTED = (*_ALWAYS_COUNTED, *RARELY_COUNTED)
ALL = "all"


def layout(context: PageContext, query: Mapping[str, str]) -> Component:
    """Build the page for one visit."""
    return html.Div(
        [
            dcc.Interval(id=Id.TICK, interval=_TICK_MS),
            dcc.Store(id=Id.SHOWN),
            dcc.Store(id=Id.CLOCK),
            dcc.Store(id=Id.QUERY),
            page_header(_("Fleet"), subtitle=html.Span("\u00a0", id=Id.SUMMARY)),
            html.Div(
                [
                    _counters(query.get("state", ALL)),
                    _toolbar(query),
                    html.Div(id=Id.GROUPS, className="fleet-groups", **_nowhere()),
                    html.Div(fleet_grid(ConductivityUnit.of(None, context.ppm_scale)), className="card fleet-card"),
                ],
                id=Id.BOARD,
                className="fleet-board",
            ),
            html.Div(
                no_devices(_("Every Pi stands here with its newest values, once it has joined.")),
                id=Id.EMPTY,
                hidden=True,
            ),
        ],
        className="fleet",
    )


def _counters(chosen: str) -> Component:
    known = chosen if chosen in set(COUNTED) else ALL
    everything = html.Div(_counter(ALL, _("All"), Id.COUNT_ALL))
    others = [
        html.Div(
            _counter(state, state_text(state), count_id(state)), id=counter_id(state), hidden=state in RARELY_COUNTED
        )
        for state in COUNTED
    ]
    return dmc.RadioGroup(
        html.Div([everything, *others], className="counters"), id=Id.STATE, value=known, **unseen_label(_("State"))
    )


def _counter(value: str, name: str, number_id: str) -> Component:
    label = [html.Span(className="state-shape")] if value != ALL else []
    return dmc.RadioCard(
        [
            html.Span("–", id=number_id, className="counter-number"),
            html.Span([*label, name], className=f"counter-name state state-{value}"),
        ],
        value=value,
        className="counter",
    )


def _toolbar(query: Mapping[str, str]) -> Component:
    return html.Div(
        [
            dmc.TextInput(
                id=Id.SEARCH,
                value=query.get("q", ""),
                placeholder=_("Search device, site, zone or crop"),
                leftSection=icon("search"),
                debounce=150,
                className="fleet-search",
                **named(_("Search")),
            ),
            pick_place(Id.SITE, _("Site"), query.get("site"), class_name="fleet-choice", side="start"),
            pick_place(Id.ZONE, _("Zone"), query.get("zone"), class_name="fleet-choice", side="start"),
            pick_place(Id.CROP, _("Crop"), query.get("crop"), class_name="fleet-choice", side="start"),
            _grouping(query.get("group", "")),
            _chosen(),
        ],
        className="toolbar",
    )


def _grouping(chosen: str) -> Component:
    """Offer to put the devices of a place, or with a crop, together."""
    names = {"site": _("By site"), "zone": _("By zone"), "crop": _("By crop")}
    return dmc.Select(
        id=Id.GROUP,
        value=chosen if chosen in names else None,
        data=[{"value": value, "label": name} for value, name in names.items()],
        placeholder=_("Not grouped"),
        clearable=True,
        comboboxProps={"width": 200, "position": "bottom-start"},
        className="fleet-choice",
        **named(_("Group")),
    )


def _nowhere() -> dict[str, Any]:
    """Hand the browser the names of groups of devices that have no site, no zone or no crop."""
    return {f"data-{column}": nowhere_text(column) for column in PLACE_COLUMNS}


def _chosen() -> Component:
    """Offer what can be done with the rows that are ticked."""
    return html.Div(
        [
            html.Span([html.Strong(id=Id.CHOSEN_COUNT), " ", _("chosen")], className="fleet-chosen-count"),
            dcc.Link([icon("compare"), _("Compare")], id=Id.COMPARE, href="/compare", className="download"),
            dcc.Link([icon("download"), _("Export")], id=Id.EXPORT, href="/export", className="download"),
        ],
        id=Id.CHOSEN,
        hidden=True,
        className="fleet-chosen",
    )

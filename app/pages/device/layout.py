"""The page as it arrives, before the first answer of a callback."""

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import ConductivityUnit, card, days_input, dead_end, empty_state, graph, icon, named
from app.i18n import _
from app.pages.beginning import first_steps
from app.pages.device.arrivals.layout import arrivals_card
from app.pages.device.events.callbacks import may_edit
from app.pages.device.events.layout import events_card, here_button
from app.pages.device.header import header
from app.pages.device.ids import Id
from app.pages.device.insights.layout import insights_section
from app.pages.device.overrides.layout import overrides_card
from app.pages.device.panels import around_names
from app.pages.device.source import DatabaseDevices, DeviceSource, Profile, Surroundings
from app.pages.device.view import Range, Values, View, Window, read_view
from app.pages.page import PageContext

_TICK_MS = 10_000
#: Zooming is a drag, its end a double click or the button above the figure; tips would cover the page.
_GRAPH_CONFIG = {
    "doubleClick": "autosize",
    "showTips": False,
    "modeBarButtons": [["toImage", "zoom2d", "pan2d"]],
}


def layout(context: PageContext, query: Mapping[str, str], device: str | None = None) -> Component:
    """Build the page of one device for one visit.

    Without a device (the server asks once, at its start) the page is built empty, so that every id is known.
    """
    source = DatabaseDevices(context.engine, context.clock)
    if device is None:
        return page(None, read_view(query), Surroundings((), None, None), html.Div())
    profile = source.profile(device)
    if profile is None:
        return unknown_device(device)
    is_corrected = source.is_corrected(profile.record.id)
    heading = _heading(context, source, profile)
    return page(profile, read_view(query), source.surroundings(device), heading, is_corrected=is_corrected)


def page(
    profile: Profile | None, view: View, around: Surroundings, heading: Component, *, is_corrected: bool = False
) -> Component:
    """Put the parts together; a device without readings gets a hint instead of an empty figure."""
    name = profile.record.name if profile else ""
    is_empty = profile is not None and profile.extent is None
    parts = [
        _controls(view, is_corrected),
        _chart(),
        _statistics(),
        events_card(may_edit=may_edit()),
        overrides_card(may_edit=may_edit()),
        arrivals_card(),
        insights_section(),
    ]
    charts = html.Div(parts, id=Id.CHARTS, hidden=is_empty)
    return html.Div(
        [
            dcc.Store(id=Id.DEVICE, data=name),
            dcc.Store(id=Id.VIEW, data=view.address()),
            dcc.Store(id=Id.SCREEN),
            dcc.Store(id=Id.ZOOM),
            dcc.Store(id=Id.REVISION),
            dcc.Store(id=Id.ADDRESS),
            dcc.Location(id=Id.GO, refresh="callback-nav"),
            dcc.Interval(id=Id.TICK, interval=_TICK_MS),
            _switch(name, around),
            html.Div(heading, id=Id.HEADER),
            html.Div(no_readings(name), id=Id.EMPTY, hidden=not is_empty),
            charts,
        ],
        className="device-page",
    )


def unknown_device(name: str) -> Component:
    """Say that there is no such device, and lead back."""
    return dead_end(
        title=_("There is no device called %(name)s", name=name),
        text=_("It may have been renamed, or the link is misspelt."),
        action=dmc.Anchor(_("Go to the fleet"), href="/fleet"),
    )


def no_readings(name: str) -> Component:
    """Say what to do about a device that never sent a reading."""
    return empty_state(
        title=_("No readings yet"),
        text=[
            _(
                "Its first reading appears here within a minute of %(name)s being switched on with its token.",
                name=name,
            ),
            html.P(_("An older log can be brought in as its history.")),
        ],
        action=first_steps(),
    )


def _heading(context: PageContext, source: DeviceSource, profile: Profile) -> Component:
    unit = ConductivityUnit.of(None, profile.record.ppm_scale or context.ppm_scale)
    zone = profile.record.site_time_zone or context.time_zone
    return header(profile.record, source.latest(profile.record.name), unit, zone, context.clock())


def _switch(name: str, around: Surroundings) -> Component:
    return html.Div(
        [
            dcc.Link(icon("fleet"), href="/fleet", className="icon-button", title=_("Go to the fleet")),
            _step(Id.PREVIOUS, around.previous, "left", _("Previous device (key [)")),
            dmc.Select(
                id=Id.SWITCH,
                data=[*around.names] if name in around.names or not name else [name, *around.names],
                value=name or None,
                searchable=True,
                allowDeselect=False,
                size="sm",
                nothingFoundMessage=_("No such device"),
                **named(_("Device")),
            ),
            _step(Id.NEXT, around.next, "right", _("Next device (key ])")),
        ],
        className="device-switch",
    )


def _step(id: Id, name: str | None, picture: str, title: str) -> Component:
    classes = "icon-button" if name else "icon-button is-off"
    label = f"{title}: {name}" if name else title
    return dcc.Link(icon(picture), id=id, href=f"/devices/{name}" if name else "", className=classes, title=label)


def _controls(view: View, is_corrected: bool) -> Component:
    return html.Div(
        [
            dmc.SegmentedControl(
                id=Id.RANGE,
                data=[{"value": str(one), "label": label} for one, label in range_names().items()],
                value="" if view.days else str(view.range),
                size="sm",
            ),
            days_input(Id.DAYS, view.days),
            html.Div(
                [
                    html.Span(_("Rolling window"), className="control-label"),
                    dmc.SegmentedControl(
                        id=Id.WINDOW,
                        data=[{"value": str(one), "label": label} for one, label in window_labels().items()],
                        value=str(view.window),
                        size="sm",
                    ),
                ],
                className="device-window",
            ),
            _around(view),
            html.Div(_values(view), hidden=not is_corrected and view.values is Values.CORRECTED),
        ],
        className="device-controls",
    )


def _around(view: View) -> Component:
    return dmc.Select(
        id=Id.AROUND,
        data=[{"value": str(one), "label": label} for one, label in around_names().items()],
        value=str(view.around),
        allowDeselect=False,
        size="sm",
        w=215,
        **named(_("What is drawn around the mean")),
    )


def _values(view: View) -> Component:
    names = {Values.CORRECTED: _("As corrected"), Values.MEASURED: _("As measured")}
    return dmc.SegmentedControl(
        id=Id.VALUES,
        data=[{"value": str(one), "label": label} for one, label in names.items()],
        value=str(view.values),
        size="sm",
    )


def range_names() -> dict[Range, str]:
    """Name the ready-made ranges, short enough for a row of buttons on a phone."""
    return {
        Range.SIX_HOURS: _("6 h"),
        Range.DAY: _("24 h"),
        Range.WEEK: _("7 d"),
        Range.MONTH: _("30 d"),
        Range.QUARTER: _("90 d"),
        Range.YEAR: _("1 y"),
        Range.ALL: _("All"),
    }


def window_labels() -> dict[Window, str]:
    """Name the windows, as short as the ranges."""
    return {Window.HOUR: _("1 h"), Window.SIX_HOURS: _("6 h"), Window.DAY: _("24 h"), Window.WEEK: _("7 d")}


def _chart() -> Component:
    reset = dmc.Button(
        _("Show the whole range again"), id=Id.RESET, size="compact-sm", variant="light", style={"display": "none"}
    )
    figure = graph(Id.GRAPH, height="var(--device-figure-height)", config=_GRAPH_CONFIG)
    buttons = html.Div([here_button(), reset], className="device-caption-buttons")
    above = html.Div([html.Div(id=Id.SHOWN, className="device-shown"), buttons], className="device-caption")
    return card(
        [
            above,
            dcc.Loading(
                figure,
                color="var(--mantine-primary-color-filled)",
                delay_show=400,
                overlay_style={"visibility": "visible", "opacity": 0.5},
            ),
        ]
    )


def _statistics() -> Component:
    download = html.A([icon("download"), _("CSV of what is shown")], id=Id.CSV, className="download", download="")
    head = html.Div(
        [html.H2(_("Statistics of the shown period"), className="card-title"), download], className="statistics-head"
    )
    note = html.P(
        _("Only readings that passed their tests count. Time in range is weighted by time; gaps belong to nobody."),
        className="note",
    )
    return card([head, html.Div(id=Id.STATISTICS), note])

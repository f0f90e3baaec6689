"""The page as it arrives: the choices as the address says, and the places that callbacks fill."""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import ZONE_SEARCH, card, crop_texts, icon, page_header, zone_names
from app.exports.request import OF_THE_SITE
from app.i18n import _, zone_text
from app.pages.beginning import no_devices
from app.pages.export.ids import Id
from app.pages.export.source import ExportPageSource, Places
from app.pages.export.view import View, read_view
from app.pages.export.words import (
    detail_names,
    dialect_names,
    field_names,
    format_names,
    layout_names,
    range_names,
    resolution_names,
    unit_names,
)
from app.pages.page import PageContext
from app.principal import current_user

_BEAT_MS = 2000
#: Parts of a choice that stand beside one another on a phone.
_MOST_ABREAST = 4


def layout(context: PageContext, query: Mapping[str, str]) -> Component:
    """Build the page for one visit."""
    view = read_view(query)
    places = ExportPageSource(context.engine, context.clock).places() if current_user() else None
    is_empty = places is not None and not places.devices
    main = [
        card(_who(view, places or Places([], [], {})), title=_("Which Pis"), class_name="export-card"),
        card(_when(view), title=_("From when to when"), class_name="export-card"),
        card(_what(view), title=_("What stands in it"), class_name="export-card"),
        card(_how(view), title=_("Which file"), class_name="export-card"),
    ]
    return html.Div(
        [
            dcc.Store(id=Id.VIEW, data=view.address()),
            dcc.Store(id=Id.ADDRESS),
            dcc.Interval(id=Id.BEAT, interval=_BEAT_MS),
            page_header(
                _("Export"), subtitle=_("Every reading, however many: the file streams and has no limit on rows.")
            ),
            html.Div(
                [html.Div(main, className="export-main"), html.Div(_file(), className="export-side")],
                className="export-columns",
                hidden=is_empty,
            ),
            html.Div(no_devices(_("Readings are taken out here, once there are some.")), hidden=not is_empty),
            card(html.Div(id=Id.SCHEDULES), title=_("On a schedule"), class_name="export-history"),
            card(html.Div(id=Id.HISTORY), title=_("Exports so far"), class_name="export-history"),
        ],
        className="export-page",
    )


def _who(view: View, places: Places) -> list[Component]:
    chosen = [name for name in view.device_names if name in places.devices]
    return [
        html.Div(
            [
                _select(Id.SITE, _("Site"), {one: one for one in places.sites}, view.site, placeholder=_("All sites")),
                _select(Id.CROP, _("Crop"), crop_texts(places.crops), view.crop, placeholder=_("All crops")),
            ],
            className="export-pair",
        ),
        dmc.MultiSelect(
            id=Id.DEVICES,
            label=_("Pis"),
            data=places.devices,
            value=chosen,
            placeholder="" if chosen else _("All of them, retired ones too"),
            searchable=True,
            clearable=True,
            hidePickedOptions=True,
            nothingFoundMessage=_("No Pi of that name"),
        ),
    ]


def _when(view: View) -> list[Component]:
    days = [view.start or None, view.end or None]
    return [
        html.Div(
            _segments(Id.RANGE, _("Span"), range_names(), "" if view.start else view.range), className="export-scroll"
        ),
        dmc.DatePickerInput(
            id=Id.DAYS,
            type="range",
            label=_("Or from day to day"),
            value=days,
            placeholder=_("Choose days"),
            valueFormat="D MMM YYYY",
            clearable=True,
            allowSingleDateInRange=True,
            leftSection=icon("calendar"),
        ),
        _labelled(_("One row for"), _segments(Id.RESOLUTION, _("One row for"), resolution_names(), view.resolution)),
    ]


def _what(view: View) -> list[Component]:
    values = {"corrected": _("As corrected"), "measured": _("As measured")}
    quality = {"all": _("All readings"), "usable": _("Usable ones only")}
    return [
        _boxes(Id.FIELDS, _("Quantities"), field_names(), view.fields),
        _select(Id.UNIT, _("Conductivity as"), unit_names(), view.unit, clearable=False),
        _boxes(Id.DETAILS, _("Beside each value"), detail_names(), view.details),
        html.Div(
            [
                _labelled(_("Values"), _segments(Id.VALUES, _("Values"), values, view.values)),
                _labelled(_("Quality"), _segments(Id.QUALITY, _("Quality"), quality, view.quality)),
            ],
            className="export-pair",
        ),
    ]


def _how(view: View) -> list[Component]:
    zones = {OF_THE_SITE: _("That of each site"), **zone_names()}
    zones.setdefault(view.tz, zone_text(view.tz))
    return [
        _labelled(_("Format"), _segments(Id.FORMAT, _("Format"), format_names(), view.format)),
        _labelled(_("Pis"), _segments(Id.LAYOUT, _("Layout"), layout_names(), view.layout)),
        html.Div(
            [
                _select(Id.ZONE, _("Local times"), zones, view.tz, clearable=False, **ZONE_SEARCH),
                _select(Id.DIALECT, _("Cells"), dialect_names(), view.dialect, clearable=False),
            ],
            className="export-pair",
        ),
    ]


def _file() -> list[Component]:
    ways = {Id.AS_URL: "URL", Id.AS_CURL: "curl", Id.AS_PANDAS: "pandas"}
    tabs = dmc.Tabs(
        [
            dmc.TabsList([dmc.TabsTab(name, value=str(one)) for one, name in ways.items()]),
            *(dmc.TabsPanel(_copied(one, name), value=str(one)) for one, name in ways.items()),
        ],
        value=str(Id.AS_URL),
        className="export-ways",
    )
    hint = html.P(
        [
            _("Programs log in with a read token, which an administrator makes:"),
            html.Code("./hydrofleet keys read create"),
        ],
        className="export-note",
    )
    size = html.Div("\u00a0", id=Id.SIZE, className="export-size", role="status")
    download = html.A([icon("download"), _("Download")], id=Id.DOWNLOAD, className="export-download", download="")
    return [
        card([size, download], title=_("The file"), class_name="export-card"),
        card([tabs, hint], title=_("The same for programs"), class_name="export-card"),
    ]


def _copied(id: Id, name: str) -> Component:
    copy = dcc.Clipboard(target_id=str(id), title=_("Copy"), className="export-copy")
    named: dict[str, Any] = {"role": "group", "aria-label": name, "tabIndex": 0}
    return html.Div([html.Pre(id=id, **named), copy], className="export-code")


def _segments(id: Id, name: str, names: Mapping[str, str], value: str) -> Component:
    data = [{"value": str(one), "label": label} for one, label in names.items()]
    named: dict[str, Any] = {"aria-label": name}
    # Seven spans stand in two rows on a phone, of four and three; five steps of three and two.
    columns = len(data) if len(data) <= _MOST_ABREAST else -(-len(data) // 2)
    return dmc.SegmentedControl(
        id=id, data=data, value=value, size="sm", className=f"segments segments-of-{columns}", **named
    )


def _labelled(label: str, control: Component) -> Component:
    return html.Div([html.Div(label, className="export-label"), html.Div(control, className="export-scroll")])


def _select(id: Id, name: str, names: Mapping[str, str], value: str, **options: Any) -> Component:
    data = [{"value": str(one), "label": label} for one, label in names.items()]
    usual = {"clearable": True, "allowDeselect": False}
    return dmc.Select(id=id, label=name, data=data, value=value or None, **{**usual, **options})


def _boxes(id: Id, name: str, names: Mapping[str, str], chosen: str) -> Component:
    boxes = [dmc.Checkbox(label=label, value=str(one), size="sm") for one, label in names.items()]
    return dmc.CheckboxGroup(
        html.Div(boxes, className="export-boxes"), id=id, label=name, value=[one for one in chosen.split(",") if one]
    )

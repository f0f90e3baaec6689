"""The page as it arrives: a place for a file; the form follows once there is one."""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import ZONE_SEARCH, card, icon, page_header, zone_names
from app.i18n import _, zone_text
from app.imports import Mode
from app.imports.shelf import MOST_BYTES
from app.pages.imports.ids import Id
from app.pages.page import PageContext

_BEAT_MS = 500


def layout(context: PageContext, _query: Mapping[str, str]) -> Component:
    """Build the page for one visit."""
    subtitle = _("Logs of other loggers and meters, as CSV or Excel. Nothing is stored before you have seen a trial.")
    return html.Div(
        [
            dcc.Store(id=Id.FILE),
            dcc.Store(id=Id.RUN),
            dcc.Interval(id=Id.BEAT, interval=_BEAT_MS, disabled=True),
            page_header(_("Import"), subtitle=subtitle),
            card(_upload(), title=_("The file")),
            html.Div(id=Id.SAID, className="said", role="status"),
            html.Div(_form(context.time_zone), id=Id.FORM, hidden=True),
        ],
        className="import-page",
    )


def _upload() -> list[Component]:
    sent: dict[str, Any] = {"aria-label": _("Sent so far")}
    return [
        html.Button(
            [icon("upload"), html.Span(_("Drop a file here, or choose one"))],
            id=Id.UPLOAD,
            type="button",
            className="import-drop",
        ),
        html.Progress(id=Id.SENT, value="0", max="1", className="import-sent", **sent),
        html.P(_("CSV, xlsx, xls or ods, up to %(most)s MB", most=MOST_BYTES // 1024**2), className="note"),
    ]


def _form(usual_zone: str) -> list[Component]:
    return [
        card(_found(), title=_("What stands in it")),
        html.Div(
            [
                card(_whose(), title=_("Whose log it is")),
                card(_times(usual_zone), title=_("When it was measured")),
                card(_values(), title=_("What was measured")),
                card(_what_if(), title=_("Where there are readings already")),
            ],
            className="import-columns",
        ),
        card(
            [
                html.Div(id=Id.ASKED, className="import-asked", role="status"),
                html.Div(
                    [
                        dmc.Button(_("Try it"), id=Id.TRY),
                        dmc.Button(_("Import"), id=Id.LOAD, variant="light", disabled=True),
                    ],
                    className="buttons",
                ),
            ]
        ),
        html.Div(id=Id.REPORT, className="import-report", role="status"),
    ]


def _found() -> list[Component]:
    sheet = dmc.Select(id=Id.SHEET, label=_("Sheet"), data=[], allowDeselect=False)
    return [
        html.Div(sheet, id=f"{Id.SHEET}-box", className="import-sheet", hidden=True),
        html.Div(id=Id.FOUND),
        html.Div(id=Id.FIRST, className="import-first"),
    ]


def _whose() -> list[Component]:
    media = {"natural": _("Natural water"), "nutrient": _("Nutrient solution")}
    return [
        dmc.Autocomplete(id=Id.DEVICE, label=_("Device"), data=[], placeholder="pond-30cm", limit=50),
        _column(Id.DEVICE_COLUMN, _("Or the column that names the device of each line")),
        dmc.TextInput(id=Id.SITE, label=_("Site, if the device is new")),
        _select(Id.MEDIUM, _("What the probes stood in"), media, "natural"),
    ]


def _times(usual_zone: str) -> list[Component]:
    places = {name: text for name, text in zone_names().items() if not text.startswith("UTC")}
    zones = {usual_zone: zone_text(usual_zone), "UTC": "UTC"} | _offsets(60) | places | _offsets(15)
    return [
        _column(Id.TIME_COLUMN, _("Time")),
        _column(Id.DATE_COLUMN, _("Date, where it has a column of its own")),
        _select(Id.TIME_ZONE, _("Zone of the logger's clock"), zones, None, **ZONE_SEARCH),
        dmc.TextInput(id=Id.TIME_FORMAT, label=_("How times are written"), placeholder="%d/%m/%Y %H:%M"),
    ]


def _offsets(step_minutes: int) -> dict[str, str]:
    """Name the offsets of loggers that know no summer time."""
    every = ((*divmod(abs(minutes), 60), minutes < 0) for minutes in range(-12 * 60, 14 * 60 + 1, step_minutes))
    named = (f"{'-' if is_west else '+'}{hours:02d}:{rest:02d}" for hours, rest, is_west in every)
    return {offset: zone_text(offset) for offset in named if offset != "+00:00"}


def _values() -> list[Component]:
    units = {"uS/cm": "EC, µS/cm", "mS/cm": "EC, mS/cm", "dS/m": "EC, dS/m", "mS/m": "EC, mS/m"}
    scales = {str(scale): f"TDS, ppm {scale}" for scale in (500, 640, 700)}
    return [
        _column(Id.PH_COLUMN, "pH"),
        _column(Id.EC_COLUMN, _("EC or TDS")),
        _select(Id.EC_UNIT, _("Unit"), units | scales, None),
        _column(Id.WATER_COLUMN, _("Water, °C")),
        dmc.TagsInput(id=Id.NULLS, label=_("What else means no value, such as 7999"), data=[], value=[]),
    ]


def _what_if() -> list[Component]:
    modes = {
        Mode.INSERT: _("Add what is missing; what is there stays"),
        Mode.BACKFILL: _("Fill gaps only"),
        Mode.REPLACE_SPAN: _("Put the file in place of all there is in its span"),
    }
    note = _("What made room is kept apart as it was sent, and the audit log says who replaced it.")
    return [
        dmc.RadioGroup(
            html.Div(
                [dmc.Radio(label=text, value=str(mode)) for mode, text in modes.items()], className="import-modes"
            ),
            id=Id.MODE,
            value=str(Mode.INSERT),
            label=_("Then"),
        ),
        html.Div(
            [
                dmc.TextInput(
                    id=Id.SURE,
                    label=_("To take out the readings of that span, type the name of the device"),
                    description=_("Or that of the file, if it names several devices."),
                    autoComplete="off",
                ),
                html.P(note, className="note"),
            ],
            id=f"{Id.SURE}-box",
            hidden=True,
        ),
    ]


def _column(id: Id, name: str) -> Component:
    return dmc.Select(id=id, label=name, data=[], clearable=True, searchable=True)


def _select(id: Id, name: str, names: Mapping[str, str], value: str | None, **options: Any) -> Component:
    data = [{"value": one, "label": label} for one, label in names.items()]
    return dmc.Select(id=id, label=name, data=data, value=value, allowDeselect=False, **options)

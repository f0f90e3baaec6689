"""The page as it arrives: bands of a crop on one side, tanks on the other; what is in them follows in callbacks."""

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from analytics.quantities import Quantity
from app.components import card, icon, named, number_input, page_header, unseen_label
from app.i18n import _
from app.pages.page import PageContext
from app.pages.targets.drawing import cell_of
from app.pages.targets.ids import Id
from app.pages.targets.source import TargetSource
from app.principal import current_user
from models.read.targets import DEFAULT_STAGE, GENERIC_CROP

BANDS, TANKS = "bands", "tanks"


def layout(context: PageContext, query: Mapping[str, str]) -> Component:
    """Build the page: the crop of ``?crop=``, or the one most tanks grow; with ``?view=tanks`` the tanks in sight."""
    crop = query.get("crop") or _first_crop(context)
    tabs = dmc.TabsList([dmc.TabsTab(_("Bands"), value=BANDS), dmc.TabsTab(_("Tanks"), value=TANKS)])
    panels = [
        dmc.TabsPanel(_bands(crop), value=BANDS),
        dmc.TabsPanel(_tanks(), value=TANKS),
    ]
    view = TANKS if query.get("view") == TANKS else BANDS
    return html.Div(
        [
            dcc.Store(id=Id.REVISION, data=0),
            page_header(_("Targets"), subtitle=_("What each crop should keep to, who says so, and where it grows.")),
            dmc.Tabs([tabs, *panels], id=Id.VIEW, value=view, keepMounted=True),
        ],
        className="targets-page",
    )


def _first_crop(context: PageContext) -> str:
    # At its start Dash asks for nobody, to learn the ids there are; the database may not be there yet.
    is_visit = current_user() is not None
    return TargetSource(context.engine).most_grown(context.clock()) if is_visit else GENERIC_CROP


def _bands(crop: str) -> Component:
    choice = dmc.Select(
        id=Id.CROP, data=[crop], value=crop, searchable=True, allowDeselect=False, size="md", **named(_("Crop"))
    )
    table = dmc.RadioGroup([], id=Id.CELL, value=cell_of(DEFAULT_STAGE, Quantity.PH), **unseen_label(_("Bands")))
    hint = html.P(_("Choose a band to see where it comes from, and to change it."), className="note")
    return html.Div(
        [html.Div([choice, card([table, hint])], className="targets-main"), _editor()], className="targets-columns"
    )


def _editor() -> Component:
    limits = html.Div(
        [
            number_input(Id.LOW, _("From")),
            number_input(Id.HIGH, _("To")),
            html.Span(id=Id.UNIT, className="targets-unit"),
        ],
        className="targets-limits",
    )
    return card(
        [
            html.H2(id=Id.EDITED, className="card-title"),
            limits,
            dmc.TextInput(id=Id.SOURCE, label=_("Source: whose recommendation or experience"), size="md"),
            _day(Id.FROM, _("Valid from (empty: today)")),
            html.P(id=Id.EFFECT, className="targets-effect", role="status"),
            dmc.Button(_("Save"), id=Id.SAVE, size="md", fullWidth=True, disabled=True),
            html.Div(id=Id.MESSAGE, className="targets-message", role="status"),
            html.H3(_("So far"), className="targets-heading"),
            html.Div(id=Id.HISTORY),
        ],
        class_name="targets-side",
    )


def _tanks() -> Component:
    search = dmc.TextInput(
        id=Id.SEARCH,
        placeholder=_("Search device, site, zone or crop"),
        leftSection=icon("search"),
        debounce=200,
        size="md",
        **named(_("Search")),
    )
    buttons = [
        dmc.Button(_("Choose all of these"), id=Id.CHOOSE_ALL, variant="light", size="sm"),
        dmc.Button(_("Choose none"), id=Id.CHOOSE_NONE, variant="subtle", color="gray", size="sm"),
    ]
    tanks = dmc.CheckboxGroup([], id=Id.TANKS, value=[], **named(_("Tanks")))
    return html.Div(
        [
            html.Div([search, html.Div(buttons, className="targets-buttons"), tanks], className="targets-main"),
            _planting(),
        ],
        className="targets-columns",
    )


def _planting() -> Component:
    return card(
        [
            dmc.Select(id=Id.PLANT_CROP, label=_("Crop"), data=[], searchable=True, allowDeselect=False, size="md"),
            _day(Id.STARTED, _("In these tanks from (empty: today)")),
            _day(Id.TRANSPLANTED, _("Transplanted on (empty: the same day)")),
            html.P(id=Id.PLANT_EFFECT, className="targets-effect", role="status"),
            dmc.Button(_("Save"), id=Id.PLANT, size="md", fullWidth=True, disabled=True),
            html.Div(id=Id.PLANT_MESSAGE, className="targets-message", role="status"),
            html.Div(id=Id.PLANTINGS),
        ],
        title=_("What grows in the chosen tanks"),
        class_name="targets-side",
    )


def _day(id: Id, label: str) -> Component:
    return dmc.DatePickerInput(id=id, label=label, valueFormat="D MMM YYYY", clearable=True, size="md")

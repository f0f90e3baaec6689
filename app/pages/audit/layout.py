"""The page as it arrives; ``?actor=``, ``?action=`` and ``?about=`` are what it searches for at first."""

from collections.abc import Callable, Mapping

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import icon, named, page_header
from app.i18n import _
from app.pages.audit.ids import Id
from app.pages.audit.words import action_text, actor_text
from app.pages.page import PageContext


def layout(_context: PageContext, query: Mapping[str, str]) -> Component:
    """Build the page; entries, and what there is to choose from, follow in callbacks."""
    return html.Div(
        [
            dcc.Store(id=Id.BEFORE),
            page_header(_("Audit log"), subtitle=_("Who did what, when, from where. Nobody can change it.")),
            _filters(query),
            html.Div(id=Id.ROWS, className="card log-card"),
            html.Div(
                [
                    dmc.Button(_("Newest"), id=Id.NEWEST, variant="light", leftSection=icon("left")),
                    dmc.Button(_("Older"), id=Id.OLDER, variant="light", rightSection=icon("right")),
                ],
                className="buttons",
            ),
        ]
    )


def _filters(query: Mapping[str, str]) -> Component:
    return html.Div(
        [
            _choice(Id.ACTOR, _("Who"), query.get("actor"), actor_text),
            _choice(Id.ACTION, _("What"), query.get("action"), action_text),
            dmc.TextInput(
                id=Id.ABOUT,
                value=query.get("about", ""),
                placeholder=_("Device, person, crop…"),
                debounce=300,
                leftSection=icon("search"),
                className="fleet-search",
                **named(_("What it was about")),
            ),
            dmc.DatePickerInput(
                id=Id.DAYS,
                type="range",
                placeholder=_("From day to day"),
                valueFormat="D MMM YYYY",
                clearable=True,
                className="log-days",
                **named(_("Days")),
            ),
        ],
        className="toolbar log-filters",
    )


def _choice(id: Id, name: str, value: str | None, text_of: Callable[[str], str]) -> Component:
    return dmc.Select(
        id=id,
        value=value,
        data=[{"value": value, "label": text_of(value)}] if value else [],
        placeholder=name,
        clearable=True,
        searchable=True,
        nothingFoundMessage=_("Nothing found"),
        comboboxProps={"width": 240, "position": "bottom-start"},
        className="fleet-choice",
        **named(name),
    )

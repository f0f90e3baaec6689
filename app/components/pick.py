"""A list to pick one thing from: rows that are cards, for a mouse and for a thumb."""

from enum import StrEnum
from typing import Any, Literal

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.components.blocks import Content, named
from app.i18n import _


def unseen_label(text: str) -> dict[str, Any]:
    """Name a group of choices for those who do not see it."""
    return {"label": text, "labelProps": {"className": "unseen"}}


def pick_list(id: StrEnum, *, label: str, children: list[Component] | None = None) -> dmc.RadioGroup:
    """Build the list; its ``value`` is that of the row that is picked, its ``children`` are rows."""
    rows = html.Div(children or [], id=f"{id}-rows", className="pick-list")
    return dmc.RadioGroup(rows, id=id, **unseen_label(label))


def pick_row(value: str, title: Content, *, note: Content = None, aside: Content = None) -> dmc.RadioCard:
    """Build one row: what it is, one quiet line about it, and a badge or a number to the right."""
    words = [html.Div(title, className="pick-title"), html.Div(note, className="pick-note")]
    return dmc.RadioCard(
        html.Div([html.Div(words, className="pick-words"), html.Div(aside, className="pick-aside")], className="pick"),
        value=value,
        className="pick-card",
    )


def pick_place(
    id: StrEnum, name: str, value: str | None, *, class_name: str, side: Literal["start", "end"]
) -> dmc.Select:
    """Build the choice of a site, a zone or a crop; its list keeps to this side of it."""
    return dmc.Select(
        id=id,
        value=value,
        # The chosen place is known before the list of all places is.
        data=[value] if value else [],
        placeholder=name,
        clearable=True,
        searchable=True,
        nothingFoundMessage=_("Nothing found"),
        comboboxProps={"width": 200, "position": f"bottom-{side}"},
        className=class_name,
        **named(name),
    )

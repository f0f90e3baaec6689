"""The table of bands, the list of tanks, and what was before."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import html
from dash.development.base_component import Component

from analytics.quantities import Quantity
from app.components import ConductivityUnit, Names, crop_text, empty_state, named, stage_text
from app.i18n import _, ngettext, time_text
from app.pages.targets.source import CropPage, Tank
from app.pages.targets.words import DAY, band_text, quantity_text, unit_text

_QUANTITIES = (Quantity.PH, Quantity.EC, Quantity.WATER)
# More than a person looks through; a search finds the others.
MOST_TANKS = 300


def cell_of(stage: str, quantity: str) -> str:
    """Name a cell of the table, as the choice of it travels."""
    return f"{stage}|{quantity}"


def valid_at(versions: pd.DataFrame, moment: datetime) -> pd.DataFrame:
    """Give the versions that hold at a moment."""
    ends = versions["valid_until"]
    return versions[(versions["valid_from"] <= moment) & (ends.isna() | (ends > moment))]


def band_table(crop: CropPage, unit: ConductivityUnit, now: datetime) -> Component:
    """Draw one row per stage and one cell, to be chosen, per quantity."""
    heads = [html.Th(_("Stage"), scope="col")]
    heads += [
        html.Th([quantity_text(one), html.Span(_head_unit(one, unit), className="targets-head-unit")], scope="col")
        for one in _QUANTITIES
    ]
    current: dict[tuple[str, str], Any] = {}
    for row in valid_at(crop.versions, now).itertuples():
        current[str(row.stage), str(row.quantity)] = row
    rows = [html.Tr([_stage(crop, stage, day), *_cells(stage, current, unit)]) for stage, day in crop.stages]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="targets-table")


def _head_unit(quantity: Quantity, unit: ConductivityUnit) -> str:
    # pH has no unit; the line is kept, so that the heads stay in one row.
    return "\u00a0" if quantity is Quantity.PH else unit_text(quantity, unit)


def _stage(crop: CropPage, stage: str, day: int) -> Component:
    grown = crop.tanks.get(stage, 0)
    begins = _("from day %(day)s", day=day)
    count = ngettext("%(num)s Pi now", "%(num)s Pis now", grown) if grown else _("no Pi now")
    notes = [html.Span(begins), html.Span(count)]
    return html.Th([html.Div(stage_text(stage)), html.Div(notes, className="targets-stage-note")], scope="row")


def _cells(stage: str, current: Mapping[tuple[str, str], Any], unit: ConductivityUnit) -> list[Component]:
    cells: list[Component] = []
    for quantity in _QUANTITIES:
        band = current.get((stage, str(quantity)))
        text = "–" if band is None else band_text(quantity, band.low, band.high, unit)
        label = f"{stage_text(stage)}, {quantity_text(quantity)}: {text}"
        radio = dmc.RadioCard(text, value=cell_of(stage, quantity), className="targets-band", **named(label))
        cells.append(html.Td(radio))
    return cells


def version_list(versions: pd.DataFrame, unit: ConductivityUnit, zone: str, now: datetime) -> list[Component]:
    """List the versions of one band, newest first, with whose word each is."""
    holding = set(valid_at(versions, now).index)
    return [_version(row, unit, zone, is_valid=row.Index in holding) for row in versions.iloc[::-1].itertuples()]


def _version(row: Any, unit: ConductivityUnit, zone: str, *, is_valid: bool) -> Component:
    band = band_text(row.quantity, row.low, row.high, unit)
    since = time_text(row.valid_from.to_pydatetime(), zone, DAY)
    author = row.author
    notes = [_("from %(day)s", day=since), row.source, *([author] if isinstance(author, str) else [])]
    return html.Div(
        [html.Strong(f"{band} {unit_text(row.quantity, unit)}"), html.Div(" · ".join(notes), className="targets-note")],
        className="targets-version valid" if is_valid else "targets-version",
    )


def tank_cards(tanks: Sequence[Tank], crops: Mapping[str, Names]) -> list[Component]:
    """Draw the tanks as large targets, each with what grows there."""
    if not tanks:
        return [empty_state(title=_("No tank is found"), text=_("Change the search."), picture="search")]
    cards = html.Div([_tank(tank, crops) for tank in tanks[:MOST_TANKS]], className="targets-tanks")
    rest = len(tanks) - MOST_TANKS
    return [cards, html.P(_("%(num)s more; search for them", num=rest), className="note")] if rest > 0 else [cards]


def _tank(tank: Tank, crops: Mapping[str, Names]) -> Component:
    grown = tank_text(tank, crops)
    place = " · ".join(text for text in (tank.site, tank.zone) if text)
    words = [html.Strong(tank.name), html.Div(grown), html.Div(place, className="targets-note")]
    return dmc.CheckboxCard(
        [dmc.CheckboxIndicator(), html.Div(words)],
        value=tank.name,
        className="targets-tank",
        **{"aria-label": f"{tank.name}, {grown}"},
    )


def tank_text(tank: Tank, crops: Mapping[str, Names]) -> str:
    """Say what grows in a tank."""
    if tank.crop is None or tank.stage is None:
        return _("nothing planted")
    return f"{crop_text(tank.crop, crops)}, {stage_text(tank.stage)}"


def planting_list(plantings: pd.DataFrame, crops: Mapping[str, Names], zone: str) -> list[Component]:
    """List what grew in one tank, newest first."""
    return [_planting(row, crops, zone) for row in plantings.itertuples()]


def _planting(row: Any, crops: Mapping[str, Names], zone: str) -> Component:
    days = [
        time_text(day.to_pydatetime(), zone, DAY) if pd.notna(day) else _("today")
        for day in (row.started_at, row.ended_at)
    ]
    # A day has no clock; read as noon in UTC it stays the same day.
    transplanted = time_text(datetime.combine(row.transplanted_on, time(12), UTC), "UTC", DAY)
    note = f"{days[0]} – {days[1]} · " + _("transplanted on %(day)s", day=transplanted)
    return html.Div(
        [html.Strong(crop_text(row.crop, crops)), html.Div(note, className="targets-note")],
        className="targets-version",
    )

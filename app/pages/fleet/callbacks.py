"""What happens on the page: ask the server what changed, and filter in the browser."""

from dataclasses import dataclass
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from app.components import ConductivityUnit, unit_input
from app.i18n import _, ngettext, number_text
from app.pages.fleet.grid import columns
from app.pages.fleet.ids import Id, count_id, counter_id
from app.pages.fleet.layout import COUNTED, RARELY_COUNTED
from app.pages.fleet.refresh import Refresh, Shown, refresh
from app.pages.fleet.source import DatabaseFleet, FleetSource
from app.pages.page import PageContext

#: Which select offers the values of which column.
_CHOICES = {"site": Id.SITE, "zone": Id.ZONE, "crop": Id.CROP}


@dataclass(frozen=True, slots=True)
class Fleet:
    """What the callbacks work with."""

    source: FleetSource
    context: PageContext


def answer(fleet: Fleet, unit: str | None, shown: Shown | None) -> dict[str, Any]:
    """Answer a browser that shows ``shown`` and asks in ``unit``; see :func:`app.pages.fleet.refresh.refresh`."""
    now = fleet.context.clock()
    conductivity = ConductivityUnit.of(unit, fleet.context.ppm_scale)
    news = refresh(fleet.source, conductivity, shown, now)
    total = sum(news.counts.values())
    return {
        "rows": no_update if news.rows is None else news.rows,
        "columns": no_update if news.rows is None else columns(conductivity),
        "changes": news.changes or no_update,
        "places": dict.fromkeys(_CHOICES, no_update) if news.places is None else news.places,
        "counts": {state.value: str(news.counts.get(state, 0)) for state in COUNTED},
        "hidden": {state.value: not news.counts.get(state) for state in RARELY_COUNTED},
        "total": str(total),
        "summary": summary_text(news),
        "board_hidden": total == 0,
        "empty_hidden": total > 0,
        "shown": news.shown,
        "clock": int(now.timestamp() * 1000),
    }


def summary_text(news: Refresh) -> str:
    """Say how many devices there are and how much they said in the last 24 hours."""
    devices = ngettext("%(num)s device", "%(num)s devices", sum(news.counts.values()))
    readings = _("%(number)s readings in the last 24 hours", number=number_text(news.readings, 0))
    return f"{devices} · {readings}"


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    fleet = Fleet(DatabaseFleet(context.engine), context)

    @app.callback(output=_outputs(), inputs=[unit_input(), Input(Id.TICK, "n_intervals"), State(Id.SHOWN, "data")])
    def _(unit: str | None, _ticks: int, shown: Shown | None) -> dict[str, Any]:
        return answer(fleet, unit, shown)

    app.clientside_callback(
        ClientsideFunction("fleet", "filter"),
        Output(Id.QUERY, "data"),
        Input(Id.SEARCH, "value"),
        Input(Id.SITE, "value"),
        Input(Id.ZONE, "value"),
        Input(Id.CROP, "value"),
        Input(Id.STATE, "value"),
        Input(Id.GROUP, "value"),
    )
    app.clientside_callback(
        ClientsideFunction("fleet", "choose"),
        Output(Id.CHOSEN, "hidden"),
        Output(Id.CHOSEN_COUNT, "children"),
        Output(Id.COMPARE, "href"),
        Output(Id.EXPORT, "href"),
        Input(Id.GRID, "selectedRows"),
    )
    app.clientside_callback(
        ClientsideFunction("fleet", "setClock"), Output(Id.TICK, "disabled"), Input(Id.CLOCK, "data")
    )


def _outputs() -> dict[str, Any]:
    return {
        "rows": Output(Id.GRID, "rowData"),
        "columns": Output(Id.GRID, "columnDefs"),
        "changes": Output(Id.GRID, "rowTransaction"),
        "places": {name: Output(id, "data") for name, id in _CHOICES.items()},
        "counts": {state.value: Output(count_id(state), "children") for state in COUNTED},
        "hidden": {state.value: Output(counter_id(state), "hidden") for state in RARELY_COUNTED},
        "total": Output(Id.COUNT_ALL, "children"),
        "summary": Output(Id.SUMMARY, "children"),
        "board_hidden": Output(Id.BOARD, "hidden"),
        "empty_hidden": Output(Id.EMPTY, "hidden"),
        "shown": Output(Id.SHOWN, "data"),
        "clock": Output(Id.CLOCK, "data"),
    }

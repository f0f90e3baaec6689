"""The table of the fleet: its columns on a desk, and the cards that take their place on a phone."""

from typing import Any

import dash_ag_grid as dag

from app.components import ConductivityUnit
from app.components.grid import grid_options
from app.i18n import _
from app.pages.fleet.ids import Id
from app.pages.fleet.refresh import PLACE_COLUMNS

_ROW_HEIGHT = 52
#: After these events the browser looks whether table or cards are due, and whether the filters still stand.
_UNSETTLING = ("gridSizeChanged", "newColumnsLoaded", "rowDataUpdated", "firstDataRendered")


def fleet_grid(unit: ConductivityUnit) -> dag.AgGrid:
    """Build the table without rows; assets/fleet.js draws its cells and turns it into cards on a phone."""
    return dag.AgGrid(
        id=Id.GRID,
        columnDefs=columns(unit),
        rowData=[],
        rowClassRules={"stale": "['silent', 'no-data', 'history'].includes(params.data.state)"},
        getRowId="params.data.device",
        columnSize=None,
        dashGridOptions=grid_options(
            rowHeight=_ROW_HEIGHT,
            headerHeight=40,
            # Hidden columns (all of them, on a phone) must be found too.
            includeHiddenColumnsInQuickFilter=True,
            suppressHorizontalScroll=False,
            rowSelection={
                "mode": "multiRow",
                "checkboxes": True,
                "headerCheckbox": True,
                "enableClickSelection": False,
                "selectAll": "filtered",
            },
        ),
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "suppressHeaderMenuButton": True,
            "suppressHeaderFilterButton": True,
            "wrapHeaderText": True,
            "getQuickFilterText": {"function": "fleetUnsearched()"},
        },
        eventListeners={event: ["fleetSettle(params)"] for event in _UNSETTLING},
        className="fleet-grid",
        style={"height": "100%", "width": "100%"},
    )


def columns(unit: ConductivityUnit) -> list[dict[str, Any]]:
    """Give the columns, with conductivity named in ``unit``."""
    return [
        _column("card", "", renderer="FleetCard", sortable=False, initialHide=True, flex=1, minWidth=280),
        _column(
            "device",
            _("Device"),
            renderer="FleetDevice",
            comparator={"function": "fleetByName"},
            getQuickFilterText={"function": "fleetSearched(params)"},
            sort="asc",
            pinned="left",
            # assets/fleet.js makes room for the longest name.
            initialWidth=120,
        ),
        _column(
            "place",
            _("Place and crop"),
            renderer="FleetPlace",
            valueGetter={"function": "fleetPlace(params)"},
            comparator={"function": "fleetByName"},
            flex=1,
            minWidth=168,
        ),
        _column(
            "state",
            _("State"),
            renderer="FleetState",
            comparator={"function": "fleetByState"},
            filter="agTextColumnFilter",
            flex=1,
            minWidth=140,
        ),
        _channel_column("ph", _("pH")),
        _channel_column("ec", f"{unit.quantity}, {unit.label}"),
        _channel_column("water", _("Water, °C")),
        _share_column("inside_day", _("In range, 24 h")),
        _share_column("inside_week", _("In range, 7 d")),
        _column("seen_ms", _("Last seen"), renderer="FleetSeen", width=104),
        # Never seen: groups are sorted, and places filtered, by them.
        *(_unseen_column(field) for field in PLACE_COLUMNS),
    ]


def _column(field: str, name: str, *, renderer: str, **options: Any) -> dict[str, Any]:
    return {"field": field, "headerName": name, "cellRenderer": renderer, **options}


def _unseen_column(field: str) -> dict[str, Any]:
    comparator = {"function": "fleetByCrop" if field == "crop" else "fleetByPlace"}
    return {"field": field, "comparator": comparator, "filter": "agTextColumnFilter", "initialHide": True}


def _channel_column(field: str, name: str) -> dict[str, Any]:
    comparator = {"function": "fleetByValue"}
    # The cell's value is an object with everything the renderer needs, which AG Grid must not try to write as text.
    return _column(field, name, renderer="FleetChannel", comparator=comparator, cellDataType=False, width=138)


def _share_column(field: str, name: str) -> dict[str, Any]:
    return _column(field, name, renderer="FleetShare", headerTooltip=name, width=80)

"""The table that puts the compared tanks in an order, on screen and as a file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dash_ag_grid as dag
import numpy as np

from app.components import ConductivityUnit
from app.components.grid import grid_options
from app.exports.names import value_column
from app.i18n import _, number_text, time_text
from app.pages.compare.comparison import Comparison
from app.pages.compare.ids import Id
from app.pages.device.displayed import Naming
from app.pages.device.table import percent

END_OF_LINE = "\r\n"
_ROW_HEIGHT, _HEADER_HEIGHT = 40, 40
#: More rows than a screen holds scroll inside the table.
_MOST_ROWS = 20


def ranking_grid() -> dag.AgGrid:
    """Build the table without rows."""
    return dag.AgGrid(
        id=Id.RANKING,
        columnDefs=columns(),
        rowData=[],
        getRowId="params.data.place",
        columnSize=None,
        dashGridOptions=grid_options(rowHeight=_ROW_HEIGHT, headerHeight=_HEADER_HEIGHT),
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "suppressHeaderMenuButton": True,
            "suppressHeaderFilterButton": True,
        },
        style={"height": f"{height_for(0)}px", "width": "100%"},
    )


def columns() -> list[dict[str, Any]]:
    """Give the columns; every cell is written by the server, and the title of the table says the unit."""
    return [
        {
            "field": "name",
            "headerName": _("Device"),
            "cellRenderer": "CompareDevice",
            "comparator": {"function": "compareByName"},
            "pinned": "left",
            "width": 132,
        },
        # The least time in range first: who needs somebody stands on top.
        _number_column("inside", _("In range"), width=152, sort="asc"),
        _number_column("mean", _("Mean"), width=100),
        _number_column("std", _("Spread"), width=100),
        _number_column("drift", _("Drift per day"), width=164),
        _number_column("worst_by", _("Worst excursion"), width=192),
        _number_column("coverage", _("Coverage"), width=108),
        {"field": "where", "headerName": _("Where"), "flex": 1, "minWidth": 190},
    ]


def height_for(rows: int) -> int:
    """Give the height in pixels that so many rows need, the header and a scroll bar with them."""
    return _HEADER_HEIGHT + min(max(rows, 2), _MOST_ROWS) * _ROW_HEIGHT + 18


def rows_of(comparison: Comparison) -> list[dict[str, Any]]:
    """Give a row per chosen trace: the numbers to sort by (None where there is none), and each as it is written."""
    table, name = comparison.standings, comparison.naming
    return [_row(place, comparison, numbers, name) for place, numbers in enumerate(table.to_dict("records"))]


def csv_lines(comparison: Comparison, unit: ConductivityUnit) -> Iterator[str]:
    """Write the table as CSV with plain numbers; shares are 0..1, times UTC. What is not known is empty."""
    table = comparison.standings
    named = value_column(comparison.scene.view.quantity, unit)
    value_names = ("mean", "std", "drift_per_day", "drift_low", "drift_high", "worst")
    yield (
        ",".join(
            ["device", "start_utc", "end_utc", "in_range", "below", "above"]
            + [f"{named}_{one}" for one in value_names]
            + ["worst_utc", "coverage"]
        )
        + END_OF_LINE
    )
    for trace, numbers in zip(comparison.scene.current, table.to_dict("records"), strict=True):
        shares = [_plain(numbers[one]) for one in ("inside", "below", "above")]
        values = [_plain(numbers[one]) for one in ("mean", "std", "drift", "drift_low", "drift_high", "worst")]
        worst = numbers["worst_ms"]
        at = "" if worst != worst else _iso(datetime.fromtimestamp(worst / 1000, UTC))
        cells = [trace.name, _iso(trace.span.start), _iso(trace.span.end), *shares, *values, at]
        yield ",".join([*cells, _plain(numbers["coverage"])]) + END_OF_LINE


def _row(place: int, comparison: Comparison, numbers: dict[Any, float], name: Naming) -> dict[str, Any]:
    trace = comparison.scene.current[place]
    record = trace.device.record
    shown = {key: None if value != value else float(value) for key, value in numbers.items()}
    return {
        "place": str(place),
        "name": record.name,
        "link": f"/devices/{record.name}",
        "where": " · ".join(part for part in (record.site, record.zone) if part) or "–",
        **{key: shown[key] for key in ("inside", "mean", "std", "drift", "worst_by", "coverage")},
        "inside_text": percent(numbers["inside"]),
        "mean_text": number_text(numbers["mean"], name.decimals),
        "std_text": number_text(numbers["std"], name.decimals + 1),
        "drift_text": _drift_text(numbers, name),
        "worst_by_text": _worst_text(numbers, comparison),
        "coverage_text": percent(numbers["coverage"]),
    }


def _drift_text(numbers: dict[Any, float], name: Naming) -> str:
    drift = numbers["drift"]
    if drift != drift:
        return "–"
    size = number_text(abs(drift), name.decimals + 1)
    # What rounds to nothing has no direction.
    sign = "" if not size.strip("0.,") else "+" if drift > 0 else "−"
    text = f"{sign}{size}"
    is_certain = numbers["drift_low"] > 0 or numbers["drift_high"] < 0
    return text if is_certain else _("%(drift)s, uncertain", drift=text)


def _worst_text(numbers: dict[Any, float], comparison: Comparison) -> str:
    if numbers["worst"] != numbers["worst"]:
        return "–"
    at = datetime.fromtimestamp(numbers["worst_ms"] / 1000, UTC)
    value = number_text(numbers["worst"], comparison.naming.decimals)
    return _("%(value)s on %(when)s", value=value, when=time_text(at, str(comparison.scene.zone), "d MMM HH:mm"))


def _number_column(field: str, title: str, *, width: int, sort: str | None = None) -> dict[str, Any]:
    return {
        "field": field,
        "headerName": title,
        "cellDataType": False,
        "cellRenderer": "CompareNumber",
        "comparator": {"function": "compareByNumber"},
        "type": "rightAligned",
        "width": width,
        **({"sort": sort} if sort else {}),
    }


def _plain(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else ""


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

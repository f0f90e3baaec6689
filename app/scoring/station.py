"""A log of a NERRS station (National Estuarine Research Reserve System) with the labels that its people gave.

Read by the product's own import, so that what is scored is what a grower's file would meet.
"""

import csv
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd

from analytics.quantities import Quantity
from app.imports.chunks import Chunk, ColumnPlan, chunks
from app.imports.layout import HEADER_WITHIN, Row, find_encoding, open_rows
from app.imports.load import plan_for
from app.imports.request import ImportRefused, ImportRequest
from app.imports.times import IntArray, parse

_TIMES = ("datetime_utc", "datetimestamp")
_VALUES = {Quantity.PH: "ph", Quantity.EC: "spcond", Quantity.WATER: "temp"}


@dataclass(frozen=True, slots=True)
class StationLog:
    """Readings and labels on one index (aware UTC, increasing): ``values`` as for ``assess``, ``labels`` as written."""

    name: str
    values: pd.DataFrame
    labels: pd.DataFrame


def read_station(path: Path, *, time_zone: str = "UTC") -> StationLog:
    """Read a station's file.

    Raises
    ------
    ImportRefused
        If it lacks the columns of time, Temp, SpCond, pH or their ``F_`` labels, or cannot be read.
    """
    columns = _columns(path)
    request = ImportRequest(
        path=path,
        device=path.stem,
        time_column=columns["time"],
        time_zone=time_zone,
        ph_column=columns[Quantity.PH],
        ec_column=columns[Quantity.EC],
        ec_unit="mS/cm",
        water_column=columns[Quantity.WATER],
        dry_run=True,
    )
    plan = plan_for(request)
    with open_rows(plan.layout) as source:
        rows = list(source)
    values = pd.concat([_values(chunk) for chunk in chunks(iter(rows), plan, size=max(len(rows), 1))])
    values = values[~values.index.duplicated()].sort_index()
    labels = _labels(rows, plan, {quantity: columns[f"label of {quantity}"] for quantity in _VALUES})
    return StationLog(path.stem, values, labels.reindex(values.index, fill_value=""))


def _columns(path: Path) -> dict[str, str]:
    """Find the columns by their names in whatever case."""
    wanted = {str(quantity): name for quantity, name in _VALUES.items()}
    wanted |= {f"label of {quantity}": f"f_{name}" for quantity, name in _VALUES.items()}
    with path.open(encoding=find_encoding(path), newline="") as file:
        for cells in csv.reader(islice(file, HEADER_WITHIN)):
            named = {cell.strip().lower(): cell.strip() for cell in cells}
            time = next((named[name] for name in _TIMES if name in named), None)
            if time and set(wanted.values()) <= set(named):
                return {"time": time, **{key: named[name] for key, name in wanted.items()}}
    raise ImportRefused(
        f"{path} is no NERRS log: no header in its first {HEADER_WITHIN} lines has "
        f"{' or '.join(_TIMES)} with {', '.join(wanted.values())}"
    )


def _values(chunk: Chunk) -> pd.DataFrame:
    return pd.DataFrame(chunk.columns, index=_index(chunk.ts_ms))


def _labels(rows: list[Row], plan: ColumnPlan, columns: dict[Quantity, str]) -> pd.DataFrame:
    """Read the labels of all the lines that have a time."""
    whole = [row.cells for row in rows if len(row.cells) >= len(plan.layout.columns)]
    (time_column,) = plan.time_columns
    stamps = parse([cells[plan.layout.position(time_column)] for cells in whole], plan.how, plan.zone)
    texts = {
        str(quantity): [cells[plan.layout.position(column)].strip() for cells in whole]
        for quantity, column in columns.items()
    }
    labels = pd.DataFrame(texts)[stamps.ok].set_axis(_index(stamps.ms[stamps.ok]), axis=0)
    return labels[~labels.index.duplicated()]


def _index(ts_ms: IntArray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(ts_ms, unit="ms", utc=True)).as_unit("ms")

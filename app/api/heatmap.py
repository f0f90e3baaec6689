"""``GET /heatmap``: one quantity of many devices by hour or day."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from flask import Blueprint, Response
from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import Engine

from analytics.quantities import Quantity
from app.api.wire import Stamp
from app.heatmap import Cell, heatmap_frame
from app.jobs.rollups import refresh_dirty_hours
from ingest_api.admission import Admits, admits
from ingest_api.history import END, asked_span
from ingest_api.measurements import FIELDS, Cursor, answer
from ingest_api.operations import operation
from ingest_api.parameters import moment, one_of, refused, whole, words
from ingest_api.principals import current_reader
from ingest_api.timestamps import format_moment
from models.db import session_scope
from models.read.devices import list_devices
from models.read.dirty import count_dirty_hours

MOST_DEVICES = 1000
MOST_CELLS = 200_000
_STEPS = {Cell.HOUR: timedelta(hours=1), Cell.DAY: timedelta(days=1)}
_WEEK = timedelta(days=7)
# A visitor waits for this many; the rest of a large import is left to the background job, and told.
_MOST_DIRTY_HOURS = 200
_START = moment("start", "The first moment; 7 days before 'end' if it is not given.")
_QUANTITY = one_of("quantity", "What is shown.", FIELDS, default="ph")
_RESOLUTION = one_of("resolution", "What one cell stands for; days are those of UTC.", ("1h", "1d"), default="1h")
_LIMIT = whole("limit", "Most devices on a page.", most=MOST_DEVICES, default=100)
_CURSOR = words("cursor", "'next' of the page before.", longest=63)


class HeatmapRow(Struct):
    """One device: a mean, and the share of time outside the band, for every start; null without usable readings."""

    device: str
    mean: list[float | None]
    outside: list[float | None]


class Heatmap(Struct):
    """Devices by time; ``starts`` are the beginnings of the cells, the same for every row.

    ``hours_to_compute`` is there if that many hours were being computed again.
    """

    quantity: str
    resolution: str
    starts: list[Stamp]
    devices: list[HeatmapRow]
    next: Cursor
    hours_to_compute: int | UnsetType = UNSET


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the route."""

    @blueprint.get("/heatmap")
    @admits(Admits.READER, Admits.PERSON)
    @operation(
        "One quantity of many devices by hour or day",
        query=(_QUANTITY, _START, END, _RESOLUTION, _LIMIT, _CURSOR),
        answer=Heatmap,
    )
    def heatmap() -> Response:
        """Every device that is not retired, pi-2 before pi-10."""
        now = clock()
        quantity, cell = Quantity(_QUANTITY.read_or("ph")), Cell(_RESOLUTION.read_or("1h"))
        with session_scope(engine) as session:
            listed = [(one.name, one.id) for one in list_devices(session) if one.status != "retired"]
        names, following = _page({name: one for name, one in listed if current_reader().may_read(name)})
        ids = list(names.values())
        starts = _starts(*asked_span(now, usual=_WEEK), cell, len(ids))
        if ids and len(starts):
            refresh_dirty_hours(engine, now=now, device_ids=ids, limit=_MOST_DIRTY_HOURS)
        first, end = (starts[0], starts[-1] + _STEPS[cell]) if len(starts) else (now, now)
        with session_scope(engine) as session:
            cells = heatmap_frame(session, ids, quantity, cell, first, end)
            lag = count_dirty_hours(session, ids, first, end)
        rows = _rows(cells, names, starts)
        return answer(
            Heatmap(str(quantity), str(cell), [format_moment(one) for one in starts], rows, following, lag or UNSET)
        )


def _page(names: dict[str, int]) -> tuple[dict[str, int], str | None]:
    limit, cursor, ordered = _LIMIT.read_or(100), _CURSOR.read(), list(names)
    if cursor is not None and cursor not in names:
        raise refused("cursor", "this cursor does not belong to this list; start again without one")
    first = ordered.index(cursor) if cursor is not None else 0
    rest = ordered[first + limit :]
    return {name: names[name] for name in ordered[first : first + limit]}, rest[0] if rest else None


def _starts(start: datetime, end: datetime, cell: Cell, rows: int) -> list[datetime]:
    """List the cells that begin in the span, or that its start lies in."""
    step = _STEPS[cell]
    count = (end - start) // step + 1
    if count * max(rows, 1) > MOST_CELLS or start.year < 1990 or end.year > 2100:
        detail = f"{count} cells for each of {rows} devices are more than {MOST_CELLS}; ask for less time or for days"
        raise refused("start", detail)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    first = start - (start - midnight) % step
    starts = [first + step * one for one in range(count + 1)]
    return [one for one in starts if one < end]


def _rows(cells: pd.DataFrame, names: dict[str, int], starts: list[datetime]) -> list[HeatmapRow]:
    index = pd.DatetimeIndex(starts)
    column = index.get_indexer(pd.DatetimeIndex(cells["start"])) if len(starts) else np.empty(0, dtype=int)
    row = pd.Index(list(names.values())).get_indexer(pd.Index(cells["device_id"]))
    values = {}
    for name in ("mean", "outside"):
        values[name] = np.full((len(names), len(starts)), np.nan)
        values[name][row, column] = cells[name].to_numpy()
    return [
        HeatmapRow(name, _or_null(values["mean"][place]), _or_null(values["outside"][place]))
        for place, name in enumerate(names)
    ]


def _or_null(values: np.ndarray) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]

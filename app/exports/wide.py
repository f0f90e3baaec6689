"""Setting devices side by side: one row for each time, columns for every device and quantity."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from app.exports.tables import fields_of
from models.read.export_kinds import ExportQuery
from models.read.export_query import Kind, value_columns

#: Cells that are set side by side at once; at eight bytes each they are 16 MiB.
_CELLS = 2_000_000


def wide_columns(query: ExportQuery) -> dict[str, Kind]:
    """Give the columns that every device has; how many readings a step is made of stays out."""
    return {name: kind for name, kind in value_columns(query).items() if kind is not Kind.COUNT}


def wide_names(devices: Sequence[str], query: ExportQuery) -> dict[str, list[pa.Field]]:
    """Name the columns of all devices, by what they hold: ``pi-1_ph``."""
    return {
        field.name: [pa.field(f"{device}_{field.name}", field.type) for device in devices]
        for field in fields_of(wide_columns(query))
    }


def pivoted(long: pa.Table, device_ids: Sequence[int], names: dict[str, list[pa.Field]]) -> Iterator[pa.Table]:
    """Turn rows of many devices, sorted by time, into tables with a row for each time ``ms``; missing is null."""
    times = long.column("ms").to_numpy()
    order = np.argsort(device_ids)
    place = order[np.searchsorted(np.asarray(device_ids)[order], long.column("device_id").to_numpy())]
    moments, first = np.unique(times, return_index=True)
    edges = [*first.tolist(), len(times)]
    step = max(1, _CELLS // (len(device_ids) * len(names)))
    for start in range(0, len(moments), step):
        end = min(start + step, len(moments))
        rows = slice(edges[start], edges[end])
        yield _beside(long.slice(rows.start, rows.stop - rows.start), moments[start:end], place[rows], names)


def _beside(long: pa.Table, moments: np.ndarray, place: np.ndarray, names: dict[str, list[pa.Field]]) -> pa.Table:
    row = np.searchsorted(moments, long.column("ms").to_numpy())
    columns, fields = [pa.array(moments)], [pa.field("ms", pa.int64())]
    for device in range(len(next(iter(names.values())))):
        is_its = place == device
        for name, of_devices in names.items():
            cells = np.full(len(moments), np.nan)
            cells[row[is_its]] = long.column(name).to_numpy()[is_its]
            field = of_devices[device]
            columns.append(pa.array(cells, from_pandas=True).cast(field.type))
            fields.append(field)
    return pa.table(columns, schema=pa.schema(fields))

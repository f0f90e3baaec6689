"""Typed tables of an export: the same columns as the lines of text, in types that programs and spreadsheets know."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from models.read.devices import DeviceRecord
from models.read.export_query import Kind

WORDS = pa.dictionary(pa.int32(), pa.string())
_TYPES = {Kind.TEXT: WORDS, Kind.NUMBER: pa.float64(), Kind.FLAG: pa.uint8(), Kind.COUNT: pa.int64()}
#: A moment, and the clock on the wall at it: that has no zone, because a file may hold several.
UTC_TIME, LOCAL_TIME = pa.timestamp("ms", tz="UTC"), pa.timestamp("ms")


def place_columns() -> list[pa.Field]:
    """Name where a row was measured."""
    return [pa.field(name, WORDS) for name in ("device", "site", "zone")]


def time_columns(word: str) -> list[pa.Field]:
    """Name the times of a row; ``word`` is how they begin."""
    return [pa.field(f"{word}_local", LOCAL_TIME), pa.field("utc_offset", WORDS), pa.field(f"{word}_utc", UTC_TIME)]


def fields_of(columns: Mapping[str, Kind]) -> list[pa.Field]:
    """Give the columns of values with their types."""
    return [pa.field(name, _TYPES[kind]) for name, kind in columns.items()]


def parsed(text: bytes, columns: Mapping[str, Kind]) -> pa.Table:
    """Read whole lines as PostgreSQL's COPY writes them; an empty text is one, and nothing is a null."""
    return csv.read_csv(
        pa.BufferReader(text),
        read_options=csv.ReadOptions(column_names=list(columns), use_threads=False, block_size=len(text) + 1),
        convert_options=csv.ConvertOptions(
            column_types={name: _TYPES[kind] for name, kind in columns.items()},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def long_table(values: pa.Table, device: DeviceRecord, zone: str, word: str) -> pa.Table:
    """Put place and times in front of the values of one device, whose first column is the time in milliseconds."""
    place = [repeated(one, values.num_rows) for one in (device.name, _on_a_line(device.site), _on_a_line(device.zone))]
    columns = [*place, *_times(values.column("ms"), zone), *values.columns[1:]]
    fields = [*place_columns(), *time_columns(word), *list(values.schema)[1:]]
    return pa.table(columns, schema=pa.schema(fields)).unify_dictionaries()


def with_wide_times(values: pa.Table, zone: str, word: str) -> pa.Table:
    """Put the times in front of values side by side, whose first column is the time in milliseconds."""
    fields = [*time_columns(word), *list(values.schema)[1:]]
    return pa.table([*_times(values.column("ms"), zone), *values.columns[1:]], schema=pa.schema(fields))


def repeated(word: str | None, count: int) -> pa.DictionaryArray:
    """Give a column that says the same in every row."""
    places = pa.array(np.zeros(count, np.int32), mask=np.full(count, word is None))
    return pa.DictionaryArray.from_arrays(places, pa.array([word or ""]))


def spelled(offsets_min: Sequence[int]) -> list[str]:
    """Write offsets from UTC, given in minutes, as ``UTC+07:00``."""
    return [f"UTC{'-' if one < 0 else '+'}{abs(one) // 60:02}:{abs(one) % 60:02}" for one in offsets_min]


def _times(milliseconds: pa.ChunkedArray, zone: str) -> list[pa.ChunkedArray | pa.Array]:
    """Give local time, offset and UTC time; Python knows the zones also where the machine does not."""
    utc_ms = milliseconds.to_numpy()
    local = pd.DatetimeIndex(utc_ms.astype("M8[ms]"), tz="UTC").tz_convert(zone).tz_localize(None)
    local_ms = local.as_unit("ms").asi8
    offsets, places = np.unique((local_ms - utc_ms) // 60_000, return_inverse=True)
    words = pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), pa.array(spelled(offsets.tolist())))
    return [pa.array(local_ms).cast(LOCAL_TIME), words, pc.cast(milliseconds, UTC_TIME)]


def _on_a_line(text: str | None) -> str | None:
    """Keep what people wrote on one line, as the lines of text do."""
    return None if text is None else "".join(letter if letter.isprintable() else " " for letter in text)

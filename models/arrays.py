"""Numpy columns in and out of PostgreSQL as binary arrays: one copy of the bytes instead of an object per value.

A column of 10 000 readings travels as ONE query parameter, or comes back as ONE result value. PostgreSQL's binary
array is a header followed by (length, value) pairs in network byte order, which numpy reads and writes at once.

A query run with ``execution_options={"binary": True}`` gives its array values as numpy arrays.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from psycopg import Connection, Cursor, pq
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from sqlalchemy import BigInteger, ColumnElement, Engine, any_, event, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

#: Microseconds from 1970 to 2000, where PostgreSQL's timestamps begin.
EPOCH_SHIFT_US = 946_684_800_000_000
EPOCH_SHIFT_DAYS = 10_957

_HEADER = struct.Struct("!iiIii")
_HEADER_WORDS, _EMPTY_HEADER_WORDS = 5, 3
_NULL_LENGTH = -1


class PgArray:
    """A one-dimensional column as a query parameter; masked values travel as NULL."""

    __slots__ = ("nulls", "values")
    #: Object identifier of the element type and of the array type, from PostgreSQL's catalog (pg_type.dat).
    element_oid: int
    array_oid: int
    dtype: str

    def __init__(self, values: npt.ArrayLike, nulls: npt.NDArray[np.bool_] | None = None) -> None:
        self.values = np.asarray(values, dtype=self.dtype)
        self.nulls = nulls

    def encode(self) -> bytes:
        """Give the bytes of PostgreSQL's binary array format."""
        has_nulls = self.nulls is not None and bool(self.nulls.any())
        header = _HEADER.pack(1, int(has_nulls), self.element_oid, len(self.values), 1)
        pairs = np.empty(len(self.values), dtype=[("length", ">i4"), ("value", self.dtype)])
        pairs["length"] = pairs.dtype["value"].itemsize
        pairs["value"] = self.values
        if not has_nulls:
            return header + pairs.tobytes()
        pairs["length"][self.nulls] = _NULL_LENGTH
        return header + drop_null_bytes(pairs, np.asarray(self.nulls)[:, None], ["value"])


class Int4Array(PgArray):
    """integer[]"""

    element_oid, array_oid, dtype = 23, 1007, ">i4"


class Int8Array(PgArray):
    """bigint[]"""

    element_oid, array_oid, dtype = 20, 1016, ">i8"


class Float8Array(PgArray):
    """double precision[]; NaN travels as NULL, because no column of ours may hold NaN."""

    element_oid, array_oid, dtype = 701, 1022, ">f8"

    def __init__(self, values: npt.ArrayLike) -> None:
        column = np.asarray(values, dtype=np.float64)
        super().__init__(column, np.isnan(column))


class TimestampArray(PgArray):
    """timestamptz[], from milliseconds since 1970, or exactly from the times of pandas."""

    element_oid, array_oid, dtype = 1184, 1185, ">i8"

    def __init__(self, ts_ms: npt.ArrayLike) -> None:
        super().__init__(np.asarray(ts_ms, dtype=np.int64) * 1000 - EPOCH_SHIFT_US)

    @classmethod
    def of_times(cls, times: pd.DatetimeIndex) -> Self:
        """Make it from aware times, to the microsecond."""
        made = cls([])
        made.values = (times.as_unit("us").asi8 - EPOCH_SHIFT_US).astype(cls.dtype)
        return made


class DateArray(PgArray):
    """date[], from days since 1970."""

    element_oid, array_oid, dtype = 1082, 1182, ">i4"

    def __init__(self, days: npt.ArrayLike) -> None:
        super().__init__(np.asarray(days, dtype=np.int64) - EPOCH_SHIFT_DAYS)


class Int8OrNullArray(Int8Array):
    """bigint[] in which one value of the caller's choice means NULL."""

    def __init__(self, values: npt.ArrayLike, null: int) -> None:
        column = np.asarray(values, dtype=np.int64)
        super().__init__(column, column == null)


def drop_null_bytes(records: npt.NDArray[Any], nulls: npt.NDArray[np.bool_], fields: list[str]) -> bytes:
    """Give the bytes of packed records without the bytes of the given fields where they are null.

    ``nulls`` has shape (records, fields). Both the array and the COPY format leave a null's value out altogether.
    """
    kept = np.ones((len(records), records.dtype.itemsize), dtype=bool)
    for column, name in enumerate(fields):
        field_type, offset = records.dtype.fields[name][:2]  # type: ignore[index]
        kept[nulls[:, column], offset : offset + field_type.itemsize] = False
    return records.view(np.uint8).reshape(kept.shape)[kept].tobytes()


def decode_array(data: Buffer, dtype: str) -> npt.NDArray[Any]:
    """Read a binary array without nulls into a native numpy array.

    ``dtype`` is the element's type as numpy writes it in native order, e.g. ``"f8"``.
    """
    native = np.dtype(dtype)
    dimensions, has_nulls = struct.unpack_from("!ii", data)
    if dimensions == 0:
        return np.empty(0, dtype=native)
    if has_nulls:
        raise ValueError("the array holds nulls; give them a value in the query (coalesce)")
    pairs = np.dtype([("length", ">i4"), ("value", native.newbyteorder(">"))])
    return np.frombuffer(data, dtype=pairs, offset=_HEADER.size)["value"].astype(native)


def unpack(data: Buffer, dtype: str) -> npt.NDArray[Any]:
    """Read numbers that PostgreSQL's ``…send`` functions laid end to end; ``dtype`` as for :func:`decode_array`."""
    native = np.dtype(dtype)
    return np.frombuffer(data, dtype=native.newbyteorder(">")).astype(native)


def unpack_int4_arrays(data: Buffer, lengths: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    """Read integer[] values that PostgreSQL's ``array_send`` laid end to end; their elements come end to end, too.

    ``lengths`` are their cardinalities. Cutting them apart here costs a tenth of unnesting them there.
    """
    words, sizes = np.frombuffer(data, dtype=">i4"), lengths.astype(np.int64)
    # An array is a header (shorter if it is empty) and a pair for every element: its length in bytes, then itself.
    whole = np.where(sizes > 0, _HEADER_WORDS + 2 * sizes, _EMPTY_HEADER_WORDS)
    first = np.cumsum(whole) - whole + _HEADER_WORDS + 1
    before = np.cumsum(sizes) - sizes
    at = np.repeat(first - 2 * before, sizes) + 2 * np.arange(sizes.sum())
    return words[at].astype(np.int32)


def to_times(timestamps: npt.NDArray[np.int64], *, unit: Literal["ms", "us"] = "ms") -> pd.DatetimeIndex:
    """Turn PostgreSQL's microseconds since 2000 into aware UTC times of pandas."""
    since_1970 = timestamps + EPOCH_SHIFT_US
    return pd.DatetimeIndex((since_1970 // (1000 if unit == "ms" else 1)).view(f"M8[{unit}]"), tz="UTC")


def to_epoch_ms(timestamps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Turn PostgreSQL's microseconds since 2000 into milliseconds since 1970."""
    return (timestamps + EPOCH_SHIFT_US) // 1000


class _PgArrayDumper(Dumper):
    format = pq.Format.BINARY

    def dump(self, obj: PgArray) -> bytes:
        return obj.encode()


class _NumpyLoader(Loader):
    format = pq.Format.BINARY
    dtype: str

    def load(self, data: Buffer) -> npt.NDArray[Any]:
        return decode_array(data, self.dtype)


_DUMPERS: dict[type[PgArray], type[Dumper]] = {
    kind: type(f"{kind.__name__}Dumper", (_PgArrayDumper,), {"oid": kind.array_oid})
    for kind in (Int4Array, Int8Array, Int8OrNullArray, Float8Array, TimestampArray, DateArray)
}
#: Array type by object identifier -> element as numpy knows it: int2, int4, int8, float4, float8, timestamptz, date.
_LOADERS: dict[int, type[Loader]] = {
    oid: type(f"NumpyLoader{oid}", (_NumpyLoader,), {"dtype": dtype})
    for oid, dtype in {1005: "i2", 1007: "i4", 1016: "i8", 1021: "f4", 1022: "f8", 1185: "i8", 1182: "i4"}.items()
}


def register_arrays(engine: Engine) -> None:
    """Let every connection of the engine send :class:`PgArray` columns and, on request, receive numpy arrays."""

    @event.listens_for(engine, "connect")
    def _(connection: Connection, _record: object) -> None:
        for kind, dumper in _DUMPERS.items():
            connection.adapters.register_dumper(kind, dumper)
        for oid, loader in _LOADERS.items():
            connection.adapters.register_loader(oid, loader)

    @event.listens_for(engine, "before_cursor_execute")
    def _(_connection: object, cursor: Cursor, _sql: str, _parameters: object, context: Any, _many: bool) -> None:
        if context is not None and context.execution_options.get("binary"):
            cursor.format = pq.Format.BINARY


def query_arrays(session: Session, query: str, parameters: Mapping[str, Any]) -> Sequence[Any]:
    """Run a query that gives one row, in binary: its arrays as numpy arrays, its bytea as bytes."""
    result = session.connection().exec_driver_sql(query, dict(parameters), execution_options={"binary": True})
    return result.one()


def is_among(column: ColumnElement[int] | InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Give the condition that a bigint column is one of these.

    One parameter, however many there are: ``in_`` makes one of each, and a text that is taken apart every time.
    """
    return column == any_(literal([int(one) for one in ids], ARRAY(BigInteger)))

"""Numpy columns in and out of PostgreSQL as binary arrays: one copy of the bytes instead of an object per value.

A column of 10 000 readings travels as ONE query parameter, or comes back as ONE result value. PostgreSQL's binary
array is a header followed by (length, value) pairs in network byte order, which numpy reads and writes at once.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg import Connection, pq
from psycopg.adapt import Dumper
from sqlalchemy import Engine, event

#: Microseconds from 1970 to 2000, where PostgreSQL's timestamps begin.
EPOCH_SHIFT_US = 946_684_800_000_000

_HEADER = struct.Struct("!iiIii")
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
    """timestamptz[], from milliseconds since 1970."""

    element_oid, array_oid, dtype = 1184, 1185, ">i8"

    def __init__(self, ts_ms: npt.ArrayLike) -> None:
        super().__init__(np.asarray(ts_ms, dtype=np.int64) * 1000 - EPOCH_SHIFT_US)


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


def decode_array(data: bytes | None, dtype: str) -> npt.NDArray[Any]:
    """Read a binary array without nulls into a native numpy array; None (an aggregate of no rows) gives none.

    ``dtype`` is the element's type as numpy writes it in native order, e.g. ``"f8"``.
    """
    native = np.dtype(dtype)
    if data is None:
        return np.empty(0, dtype=native)
    dimensions, has_nulls = struct.unpack_from("!ii", data)
    if dimensions == 0:
        return np.empty(0, dtype=native)
    if has_nulls:
        raise ValueError("the array holds nulls; give them a value in the query (coalesce)")
    pairs = np.dtype([("length", ">i4"), ("value", native.newbyteorder(">"))])
    return np.frombuffer(data, dtype=pairs, offset=_HEADER.size)["value"].astype(native)


def to_epoch_ms(timestamps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Turn PostgreSQL's microseconds since 2000 into milliseconds since 1970."""
    return (timestamps + EPOCH_SHIFT_US) // 1000


class _PgArrayDumper(Dumper):
    format = pq.Format.BINARY

    def dump(self, obj: PgArray) -> bytes:
        return obj.encode()


_DUMPERS: dict[type[PgArray], type[Dumper]] = {
    kind: type(f"{kind.__name__}Dumper", (_PgArrayDumper,), {"oid": kind.array_oid})
    for kind in (Int8Array, Int8OrNullArray, Float8Array, TimestampArray)
}


def register_array_dumpers(engine: Engine) -> None:
    """Let every connection of the engine take :class:`PgArray` columns as parameters."""

    @event.listens_for(engine, "connect")
    def _(connection: Connection, _record: object) -> None:
        for kind, dumper in _DUMPERS.items():
            connection.adapters.register_dumper(kind, dumper)

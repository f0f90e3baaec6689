"""What was found out about stored readings is written to them, and to the states of their devices."""

from datetime import UTC, datetime

import pandas as pd
from sqlalchemy.orm import Session

from models.arrays import Int8Array, Int8OrNullArray, TimestampArray

_JUDGED = (
    "FROM unnest(%(device_id)s, %(ts)s, %(quality)s, %(tests)s) AS judged(device_id, ts, quality, tests) "
    "WHERE {table}.device_id = judged.device_id AND {table}.ts = judged.ts "
    "AND ({table}.quality <> judged.quality OR {table}.tests IS DISTINCT FROM judged.tests)"
)
# Counted where they are: a hundred thousand rows that say nothing cost as much to fetch as to judge.
_FLAG = (
    "WITH changed AS ("  # noqa: S608 (own constants)
    f"UPDATE readings SET quality = judged.quality, tests = judged.tests {_JUDGED.format(table='readings')} "
    "AND readings.ts >= %(first)s AND readings.ts <= %(last)s RETURNING 1) SELECT count(*) FROM changed"
)
# Posts write the same rows, by device as well: in another order the two could wait for each other.
_HOLD_NEWEST = (
    "SELECT 1 FROM device_state WHERE device_id IN (SELECT device_state.device_id FROM device_state, "  # noqa: S608
    f"{_JUDGED.format(table='device_state').removeprefix('FROM ')}) ORDER BY device_id FOR UPDATE"
)
_FLAG_NEWEST = (
    "UPDATE device_state SET quality = judged.quality, tests = judged.tests "  # noqa: S608
    f"{_JUDGED.format(table='device_state')}"
)


def update_flags(session: Session, judged: pd.DataFrame) -> int:
    """Write packed flags and tests to readings, only where they differ; gives how many did.

    ``judged`` has the columns ``device_id``, ``ts_ms``, ``quality`` and ``tests``, by device and time; ``tests`` 0 is
    stored as null. What the devices' states say about their newest readings follows.
    """
    if judged.empty:
        return 0
    span = {
        "first": datetime.fromtimestamp(int(judged["ts_ms"].min()) / 1000, UTC),
        "last": datetime.fromtimestamp(int(judged["ts_ms"].max()) / 1000, UTC),
    }
    changed = session.connection().exec_driver_sql(_FLAG, _columns(judged) | span).scalar_one()
    # A state is that of a device's newest reading, so no other than the last one given can be meant by it.
    newest = _columns(judged.drop_duplicates("device_id", keep="last"))
    if session.connection().exec_driver_sql(_HOLD_NEWEST, newest).first() is not None:
        session.connection().exec_driver_sql(_FLAG_NEWEST, newest)
    return int(changed)


def _columns(judged: pd.DataFrame) -> dict[str, object]:
    return {
        "device_id": Int8Array(judged["device_id"].to_numpy()),
        "ts": TimestampArray(judged["ts_ms"].to_numpy()),
        "quality": Int8Array(judged["quality"].to_numpy()),
        "tests": Int8OrNullArray(judged["tests"].to_numpy(), null=0),
    }

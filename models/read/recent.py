"""What many devices sent lately, at once: one question instead of one per device."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.arrays import query_arrays, to_epoch_ms, unpack
from models.read.readings import EXPRESSIONS
from models.tables import FlagOverride


def recent_readings(
    session: Session, device_ids: Sequence[int], start: datetime, end: datetime, columns: Sequence[str]
) -> pd.DataFrame:
    """Read the readings of these devices in ``[start, end)``, by device and time.

    Parameters
    ----------
    columns
        Any of ``models.read.readings.READING_COLUMNS``.

    Returns
    -------
    DataFrame with ``device_id`` (int64), ``ts_ms`` (int64, milliseconds since 1970) and the columns, in the types of
    :func:`models.read.readings.readings_frame`.
    """
    expressions = {"device_id": ("int8send(device_id)", "i8"), **{one: EXPRESSIONS[one] for one in ("ts", *columns)}}
    packed = ", ".join(f"coalesce(string_agg({one}, ''), '')" for one, _ in expressions.values())
    query = (
        f"SELECT {packed} FROM (SELECT * FROM readings WHERE device_id = ANY(%(device_ids)s::bigint[]) "  # noqa: S608
        "AND ts >= %(start)s AND ts < %(end)s ORDER BY device_id, ts) AS r"
    )
    given = {"device_ids": [int(one) for one in device_ids], "start": start, "end": end}
    found = query_arrays(session, query, given)
    values = {name: unpack(data, kind) for (name, (_, kind)), data in zip(expressions.items(), found, strict=True)}
    return pd.DataFrame({"device_id": values.pop("device_id"), "ts_ms": to_epoch_ms(values.pop("ts")), **values})


def devices_with_overrides(session: Session, start: datetime, end: datetime) -> set[int]:
    """Name the devices of which a person has decided flags in force in ``[start, end)``."""
    query = select(FlagOverride.device_id).where(
        FlagOverride.voided_at.is_(None), FlagOverride.start_at < end, FlagOverride.end_at > start
    )
    return set(session.scalars(query))

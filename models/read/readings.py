"""Readings of one device as a frame, at the speed at which the database can find them.

A column comes back as one value, its numbers end to end in PostgreSQL's own binary form: a year of minutes costs little
more than the database's own time, where a row at a time costs ten seconds. (An array of the same takes a third longer.)
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.arrays import is_among, query_arrays, to_times, unpack
from models.errors import BadReadings
from models.rows import NULL_NUMBERS
from models.tables import DeviceState, Reading

_FLOATS = ("ph", "ec_us_cm", "water_c", "ph_sent", "ec_sent", "ph_measured", "ec_measured", "ph_mv", "ec_mv")

#: Column -> the SQL that gives its bytes, nulls replaced, and what numpy calls them.
EXPRESSIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **{name: (f"float8send(coalesce({name}::float8, 'NaN'))", "f8") for name in _FLOATS},
        **{name: (f"int8send(coalesce({name}, {null}))", "i8") for name, null in NULL_NUMBERS.items()},
        # What was derived first: the correction leaves NaN behind where nothing was.
        "ph_as_measured": ("float8send(coalesce(ph_measured, ph, 'NaN'))", "f8"),
        "ec_as_measured": ("float8send(coalesce(ec_measured, ec_us_cm, 'NaN'))", "f8"),
        "quality": ("int2send(quality)", "i2"),
        "ts": ("timestamptz_send(ts)", "i8"),
    }
)
READING_COLUMNS = tuple(name for name in EXPRESSIONS if name != "ts")


def readings_frame(
    session: Session,
    device_id: int,
    start: datetime | None = None,
    end: datetime | None = None,
    columns: Sequence[str] = ("ph", "ec_us_cm", "water_c", "quality"),
) -> pd.DataFrame:
    """Read one device's readings in ``[start, end)``; None leaves that side open.

    Parameters
    ----------
    columns
        Any of ``READING_COLUMNS``, in the order wanted.

    Returns
    -------
    DataFrame of shape (n, len(columns)). Index ``ts``: strictly increasing, aware UTC, millisecond unit. Values and
    millivolts are float64 with NaN for null. ``quality`` is int16. The other integers are int64, with the number of
    ``models.rows.NULL_NUMBERS`` for null (``tests`` 0, calibration ids 0, ``seq``, ``stream`` and ``clock`` -1).

    Raises
    ------
    BadReadings
        If a column is asked for that readings do not have.
    """
    unknown = [name for name in columns if name not in READING_COLUMNS]
    if unknown:
        raise BadReadings(f"readings have no column {', '.join(unknown)}; they have {', '.join(READING_COLUMNS)}")
    wanted = ("ts", *columns)
    packed = ", ".join(f"coalesce(string_agg({EXPRESSIONS[name][0]}, ''), '')" for name in wanted)
    query = (
        f"SELECT {packed} FROM (SELECT * FROM readings "  # noqa: S608 (expressions from the table above)
        f"WHERE device_id = %(device_id)s{_span_condition(start, end)} ORDER BY ts) AS r"
    )
    found = query_arrays(session, query, {"device_id": device_id, "start": start, "end": end})
    values = {name: unpack(data, EXPRESSIONS[name][1]) for name, data in zip(wanted, found, strict=True)}
    index = to_times(values.pop("ts")).rename("ts")
    return pd.DataFrame(values, index=index, columns=list(columns), copy=False)


def span(session: Session, device_id: int) -> tuple[datetime, datetime] | None:
    """Give the times of a device's first and last reading; None if it has none."""
    query = select(func.min(Reading.ts), func.max(Reading.ts)).where(Reading.device_id == device_id)
    first, last = session.execute(query).one()
    return None if first is None else (first, last)


def newest_at(session: Session, device_id: int) -> datetime | None:
    """Give the time of a device's newest reading, as its state remembers it; None if there is none."""
    return session.scalar(select(DeviceState.ts).where(DeviceState.device_id == device_id))


def seen_at(session: Session, device_id: int) -> datetime | None:
    """Give the time of a device's last post on the clock of the server; None if it never posted."""
    return session.scalar(select(DeviceState.last_seen_at).where(DeviceState.device_id == device_id))


def newest_of(session: Session, device_ids: Sequence[int]) -> dict[int, datetime]:
    """Give the times of the newest readings of those of some devices that have any."""
    query = select(DeviceState.device_id, DeviceState.ts).where(is_among(DeviceState.device_id, device_ids))
    return {device_id: ts for device_id, ts in session.execute(query) if ts is not None}


def count_readings(
    session: Session, device_id: int | None = None, start: datetime | None = None, end: datetime | None = None
) -> int:
    """Count readings of one device, or of all, in ``[start, end)``; None leaves that side open."""
    query = select(func.count()).select_from(Reading)
    if device_id is not None:
        query = query.where(Reading.device_id == device_id)
    if start is not None:
        query = query.where(Reading.ts >= start)
    if end is not None:
        query = query.where(Reading.ts < end)
    return int(session.execute(query).scalar_one())


def _span_condition(start: datetime | None, end: datetime | None) -> str:
    """Compare ``ts`` itself with plain parameters, so that other months are not even opened."""
    return (" AND ts >= %(start)s" if start is not None else "") + (" AND ts < %(end)s" if end is not None else "")

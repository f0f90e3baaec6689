"""People's verdicts on spans of readings: as judging needs them, and as people look back on them."""

from datetime import datetime
from typing import NamedTuple

import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models.errors import UnknownOverride
from models.tables import Device, FlagOverride, User

_LISTED = ["id", "quantity", "start", "end", "flag", "reason", "author", "made_at"]


class OverrideRow(NamedTuple):
    """What judging needs of a verdict: readings of ``quantity`` in ``[start_at, end_at)`` get ``flag``."""

    quantity: str
    start_at: datetime
    end_at: datetime
    flag: int


class OverrideRecord(NamedTuple):
    """One verdict with the device it is about; ``voided_at`` is None while it is in force."""

    id: int
    device_id: int
    device_name: str
    quantity: str
    start_at: datetime
    end_at: datetime
    flag: int
    voided_at: datetime | None


def override_rows(session: Session, device_id: int, start: datetime, end: datetime) -> list[OverrideRow]:
    """Read the verdicts in force that touch ``[start, end)``; of two on the same reading the later one counts."""
    query = select(*(getattr(FlagOverride, name) for name in OverrideRow._fields))
    in_force = _in_force(query, device_id, start, end).order_by(FlagOverride.id)
    return [OverrideRow(*row) for row in session.execute(in_force)]


def overrides_frame(session: Session, device_id: int, start: datetime, end: datetime) -> pd.DataFrame:
    """Read the verdicts in force that touch ``[start, end)``, the latest span first.

    Returns
    -------
    DataFrame with columns ``id``, ``quantity`` (ph, ec_us_cm, water_c), ``start``, ``end`` (aware UTC, end exclusive),
    ``flag`` (1 to 4), ``reason``, ``author`` (a person's name, None if unknown) and ``made_at`` (aware UTC).
    """
    query = select(
        FlagOverride.id,
        FlagOverride.quantity,
        FlagOverride.start_at,
        FlagOverride.end_at,
        FlagOverride.flag,
        FlagOverride.reason,
        User.name,
        FlagOverride.created_at,
    ).outerjoin(User, User.id == FlagOverride.created_by)
    latest_first = _in_force(query, device_id, start, end).order_by(
        FlagOverride.start_at.desc(), FlagOverride.id.desc()
    )
    frame = pd.DataFrame([tuple(row) for row in session.execute(latest_first)], columns=_LISTED)
    times = {name: pd.to_datetime(frame[name], utc=True).dt.as_unit("us") for name in ("start", "end", "made_at")}
    return frame.assign(**times).astype({"id": "int64", "flag": "int64"})


def find_override(session: Session, override_id: int) -> OverrideRecord:
    """Read one verdict, in force or withdrawn.

    Raises
    ------
    UnknownOverride
        If there is none with this number.
    """
    columns = {name: getattr(FlagOverride, name) for name in OverrideRecord._fields if name != "device_name"}
    query = select(*columns.values(), Device.name.label("device_name")).join(
        Device, Device.id == FlagOverride.device_id
    )
    row = session.execute(query.where(FlagOverride.id == override_id)).one_or_none()
    if row is None:
        raise UnknownOverride(override_id)
    return OverrideRecord(**row._mapping)


def _in_force(query: Select, device_id: int, start: datetime, end: datetime) -> Select:
    return query.where(
        FlagOverride.device_id == device_id,
        FlagOverride.voided_at.is_(None),
        FlagOverride.start_at < end,
        FlagOverride.end_at > start,
    )

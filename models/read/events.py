"""What happened to a tank: found in its readings, or told by a person."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.tables import Event, User

#: In ``details`` of an event that a person changed or confirmed: kind and start as they were detected.
AS_DETECTED = "as_detected"

_NUMBERS = ("ec_change", "ph_change", "confidence")
_TIMES = ("started_at", "ended_at", "hidden_at")
_WORDS = ("note", "author")


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event with who told it.

    ``kind`` as in the table (dose, top-up, …); an event without an end ends when it starts. ``origin`` is detected or
    manual; ``ec_change`` in µS/cm, ``ph_change`` and ``confidence`` (0.5..1) are NaN where unknown. ``author`` is the
    name of the person who told or confirmed it; ``was_detected`` holds also if a person changed it since.
    """

    kind: str
    started_at: datetime
    ended_at: datetime
    origin: str
    ec_change: float
    ph_change: float
    confidence: float
    note: str | None
    hidden_at: datetime | None
    author: str | None
    was_detected: bool


def list_events(
    session: Session, device_id: int, start: datetime, end: datetime, *, with_hidden: bool = False
) -> list[EventRecord]:
    """List the events of a device that touch ``[start, end)``, in time order; hidden ones only if asked for."""
    ended_at = func.coalesce(Event.ended_at, Event.started_at)
    query = (
        select(
            Event.kind, Event.started_at, ended_at, Event.origin, Event.details, Event.note, Event.hidden_at, User.name
        )
        .outerjoin(User, User.id == Event.created_by)
        .where(Event.device_id == device_id, Event.started_at < end, ended_at >= start)
    )
    if not with_hidden:
        query = query.where(Event.hidden_at.is_(None))
    return [_record(*row) for row in session.execute(query.order_by(Event.started_at, Event.kind))]


def events_frame(
    session: Session, device_id: int, start: datetime, end: datetime, *, with_hidden: bool = False
) -> pd.DataFrame:
    """Read what :func:`list_events` lists as a table.

    Returns
    -------
    DataFrame with the fields of :class:`EventRecord` as columns: times aware UTC (NaT where there is none), numbers
    float64 (NaN where unknown), ``note`` and ``author`` objects (None where there is none).
    """
    found = list_events(session, device_id, start, end, with_hidden=with_hidden)
    columns = {field.name: [getattr(one, field.name) for one in found] for field in fields(EventRecord)}
    times = {name: _times(columns[name]) for name in _TIMES}
    numbers = {name: pd.Series(columns[name], dtype="float64") for name in _NUMBERS}
    # As objects, or pandas makes NaN of what is absent.
    words = {name: pd.Series(columns[name], dtype=object) for name in _WORDS}
    was_detected = pd.Series(columns["was_detected"], dtype=bool)
    return pd.DataFrame({**columns, **times, **numbers, **words, "was_detected": was_detected})


def _times(moments: Sequence[datetime | None]) -> pd.DatetimeIndex:
    """Write moments as times of pandas, in one go."""
    naive = [None if moment is None else moment.astimezone(UTC).replace(tzinfo=None) for moment in moments]
    return pd.DatetimeIndex(np.array(naive, dtype="datetime64[us]")).tz_localize("UTC")


def _record(
    kind: str,
    started_at: datetime,
    ended_at: datetime,
    origin: str,
    details: dict[str, Any],
    note: str | None,
    hidden_at: datetime | None,
    author: str | None,
) -> EventRecord:
    ec_change, ph_change, confidence = (float(details.get(name, nan)) for name in _NUMBERS)
    was_detected = origin == "detected" or AS_DETECTED in details
    return EventRecord(
        kind, started_at, ended_at, origin, ec_change, ph_change, confidence, note, hidden_at, author, was_detected
    )

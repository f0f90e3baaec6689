"""What happened to a tank: found in its readings, or told by a person."""

from datetime import datetime

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.tables import Event, User

#: In ``details`` of an event that a person changed or confirmed: kind and start as they were detected.
AS_DETECTED = "as_detected"

_NUMBERS = ("ec_change", "ph_change", "confidence")
_COLUMNS = ("kind", "started_at", "ended_at", "origin", "note", "hidden_at", "details", "author")


def events_frame(
    session: Session, device_id: int, start: datetime, end: datetime, *, with_hidden: bool = False
) -> pd.DataFrame:
    """Read the events of a device that touch ``[start, end)``, in time order.

    Returns
    -------
    DataFrame with ``kind`` (as in the table: dose, top-up, …), ``started_at`` and ``ended_at`` (aware UTC; an event
    without an end ends when it starts), ``origin`` (detected, manual), ``ec_change`` (µS/cm), ``ph_change`` and
    ``confidence`` (0.5..1), NaN where unknown, ``note`` and ``hidden_at`` (None and NaT where there is none),
    ``author`` (the name of the person who told or confirmed it, else None) and ``was_detected`` (True also if a person
    changed it since). Hidden events are left out unless asked for.
    """
    ended_at = func.coalesce(Event.ended_at, Event.started_at)
    query = (
        select(
            Event.kind, Event.started_at, ended_at, Event.origin, Event.note, Event.hidden_at, Event.details, User.name
        )
        .outerjoin(User, User.id == Event.created_by)
        .where(Event.device_id == device_id, Event.started_at < end, ended_at >= start)
    )
    if not with_hidden:
        query = query.where(Event.hidden_at.is_(None))
    rows = session.execute(query.order_by(Event.started_at, Event.kind)).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=list(_COLUMNS))
    times = {
        name: pd.to_datetime(frame[name], utc=True).dt.as_unit("us") for name in ("started_at", "ended_at", "hidden_at")
    }
    numbers = {
        name: pd.Series([details.get(name) for details in frame["details"]], dtype="float64") for name in _NUMBERS
    }
    # As objects, or pandas makes NaN of what is absent.
    words = {name: pd.Series([row[_COLUMNS.index(name)] for row in rows], dtype=object) for name in ("note", "author")}
    was_detected = (frame["origin"] == "detected") | pd.Series(
        [AS_DETECTED in one for one in frame["details"]], dtype=bool
    )
    order = ["kind", "started_at", "ended_at", "origin", *_NUMBERS, "note", "hidden_at", "author", "was_detected"]
    return frame.assign(**times, **numbers, **words, was_detected=was_detected)[order]

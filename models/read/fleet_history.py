"""What calculations over many tanks need beside their hours: recent interventions, and how their electrodes aged."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.arrays import is_among
from models.tables import Calibration, Device, Event

#: Kinds of events that change the water; the others are about the probes, or words.
WATER_EVENTS = ("dose", "top-up", "water-change", "acid", "base")


def last_water_events(session: Session, device_ids: Sequence[int], start: datetime, end: datetime) -> pd.Series:
    """Give when the water of these devices was last changed by an event that began in ``[start, end)``.

    Returns
    -------
    Series indexed by ``device_id``: the end of the latest such event (aware UTC), hidden ones left out; a device
    without any is not in it.
    """
    ended_at = func.max(func.coalesce(Event.ended_at, Event.started_at))
    query = (
        select(Event.device_id, ended_at)
        .where(
            is_among(Event.device_id, device_ids),
            Event.started_at >= start,
            Event.started_at < end,
            Event.kind.in_(WATER_EVENTS),
            Event.hidden_at.is_(None),
        )
        .group_by(Event.device_id)
    )
    rows = session.execute(query).all()
    times = pd.to_datetime(pd.Series([row[1] for row in rows], dtype=object), utc=True).dt.as_unit("ms")
    return times.set_axis(pd.Index([row[0] for row in rows], dtype="int64", name="device_id"), axis=0)


def electrode_calibrations(session: Session, device_ids: Sequence[int], until: datetime) -> pd.DataFrame:
    """Read the pH calibrations that judged an electrode and begin at ``until`` or before; voided ones are left out.

    Returns
    -------
    DataFrame by device and time: ``device_id``, ``valid_from`` (aware UTC), ``slope_percent`` and ``offset_mv``. Of
    two of one moment, the one made later counts.
    """
    columns = ("device_id", "valid_from", "slope_percent", "offset_mv")
    query = (
        select(*(getattr(Calibration, name) for name in columns))
        .where(
            is_among(Calibration.device_id, device_ids),
            Calibration.quantity == "ph",
            Calibration.valid_from <= until,
            Calibration.voided_at.is_(None),
            Calibration.slope_percent.is_not(None),
            Calibration.offset_mv.is_not(None),
        )
        .order_by(Calibration.device_id, Calibration.valid_from, Calibration.id)
    )
    frame = pd.DataFrame([tuple(row) for row in session.execute(query)], columns=list(columns))
    frame["valid_from"] = pd.to_datetime(frame["valid_from"], utc=True).dt.as_unit("ms")
    latest = frame.drop_duplicates(["device_id", "valid_from"], keep="last").reset_index(drop=True)
    return latest.astype({"device_id": "int64", "slope_percent": "float64", "offset_mv": "float64"})


def tank_volume_l(session: Session, device_id: int) -> float | None:
    """Give the volume of a device's tank in litres; None where nobody has said."""
    return session.scalar(select(Device.tank_volume_l).where(Device.id == device_id))

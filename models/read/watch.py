"""When the server was there, and what its checks came to last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.tables import Calibration, DeviceFindings, ServerWatch


@dataclass(frozen=True, slots=True)
class WatchRecord:
    """The last sign of life, the last outage (None: there was none), and the last round of checks (None: not yet)."""

    beat_at: datetime
    down_from: datetime | None
    up_since: datetime | None
    checked_at: datetime | None


def server_watch(session: Session) -> WatchRecord | None:
    """Read what is known of the server itself; None before its jobs ran for the first time."""
    columns = (getattr(ServerWatch, name) for name in WatchRecord.__slots__)
    row = session.execute(select(*columns)).one_or_none()
    return None if row is None else WatchRecord(*row)


def findings_by_device(session: Session) -> Mapping[int, list[Any]]:
    """Read what the last round of checks came to, by device id; see :mod:`app.insights.stored`."""
    rows = session.execute(select(DeviceFindings.device_id, DeviceFindings.results))
    return {row.device_id: row.results for row in rows}


def newest_calibrations(session: Session, until: datetime) -> Mapping[tuple[int, str], datetime]:
    """Give the begin of the calibration that holds at ``until``, by device id and quantity."""
    query = (
        select(Calibration.device_id, Calibration.quantity, func.max(Calibration.valid_from))
        .where(Calibration.voided_at.is_(None), Calibration.valid_from <= until)
        .group_by(Calibration.device_id, Calibration.quantity)
    )
    return {(device_id, quantity): valid_from for device_id, quantity, valid_from in session.execute(query)}

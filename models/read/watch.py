"""When the server was there, and what its checks came to last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.tables import (
    Calibration,
    Device,
    DeviceFindings,
    DeviceState,
    PendingEnrollment,
    QuarantinedReading,
    ServerWatch,
)


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


def calibration_ages(session: Session, now: datetime) -> Mapping[tuple[int, str], datetime | None]:
    """Tell when each probe was calibrated last, by device id and quantity; None: never.

    Only of active devices, and only for what they send as millivolts: finished values are somebody else's calibration.
    """
    newest = (
        select(Calibration.device_id, Calibration.quantity, func.max(Calibration.valid_from).label("valid_from"))
        .where(Calibration.voided_at.is_(None), Calibration.valid_from <= now)
        .group_by(Calibration.device_id, Calibration.quantity)
        .subquery()
    )
    ages: dict[tuple[int, str], datetime | None] = {}
    for quantity, millivolts in (("ph", DeviceState.ph_mv), ("ec_us_cm", DeviceState.ec_mv)):
        query = (
            select(Device.id, newest.c.valid_from)
            .join(DeviceState, DeviceState.device_id == Device.id)
            .outerjoin(newest, (newest.c.device_id == Device.id) & (newest.c.quantity == quantity))
            .where(Device.status == "active", millivolts.is_not(None))
        )
        ages |= {(row.id, quantity): row.valid_from for row in session.execute(query)}
    return ages


def unplaced_readings(session: Session, since: datetime) -> Mapping[str, int]:
    """Count the readings since then whose time cannot be true and that nobody has looked at, by device name."""
    query = (
        select(Device.name, func.count())
        .join(QuarantinedReading, QuarantinedReading.device_id == Device.id)
        .where(QuarantinedReading.received_at >= since, QuarantinedReading.resolved_at.is_(None))
        .group_by(Device.name)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def waiting_pis(session: Session) -> tuple[int, datetime | None]:
    """Tell how many Pis wait to be let in, and since when the first of them does."""
    query = select(func.count(), func.min(PendingEnrollment.created_at)).where(PendingEnrollment.state == "pending")
    count, since = session.execute(query).one()
    return count, since

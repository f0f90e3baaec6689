"""How the server's work stands, for those who watch over it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import case, func, select, text
from sqlalchemy.orm import Session

from models.tables import Device, DeviceState, DirtyHour, QuarantinedReading

_MONTHS = text(
    "SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid "
    "WHERE inhparent = 'readings'::regclass AND relname ~ '^readings_[0-9]{4}_[0-9]{2}$'"
)
#: A device is silent when it has missed so many of its intervals.
_MISSED = 5


@dataclass(frozen=True, slots=True)
class Operations:
    """Figures of one moment; seconds are NaN where there is nothing to measure from."""

    dirty_hours: int
    dirty_oldest_s: float
    quarantined: int
    partitions: int
    partitions_ahead: int
    ingest_lag_s: float
    live: int
    silent: int


def operations(session: Session, *, now: datetime) -> Operations:
    """Look at everything that is counted, in five short queries."""
    dirty, oldest = session.execute(select(func.count(), func.min(DirtyHour.marked_at))).one()
    months = readings_months(session)
    live, silent, last_seen = _devices(session, now)
    return Operations(
        dirty_hours=dirty,
        dirty_oldest_s=_since(oldest, now) if dirty else 0.0,
        quarantined=session.scalar(select(func.count()).select_from(QuarantinedReading)) or 0,
        partitions=len(months),
        partitions_ahead=sum(month > month_of(now) for month in months),
        ingest_lag_s=_since(last_seen, now),
        live=live,
        silent=silent,
    )


def readings_months(session: Session) -> set[str]:
    """Give the months, as ``2026_11``, whose readings have a table of their own."""
    return {name.removeprefix("readings_") for name in session.scalars(_MONTHS)}


def month_of(moment: datetime) -> str:
    """Write a moment's UTC month as the partitions are named."""
    return f"{moment.astimezone(UTC):%Y_%m}"


def _devices(session: Session, now: datetime) -> tuple[int, int, datetime | None]:
    allowed = func.make_interval(0, 0, 0, 0, 0, 0, Device.interval_s * _MISSED)
    is_live = DeviceState.last_seen_at >= now - allowed
    query = (
        select(func.count(case((is_live, 1))), func.count(), func.max(DeviceState.last_seen_at))
        .select_from(Device)
        .outerjoin(DeviceState, DeviceState.device_id == Device.id)
        .where(Device.status == "active")
    )
    live, all_devices, last_seen = session.execute(query).one()
    return live, all_devices - live, last_seen


def _since(moment: datetime | None, now: datetime) -> float:
    return float("nan") if moment is None else max((now - moment).total_seconds(), 0.0)

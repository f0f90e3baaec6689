"""How the server's work stands, for those who watch over it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.tables import Device, DeviceState, DirtyHour, QuarantinedReading

_MONTHS = text(
    "SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid "
    "WHERE inhparent = 'readings'::regclass AND relname ~ '^readings_[0-9]{4}_[0-9]{2}$'"
)

_WAITING = select(func.count()).where(QuarantinedReading.resolved_at.is_(None))


class Contact(NamedTuple):
    """How often an active device that is no imported log should be heard of, and when it was; None: never."""

    interval_s: float
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Operations:
    """Figures of one moment; seconds are NaN where there is nothing to measure from.

    ``quarantined`` are readings that nobody has decided about yet.
    """

    dirty_hours: int
    dirty_oldest_s: float
    quarantined: int
    partitions: int
    partitions_ahead: int
    ingest_lag_s: float
    contacts: list[Contact]


def operations(session: Session, *, now: datetime) -> Operations:
    """Look at everything that is counted, in five short queries."""
    dirty, oldest = session.execute(select(func.count(), func.min(DirtyHour.marked_at))).one()
    months = readings_months(session)
    contacts = _contacts(session)
    last_seen = max((one.last_seen_at for one in contacts if one.last_seen_at), default=None)
    return Operations(
        dirty_hours=dirty,
        dirty_oldest_s=_since(oldest, now) if dirty else 0.0,
        quarantined=session.scalar(_WAITING) or 0,
        partitions=len(months),
        partitions_ahead=sum(month > month_of(now) for month in months),
        ingest_lag_s=_since(last_seen, now),
        contacts=contacts,
    )


def readings_months(session: Session) -> set[str]:
    """Give the months, as ``2026_11``, whose readings have a table of their own."""
    return {name.removeprefix("readings_") for name in session.scalars(_MONTHS)}


def month_of(moment: datetime) -> str:
    """Write a moment's UTC month as the partitions are named."""
    return f"{moment.astimezone(UTC):%Y_%m}"


def _contacts(session: Session) -> list[Contact]:
    # Nobody expects an imported log to speak.
    query = (
        select(Device.interval_s, DeviceState.last_seen_at)
        .outerjoin(DeviceState, DeviceState.device_id == Device.id)
        .where(Device.status == "active", Device.origin != "import")
    )
    return [Contact(*row) for row in session.execute(query)]


def _since(moment: datetime | None, now: datetime) -> float:
    return float("nan") if moment is None else max((now - moment).total_seconds(), 0.0)

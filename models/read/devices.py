"""Which devices there are, and which of them a credential belongs to."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.names import natural_key
from models.tables import Device, DeviceToken, Site


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """What is slow about a device. ``site`` and what hangs on it are None for a device without a site."""

    id: int
    name: str
    serial: str | None
    site: str | None
    site_time_zone: str | None
    ppm_scale: int | None
    zone: str | None
    status: str
    medium: str
    has_history: bool
    interval_s: int
    created_at: datetime
    origin: str
    live_from: datetime | None = None
    live_until: datetime | None = None
    rotation_asked_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Tell whether a person stands at the tank and wants to see every second."""
        return self.live_from is not None and self.live_until is not None and self.live_from <= now < self.live_until


@dataclass(frozen=True, slots=True)
class DeviceCredential:
    """A device found by the public part of its token; the caller still has to compare the digest."""

    device: DeviceRecord
    digest: bytes = field(repr=False)
    expires_at: datetime | None
    revoked_at: datetime | None
    #: The credential that ends when this one is used for the first time; None once it was.
    replaces: str | None = None


def find_device(session: Session, name: str) -> DeviceRecord | None:
    """Find one device by its name."""
    row = session.execute(select_records().where(Device.name == name)).one_or_none()
    return None if row is None else DeviceRecord(*row)


def list_devices(session: Session) -> list[DeviceRecord]:
    """List all devices, retired ones too, pi-2 before pi-10."""
    records = [DeviceRecord(*row) for row in session.execute(select_records())]
    return sorted(records, key=lambda record: natural_key(record.name))


def authenticate_device(session: Session, token_id: str) -> DeviceCredential | None:
    """Find the device whose token has this id; None when there is no such token."""
    query = (
        select_records()
        .add_columns(DeviceToken.digest, DeviceToken.expires_at, DeviceToken.revoked_at)
        .join(DeviceToken, DeviceToken.device_id == Device.id)
        .where(DeviceToken.id == token_id)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else _credential(row)


def has_site(session: Session, name: str) -> bool:
    """Tell whether there is a site of this name."""
    return session.scalar(select(Site.id).where(Site.name == name)) is not None


def neighbours(session: Session, name: str) -> tuple[str | None, str | None]:
    """Name the devices before and after this one in natural order, retired ones left out; None at either end."""
    names = sorted(session.scalars(select(Device.name).where(Device.status != "retired")), key=natural_key)
    if name not in names:
        return None, None
    place = names.index(name)
    return (names[place - 1] if place else None), (names[place + 1] if place + 1 < len(names) else None)


def select_records() -> Any:
    """Select the columns of :class:`DeviceRecord`, in its order."""
    return select(
        Device.id,
        Device.name,
        Device.serial,
        Site.name,
        Site.time_zone,
        Site.ppm_scale,
        Device.zone,
        Device.status,
        Device.medium,
        Device.has_history,
        Device.interval_s,
        Device.created_at,
        Device.origin,
        Device.live_from,
        Device.live_until,
        Device.rotation_asked_at,
    ).outerjoin(Site, Site.id == Device.site_id)


def _credential(row: Any) -> DeviceCredential:
    *record, digest, expires_at, revoked_at = row
    return DeviceCredential(DeviceRecord(*record), bytes(digest), expires_at, revoked_at)

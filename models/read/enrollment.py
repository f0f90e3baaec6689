"""Who may join, who asks to, who did: enrollment keys, waiting Pis, blocked boards."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.networks import is_same_network
from models.tables import (
    BlockedSerial,
    Device,
    DeviceState,
    DeviceToken,
    EnrollmentKey,
    PendingEnrollment,
    Site,
    User,
)


@unique
class KeyState(StrEnum):
    """Whether a key lets anybody in."""

    OPEN = "open"
    FULL = "full"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key that lets Pis join; its secret is stored nowhere."""

    id: str
    note: str | None
    site: str | None
    max_uses: int
    uses: int
    auto_approve: bool
    listed_only: bool
    created_by: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def state(self, now: datetime) -> KeyState:
        """Tell whether the key lets anybody in, and if not, why."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if now >= self.expires_at:
            return KeyState.EXPIRED
        return KeyState.FULL if self.uses >= self.max_uses else KeyState.OPEN


@dataclass(frozen=True, slots=True)
class KeyCredential:
    """A key found by the public part of its text; the caller still has to compare the digest."""

    key: KeyRecord
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PendingRecord:
    """A Pi that asks to join and needs a person.

    ``device`` is the one whose serial number it claims, None for a board that nobody registered. ``last_seen_at``
    and ``last_address`` tell when and from where the credential of that device was used last. ``agent`` is what the
    Pi says about itself (model, agent, hostname, boot_id).
    """

    id: int
    serial: str
    serial_source: str
    device: str | None
    site: str | None
    state: str
    enrollment_key_id: str
    address: str
    agent: dict[str, Any]
    created_at: datetime
    asked_at: datetime
    decided_at: datetime | None
    last_seen_at: datetime | None
    last_address: str | None

    @property
    def is_same_network(self) -> bool:
        """Tell whether the newcomer asks from the network in which the device was seen last."""
        return is_same_network(self.address, self.last_address)

    @property
    def is_contested(self) -> bool:
        """Tell whether two Pis claim one name: the device went on posting after the newcomer asked."""
        return self.last_seen_at is not None and self.last_seen_at > self.created_at


@dataclass(frozen=True, slots=True)
class JoinedRecord:
    """A Pi that joined by itself."""

    device: str
    serial: str | None
    enrollment_key_id: str
    address: str | None
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class BlockedRecord:
    """A board that never joins."""

    serial: str
    reason: str | None
    blocked_at: datetime
    blocked_by: str | None


def find_key(session: Session, key_id: str) -> KeyCredential | None:
    """Find a key by the public part of its text; one that ended, too."""
    row = session.execute(_keys().add_columns(EnrollmentKey.digest).where(EnrollmentKey.id == key_id)).one_or_none()
    if row is None:
        return None
    *record, digest = row
    return KeyCredential(KeyRecord(*record), bytes(digest))


def list_keys(session: Session) -> list[KeyRecord]:
    """List all keys, those that ended too, the newest first."""
    query = _keys().order_by(EnrollmentKey.created_at.desc(), EnrollmentKey.id)
    return [KeyRecord(*row) for row in session.execute(query)]


def find_pending(session: Session, pending_id: int) -> PendingRecord | None:
    """Find one request to join, decided or not."""
    row = session.execute(_pending().where(PendingEnrollment.id == pending_id)).one_or_none()
    return None if row is None else PendingRecord(*row)


def list_pending(session: Session) -> list[PendingRecord]:
    """List the Pis that wait for a person, the longest waiting first."""
    query = _pending().where(PendingEnrollment.state == "pending")
    query = query.order_by(PendingEnrollment.created_at, PendingEnrollment.id)
    return [PendingRecord(*row) for row in session.execute(query)]


def list_joined(session: Session, *, limit: int) -> list[JoinedRecord]:
    """List the Pis that joined last, the newest first."""
    query: Any = (
        select(Device.name, Device.serial, DeviceToken.enrollment_key_id, DeviceToken.address, DeviceToken.created_at)
        .join(Device, Device.id == DeviceToken.device_id)
        # A rotated credential keeps its key, but has no address: it did not join from anywhere.
        .where(DeviceToken.enrollment_key_id.is_not(None), DeviceToken.address.is_not(None))
        .order_by(DeviceToken.created_at.desc(), DeviceToken.id)
        .limit(limit)
    )
    return [JoinedRecord(*row) for row in session.execute(query)]


def list_blocked(session: Session) -> list[BlockedRecord]:
    """List the boards that never join, the newest first."""
    query = (
        select(BlockedSerial.serial, BlockedSerial.reason, BlockedSerial.blocked_at, User.name)
        .outerjoin(User, User.id == BlockedSerial.blocked_by)
        .order_by(BlockedSerial.blocked_at.desc(), BlockedSerial.serial)
    )
    return [BlockedRecord(*row) for row in session.execute(query)]


def _keys() -> Any:
    """Select the columns of :class:`KeyRecord`, in its order."""
    return (
        select(
            *(EnrollmentKey.id, EnrollmentKey.note, Site.name, EnrollmentKey.max_uses, EnrollmentKey.uses),
            *(EnrollmentKey.auto_approve, EnrollmentKey.listed_only, User.name),
            *(EnrollmentKey.created_at, EnrollmentKey.expires_at, EnrollmentKey.revoked_at),
        )
        .outerjoin(Site, Site.id == EnrollmentKey.site_id)
        .outerjoin(User, User.id == EnrollmentKey.created_by)
    )


def _pending() -> Any:
    """Select the columns of :class:`PendingRecord`, in its order."""
    return (
        select(
            *(PendingEnrollment.id, PendingEnrollment.serial, PendingEnrollment.serial_source, Device.name, Site.name),
            *(PendingEnrollment.state, PendingEnrollment.enrollment_key_id, PendingEnrollment.address),
            *(PendingEnrollment.agent, PendingEnrollment.created_at, PendingEnrollment.asked_at),
            *(PendingEnrollment.decided_at, DeviceState.last_seen_at, DeviceState.address),
        )
        .outerjoin(Device, Device.id == PendingEnrollment.device_id)
        .outerjoin(Site, Site.id == Device.site_id)
        .outerjoin(DeviceState, DeviceState.device_id == PendingEnrollment.device_id)
    )

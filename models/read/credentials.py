"""Credentials of machines, found by the public part of their token; the caller still compares the digests."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.read.devices import DeviceCredential, DeviceRecord, select_records
from models.tables import Device, DeviceToken, EnrollmentKey, ReadToken


@dataclass(frozen=True, slots=True)
class EnrollmentCredential:
    """A key that lets Pis join. Whether it still has uses left is for the enrollment itself to find out."""

    id: str
    digest: bytes = field(repr=False)
    max_uses: int
    uses: int
    site_id: int | None
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReadCredential:
    """A token that reads; ``devices`` are the names of those that it may read, None means all."""

    id: str
    digest: bytes = field(repr=False)
    note: str
    devices: frozenset[str] | None
    expires_at: datetime
    revoked_at: datetime | None


def device_credentials(session: Session, token_ids: Collection[str]) -> dict[str, DeviceCredential]:
    """Find the devices that these tokens belong to, by token id; ids that no token has are left out."""
    query = (
        select_records()
        .add_columns(DeviceToken.id, DeviceToken.digest, DeviceToken.expires_at, DeviceToken.revoked_at)
        .add_columns(DeviceToken.replaces)
        .join(DeviceToken, DeviceToken.device_id == Device.id)
        .where(DeviceToken.id == func.any(sorted(token_ids)))
    )
    found = {}
    for *record, token_id, digest, expires_at, revoked_at, replaces in session.execute(query):
        found[token_id] = DeviceCredential(DeviceRecord(*record), bytes(digest), expires_at, revoked_at, replaces)
    return found


def find_enrollment_key(session: Session, key_id: str) -> EnrollmentCredential | None:
    """Find an enrollment key, also one that is expired, revoked or used up."""
    columns = [getattr(EnrollmentKey, name) for name in EnrollmentCredential.__slots__]
    row = session.execute(select(*columns).where(EnrollmentKey.id == key_id)).one_or_none()
    return None if row is None else EnrollmentCredential(*row)


def find_read_token(session: Session, token_id: str) -> ReadCredential | None:
    """Find a read token, also one that is expired or revoked."""
    names = select(func.array_agg(Device.name)).where(Device.id == func.any(ReadToken.device_ids)).scalar_subquery()
    columns = (
        ReadToken.digest,
        ReadToken.note,
        ReadToken.device_ids,
        names,
        ReadToken.expires_at,
        ReadToken.revoked_at,
    )
    row = session.execute(select(*columns).where(ReadToken.id == token_id)).one_or_none()
    if row is None:
        return None
    digest, note, limited, devices, expires_at, revoked_at = row
    seen = None if limited is None else frozenset(devices or ())
    return ReadCredential(token_id, bytes(digest), note, seen, expires_at, revoked_at)

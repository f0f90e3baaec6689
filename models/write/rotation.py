"""A device changes its credential: the new one is known before the old one ends, so that nobody is locked out."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.tables import Device, DeviceToken
from models.write.devices import add_token

#: How long the old credential goes on working if the new one is never used.
OVERLAP = timedelta(hours=24)


def ask_for_rotation(session: Session, device_ids: Iterable[int], *, now: datetime) -> None:
    """Ask devices to make a new credential; they hear of it with the next answer."""
    session.execute(update(Device).where(Device.id.in_(list(device_ids))).values(rotation_asked_at=now))


def rotate(
    session: Session, device_id: int, old_token_id: str, *, new_token_id: str, digest: bytes, now: datetime
) -> bool:
    """Let the credential in that a device made to replace the one it uses.

    The old one works until the new one is used, at most :data:`OVERLAP`. Asked again with the same credential, which
    happens when an answer is lost, nothing changes; asked with another one, the one before is forgotten. False when
    somebody else has this credential, or it ended.
    """
    known = session.execute(
        select(DeviceToken.device_id, DeviceToken.digest, DeviceToken.revoked_at).where(
            (DeviceToken.id == new_token_id) | (DeviceToken.digest == digest)
        )
    ).first()
    if known is not None:
        return known.device_id == device_id and bytes(known.digest) == digest and known.revoked_at is None
    replaced_before = (DeviceToken.device_id == device_id) & (DeviceToken.replaces == old_token_id)
    session.execute(update(DeviceToken).where(replaced_before, DeviceToken.revoked_at.is_(None)).values(revoked_at=now))
    old = session.get_one(DeviceToken, old_token_id)
    add_token(
        session,
        device_id,
        new_token_id,
        digest,
        enrollment_key_id=old.enrollment_key_id,
        replaces=old_token_id,
        now=now,
    )
    ends_at = func.least(func.coalesce(DeviceToken.expires_at, now + OVERLAP), now + OVERLAP)
    session.execute(update(DeviceToken).where(DeviceToken.id == old_token_id).values(expires_at=ends_at))
    return True


def take_over(session: Session, token_id: str, *, now: datetime) -> None:
    """End the credential that this one replaces, at its first use; the wish for a rotation is fulfilled."""
    new = session.get(DeviceToken, token_id, with_for_update=True)
    if new is None or new.replaces is None:
        return
    old = (DeviceToken.id == new.replaces) & DeviceToken.revoked_at.is_(None)
    session.execute(update(DeviceToken).where(old).values(revoked_at=now))
    session.execute(update(Device).where(Device.id == new.device_id).values(rotation_asked_at=None))
    new.replaces = None

"""Devices join, get their credentials, get a crop, and leave."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from psycopg.errors import UniqueViolation
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.errors import DeviceNameTaken, SerialTaken, UnknownCrop, UnknownDevice
from models.names import checked_name, expand_names
from models.read.devices import DeviceRecord, find_device, list_devices
from models.tables import BlockedSerial, Crop, Device, DeviceToken, Planting, Site
from models.tokens import TokenKind, make_token

__all__ = [
    "add_token",
    "block_serial",
    "ensure_site",
    "expand_names",
    "issue_token",
    "plant",
    "register_device",
    "register_devices",
    "retire_device",
    "revoke_tokens",
    "set_live",
    "set_status",
    "unblock_serial",
]


def register_device(
    session: Session,
    name: str,
    *,
    serial: str | None = None,
    site: str | None = None,
    zone: str | None = None,
    medium: str = "nutrient",
    origin: str = "agent",
    has_history: bool = False,
    interval_s: int = 60,
    tank_volume_l: float | None = None,
    now: datetime,
) -> DeviceRecord:
    """Add one device. A ``site`` that is new is made, with the defaults of a site.

    Raises
    ------
    DeviceNameInvalid
        If the name could not stand in a URL.
    DeviceNameTaken, SerialTaken
        If another device has it; the session's transaction goes on.
    """
    values = {
        "name": checked_name(name),
        "serial": serial,
        "site_id": None if site is None else ensure_site(session, site),
        "zone": zone,
        "medium": medium,
        "origin": origin,
        "has_history": has_history,
        "interval_s": interval_s,
        "tank_volume_l": tank_volume_l,
        "created_at": now,
    }
    try:
        with session.begin_nested():
            session.execute(insert(Device).values(values))
    except IntegrityError as error:
        raise _taken(error, name, serial) from error
    return _known(session, name)


def register_devices(session: Session, names: Iterable[str], *, now: datetime, **same: Any) -> list[DeviceRecord]:
    """Add the devices that are not there yet, all with the ``same`` options of :func:`register_device`.

    Repeating it changes nothing. Gives a record for every name, in the order given.
    """
    wanted = [checked_name(name) for name in names]
    site = same.pop("site", None)
    values = {**same, "site_id": None if site is None else ensure_site(session, site), "created_at": now}
    if wanted:
        rows = [{"name": name, **values} for name in dict.fromkeys(wanted)]
        session.execute(postgresql.insert(Device).on_conflict_do_nothing(index_elements=["name"]), rows)
    known = {record.name: record for record in list_devices(session)}
    return [known[name] for name in wanted]


def retire_device(session: Session, name: str, *, now: datetime) -> None:
    """Take a device out of service: its name and readings stay, its credentials end.

    Raises
    ------
    UnknownDevice
        If no device has this name.
    """
    device = _known(session, name)
    set_status(session, device.id, "retired")
    revoke_tokens(session, device.id, now)


def set_status(session: Session, device_id: int, status: str, *, untrusted_since: datetime | None = None) -> None:
    """Set whether a device is ``active``, ``blocked`` or ``retired``.

    ``untrusted_since`` says from when on its readings are in doubt; without it, what was said before stays: a device
    that comes back does not make them any better.
    """
    values: dict[str, Any] = {"status": status}
    if untrusted_since is not None:
        values["untrusted_since"] = untrusted_since
    session.execute(update(Device).where(Device.id == device_id).values(values))


def change_device(session: Session, device_id: int, changes: Mapping[str, Any]) -> None:
    """Set columns of a device; ``site`` is the name of a site, made if it is new, or None for no site."""
    values = {name: value for name, value in changes.items() if name != "site"}
    if "site" in changes:
        values["site_id"] = None if changes["site"] is None else ensure_site(session, changes["site"])
    session.execute(update(Device).where(Device.id == device_id).values(values))


def issue_token(session: Session, name: str, *, now: datetime) -> str:
    """Make a new credential for a device and give its text, which is stored nowhere; older ones stay valid.

    Raises
    ------
    UnknownDevice
        If no device has this name.
    """
    token = make_token(TokenKind.DEVICE)
    add_token(session, _known(session, name).id, token.id, token.digest, now=now)
    return token.text


def add_token(
    session: Session,
    device_id: int,
    token_id: str,
    digest: bytes,
    *,
    now: datetime,
    expires_at: datetime | None = None,
    enrollment_key_id: str | None = None,
    address: str | None = None,
    replaces: str | None = None,
) -> None:
    """Let a credential in for this device; the same one twice is one.

    ``enrollment_key_id`` and ``address`` say how it joined; ``replaces`` is the credential that ends when this one is
    used for the first time.
    """
    values = {
        "id": token_id,
        "digest": digest,
        "device_id": device_id,
        "created_at": now,
        "expires_at": expires_at,
        "enrollment_key_id": enrollment_key_id,
        "address": address,
        "replaces": replaces,
    }
    session.execute(postgresql.insert(DeviceToken).values(values).on_conflict_do_nothing())


def revoke_tokens(session: Session, device_id: int, now: datetime) -> int:
    """End every credential of a device that has not ended yet; gives their number."""
    ended = session.scalars(
        update(DeviceToken)
        .where(DeviceToken.device_id == device_id, DeviceToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(DeviceToken.id)
    )
    return len(ended.all())


def ensure_site(session: Session, name: str, *, time_zone: str | None = None, ppm_scale: int | None = None) -> int:
    """Give the id of a site, making it if it is new; what is given here is set on an existing one too."""
    given = {key: value for key, value in (("time_zone", time_zone), ("ppm_scale", ppm_scale)) if value is not None}
    statement = postgresql.insert(Site).values(name=name, **given)
    # Setting the name to itself makes the existing row come back, too.
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"name": name, **given})
    return session.execute(statement.returning(Site.id)).scalar_one()


def plant(
    session: Session,
    device_id: int,
    crop_key: str,
    *,
    started_at: datetime,
    transplanted_on: date | None = None,
    ended_at: datetime | None = None,
) -> int:
    """Put a crop into a tank from ``started_at`` on, ending the one that grew there; gives the planting's id.

    ``transplanted_on`` is day 0 of the growth stages; without it, the UTC day of ``started_at``.

    Raises
    ------
    UnknownCrop
        If no crop has this key.
    """
    crop_id = session.scalar(select(Crop.id).where(Crop.key == crop_key))
    if crop_id is None:
        raise UnknownCrop(crop_key)
    session.execute(
        update(Planting)
        .where(Planting.device_id == device_id, Planting.ended_at.is_(None), Planting.started_at < started_at)
        .values(ended_at=started_at)
    )
    values = {
        "device_id": device_id,
        "crop_id": crop_id,
        "started_at": started_at,
        "transplanted_on": transplanted_on or started_at.date(),
        "ended_at": ended_at,
    }
    return session.execute(insert(Planting).values(values).returning(Planting.id)).scalar_one()


def _known(session: Session, name: str) -> DeviceRecord:
    record = find_device(session, name)
    if record is None:
        raise UnknownDevice(name)
    return record


def _taken(error: IntegrityError, name: str, serial: str | None) -> Exception:
    """Say which of the two unique columns was taken."""
    if not isinstance(error.orig, UniqueViolation):
        return error
    constraint = error.orig.diag.constraint_name or ""
    return SerialTaken(serial or "") if constraint.endswith("serial") else DeviceNameTaken(name)


def block_serial(
    session: Session, serial: str, *, reason: str | None = None, blocked_by: int | None = None, now: datetime
) -> None:
    """Let a board never join again, whatever card is in it; one that is blocked already stays so."""
    values = {"serial": serial, "reason": reason, "blocked_by": blocked_by, "blocked_at": now}
    session.execute(postgresql.insert(BlockedSerial).values(values).on_conflict_do_nothing())


def unblock_serial(session: Session, serial: str) -> None:
    """Let a board join again."""
    session.execute(delete(BlockedSerial).where(BlockedSerial.serial == serial))


def set_live(session: Session, device_id: int, start: datetime, end: datetime) -> None:
    """Ask a device for a reading every second in ``[start, end)``; an earlier wish is forgotten."""
    session.execute(update(Device).where(Device.id == device_id).values(live_from=start, live_until=end))

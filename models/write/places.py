"""Which name a Pi gets that joins: the lowest that is free, or that was kept for it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from models.locks import Lock, hold
from models.names import GIVEN_NAME
from models.read.devices import DeviceRecord, find_device
from models.tables import Device, DeviceToken, Site
from models.write.devices import register_device

_HIGHEST = 9999


@dataclass(frozen=True, slots=True)
class Board:
    """The board of a Pi: a claim, never a proof. ``source`` is ``board`` or ``generated``."""

    serial: str
    source: str


def take_turn(session: Session) -> None:
    """Wait until nobody else gives names or binds boards; holds until the transaction ends."""
    hold(session, Lock.JOINING, 0)


def settle(session: Session, board: Board, *, site: str | None, now: datetime) -> DeviceRecord | None:
    """Give a new board its place: the lowest pi-N that is unused, or registered for nobody yet.

    Names of retired devices stay theirs. A place that was registered ahead is taken with its site, zone and crop, but
    only by a key of the same site, or of none. None when pi-1 to pi-9999 are all taken. Call :func:`take_turn` first.
    """
    taken, kept = _places(session, site)
    number = next((n for n in range(1, _HIGHEST + 1) if n in kept or n not in taken), None)
    if number is None:
        return None
    name = f"pi-{number}"
    if number not in kept:
        register_device(session, name, serial=board.serial, site=site, now=now)
    bind(session, name, board)
    return find_device(session, name)


def bind(session: Session, name: str, board: Board) -> None:
    """Note which board a device is from now on."""
    session.execute(update(Device).where(Device.name == name).values(serial=board.serial, serial_source=board.source))


def _places(session: Session, site: str | None) -> tuple[set[int], set[int]]:
    """Give the numbers of all pi-N, and of those among them that were registered but are nobody's yet."""
    is_kept = (
        Device.serial.is_(None)
        & (Device.origin == "agent")
        & (Device.status == "active")
        & ~exists().where(DeviceToken.device_id == Device.id)
    )
    if site is not None:
        is_kept &= func.coalesce(Site.name, site) == site
    query = select(Device.name, is_kept).outerjoin(Site, Site.id == Device.site_id)
    taken: set[int] = set()
    kept: set[int] = set()
    for name, free in session.execute(query):
        if match := GIVEN_NAME.fullmatch(name):
            taken.add(int(match[1]))
            if free:
                kept.add(int(match[1]))
    return taken, kept

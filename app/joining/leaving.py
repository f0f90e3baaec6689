"""Devices leave the fleet, are stolen, come back, or get a new credential."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.i18n import N_
from app.joining.doubt import Doubt
from app.joining.errors import JoiningRefused, administrator
from app.principal import Principal
from models.db import session_scope
from models.errors import UnknownDevice
from models.read.devices import DeviceRecord, find_device
from models.read.enrollment import BlockedRecord, KeyRecord, KeyState, list_blocked, list_keys
from models.write.audit import record
from models.write.devices import block_serial, retire_device, revoke_tokens, set_status, unblock_serial
from models.write.places import take_turn
from models.write.rotation import ask_for_rotation


@dataclass(frozen=True, slots=True)
class Blocked:
    """What was done about a stolen Pi: its serial number, if known, and the keys that its card may have held."""

    serial: str | None
    keys: list[KeyRecord]


class Leaving:
    """The one place where devices are taken out of service. Every method raises :class:`NotAllowed`.

    Every method that takes names raises :class:`models.errors.UnknownDevice` for one that no device has, and then
    nothing is done to the others either.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock
        self._doubt = Doubt(engine)

    def retire(self, names: Sequence[str], *, by: Principal | None) -> None:
        """Take devices out of service: credentials end at once, history stays, names stay reserved."""
        person, now = administrator(by), self._clock()
        with session_scope(self._engine) as session:
            for device in _known(session, names):
                retire_device(session, device.name, now=now)
                _record(session, person, "retire-device", device, now=now)

    def revoke(self, names: Sequence[str], *, by: Principal | None) -> None:
        """End the credentials of devices; they may ask to join again."""
        person, now = administrator(by), self._clock()
        with session_scope(self._engine) as session:
            for device in _known(session, names):
                revoke_tokens(session, device.id, now)
                _record(session, person, "revoke-tokens", device, now=now)

    def rotate(self, names: Sequence[str], *, by: Principal | None) -> None:
        """Ask devices to replace their credentials; each does so with its next delivery, without losing a reading."""
        person, now = administrator(by), self._clock()
        with session_scope(self._engine) as session:
            devices = _known(session, names)
            ask_for_rotation(session, [device.id for device in devices], now=now)
            for device in devices:
                _record(session, person, "ask-for-rotation", device, now=now)

    def block(
        self,
        name: str,
        *,
        untrusted_since: datetime | None = None,
        reason: str | None = None,
        by: Principal | None,
    ) -> Blocked:
        """Shut a stolen Pi out: its credential is dead within a second, its board never joins again.

        ``untrusted_since`` says from when on its readings are in doubt: they are suspect until it is unblocked.
        """
        person, now = administrator(by), self._clock()
        if untrusted_since is not None and untrusted_since > now:
            raise JoiningRefused(N_("readings cannot be in doubt from a moment in the future on; check the date"))
        with session_scope(self._engine) as session:
            (device,) = _known(session, [name])
            set_status(session, device.id, "blocked", untrusted_since=untrusted_since)
            revoke_tokens(session, device.id, now)
            if device.serial is not None:
                block_serial(session, device.serial, reason=reason, blocked_by=person.id or None, now=now)
            since = None if untrusted_since is None else untrusted_since.isoformat()
            _record(session, person, "block-device", device, now=now, untrusted_since=since, reason=reason)
            keys = [key for key in list_keys(session) if key.state(now) is KeyState.OPEN]
        # Not before the door is shut: what comes in until then is covered, too.
        if untrusted_since is not None:
            self._doubt.cast(name, untrusted_since, reason, by=person, now=now)
        return Blocked(device.serial, keys)

    def unblock(self, name: str, *, by: Principal | None) -> None:
        """Let a device that came back join again; its old credential stays dead, so its board has to ask.

        Its readings are no longer suspect for having been blocked; since when they were stays on record.
        """
        person, now = administrator(by), self._clock()
        with session_scope(self._engine) as session:
            (device,) = _known(session, [name])
            set_status(session, device.id, "active")
            if device.serial is not None:
                unblock_serial(session, device.serial)
            _record(session, person, "unblock-device", device, now=now)
        self._doubt.lift(name, by=person, now=now)

    def list_blocked(self, *, by: Principal | None) -> list[BlockedRecord]:
        """List the boards that never join, newest first."""
        administrator(by)
        with session_scope(self._engine) as session:
            return list_blocked(session)


def _known(session: Session, names: Sequence[str]) -> list[DeviceRecord]:
    take_turn(session)
    devices = []
    for name in dict.fromkeys(names):
        device = find_device(session, name)
        if device is None:
            raise UnknownDevice(name)
        devices.append(device)
    return devices


def _record(
    session: Session, person: Principal, action: str, device: DeviceRecord, *, now: datetime, **details: Any
) -> None:
    record(session, person.name, action, object_kind="device", object_id=device.name, details=details, at=now)

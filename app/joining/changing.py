"""What is slow about a device changes: where it stands, how often it reads, what its probes stand in."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.i18n import N_
from app.joining.errors import JoiningRefused, administrator
from app.principal import Principal
from models.db import session_scope
from models.errors import UnknownDevice
from models.read.devices import DeviceRecord, find_device
from models.read.readings import span
from models.write.audit import record
from models.write.devices import change_device
from models.write.dirty import mark_dirty

MEDIA: Final = ("nutrient", "natural")
LONGEST_TEXT, LONGEST_NOTE = 100, 500
_LARGEST_TANK_L = 1_000_000
#: What can be changed. None takes a value away, where a device can be without one.
CHANGEABLE: Final = ("site", "zone", "note", "interval_s", "tank_volume_l", "medium")
_TEXTS: Final = {"site": LONGEST_TEXT, "zone": LONGEST_TEXT, "note": LONGEST_NOTE}


class Changing:
    """The one place where devices are changed by people. Raises :class:`app.joining.errors.NotAllowed`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock

    def change(self, names: Sequence[str], changes: Mapping[str, Any], *, by: Principal | None) -> None:
        """Set what ``changes`` gives, of :data:`CHANGEABLE`, on all of the devices or on none.

        Another site has other targets perhaps, another medium other limits: all hours are then computed again.

        Raises
        ------
        JoiningRefused
            If nothing is given, or a value cannot be.
        UnknownDevice
        """
        person, now = administrator(by), self._clock()
        _check(changes)
        with session_scope(self._engine) as session:
            for device in [_known(session, name) for name in dict.fromkeys(names)]:
                change_device(session, device.id, changes)
                if changes.keys() & {"site", "medium"}:
                    _judge_again(session, device, now)
                _record(session, person, device, changes, now)


def _known(session: Session, name: str) -> DeviceRecord:
    device = find_device(session, name)
    if device is None:
        raise UnknownDevice(name)
    return device


def _record(
    session: Session, person: Principal, device: DeviceRecord, changes: Mapping[str, Any], now: datetime
) -> None:
    details = dict(changes)
    record(session, person.name, "change-device", object_kind="device", object_id=device.name, details=details, at=now)


def _judge_again(session: Session, device: DeviceRecord, now: datetime) -> None:
    extent = span(session, device.id)
    if extent is not None:
        mark_dirty(session, device.id, extent[0], now, now=now)


def _check(changes: Mapping[str, Any]) -> None:
    if not changes:
        raise JoiningRefused(N_("nothing to change was given; give one of %(names)s"), names=", ".join(CHANGEABLE))
    for name, most in _TEXTS.items():
        text = changes.get(name)
        if text is not None and (not text.strip() or len(text) > most or not text.isprintable()):
            raise JoiningRefused(N_("%(name)s: write at most %(most)s printable characters"), name=name, most=most)
    interval_s = changes.get("interval_s", 60)
    if not (isinstance(interval_s, int) and 1 <= interval_s <= 86_400):
        raise JoiningRefused(N_("interval_s: give whole seconds from 1 to 86400"))
    volume = changes.get("tank_volume_l")
    if volume is not None and not (math.isfinite(volume) and 0 < volume <= _LARGEST_TANK_L):
        raise JoiningRefused(N_("tank_volume_l: give litres above 0, at most %(most)s"), most=_LARGEST_TANK_L)
    if changes.get("medium", MEDIA[0]) not in MEDIA:
        raise JoiningRefused(N_("medium: give one of %(media)s"), media=", ".join(MEDIA))

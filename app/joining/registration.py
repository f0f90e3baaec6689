"""Devices are registered ahead: one row per device, checked as a whole, then added all or not at all."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.i18n import N_
from app.joining.errors import JoiningRefused, administrator
from app.principal import Principal
from app.saying import Saying, saying
from models.db import session_scope
from models.errors import DeviceNameInvalid
from models.names import checked_name
from models.read.devices import DeviceRecord, list_devices
from models.read.targets import crop_names
from models.write.audit import record
from models.write.devices import plant, register_device
from models.write.places import take_turn

MOST_ROWS = 1000
COLUMNS = ("serial", "name", "site", "zone", "crop")
_SERIAL = re.compile(r"(?=.*[1-9a-f])[0-9a-f]{8,32}")
_LONGEST_TEXT = 100
_LONGEST_SHOWN = 40
_WITH_SERIAL = N_("%(name)s is there already, with serial number %(serial)s")
_NO_SERIAL = N_("%(name)s is there already, with an unknown serial number")
#: What people call the column that says where a tank stands.
_ALIASES = {"location": "zone"}


@dataclass(frozen=True, slots=True)
class PlannedDevice:
    """A device to be registered. Without ``name`` it gets the lowest pi-N that is free."""

    name: str | None = None
    serial: str | None = None
    site: str | None = None
    zone: str | None = None
    crop: str | None = None


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one row; ``row`` counts from 1, ``field`` is one of :data:`COLUMNS`."""

    row: int
    field: str
    said: Saying

    @property
    def detail(self) -> str:
        """What is wrong, in English."""
        return str(self.said)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row as it would be done: the name it gets, and whether the device is there already."""

    row: int
    device: PlannedDevice
    name: str
    is_there: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What registering would do. It is done only if there is no fault."""

    rows: list[PlannedRow]
    faults: list[RowFault]


class BatchRefused(JoiningRefused):
    """At least one row cannot be done, so none was; ``faults`` say which and why."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        first = faults[0]
        text = N_("nothing was registered: row %(row)s, %(field)s: %(detail)s")
        super().__init__(text, row=first.row, field=first.field, detail=first.detail)
        self.faults = list(faults)


class Registration:
    """The one place where devices are registered ahead. Every method raises :class:`NotAllowed`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock

    def preview(self, devices: Sequence[PlannedDevice], *, by: Principal | None) -> Preview:
        """Say what :meth:`register` would do, and do nothing.

        Raises
        ------
        JoiningRefused
            If there is no row, or more than 1 000.
        """
        administrator(by)
        _check_size(devices)
        with session_scope(self._engine) as session:
            return _plan(session, devices)

    def register(self, devices: Sequence[PlannedDevice], *, by: Principal | None) -> Preview:
        """Add the devices that are not there yet; repeating it changes nothing.

        Raises
        ------
        BatchRefused
            If any row has a fault; then nothing is added.
        JoiningRefused
            If there is no row, or more than 1 000.
        """
        person, now = administrator(by), self._clock()
        _check_size(devices)
        with session_scope(self._engine) as session:
            take_turn(session)
            preview = _plan(session, devices)
            if preview.faults:
                raise BatchRefused(preview.faults)
            added = [row for row in preview.rows if not row.is_there]
            for row in added:
                _add(session, row, now=now)
            names = [row.name for row in added]
            record(session, person.name, "register-devices", object_kind="device", details={"names": names}, at=now)
        return preview


def parse_rows(text: str) -> list[PlannedDevice]:
    """Read a pasted or uploaded table: a header of :data:`COLUMNS` in any order, commas, semicolons or tabs.

    Raises
    ------
    JoiningRefused
        If there is no header, or it names another column.
    """
    lines = text.removeprefix("\ufeff").strip()
    header = lines.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(lines), delimiter=delimiter, strict=True)
    names = [_ALIASES.get(name.strip().lower(), name.strip().lower()) for name in reader.fieldnames or ()]
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or len(set(names)) < len(names) or not names:
        text = N_("the first line must name columns among %(columns)s; it is '%(line)s'")
        raise JoiningRefused(text, columns=", ".join(COLUMNS), line=_shown(header))
    reader.fieldnames = names
    try:
        rows = list(reader)
    except csv.Error as error:
        text = N_("line %(number)s is no line of a table: %(fault)s")
        raise JoiningRefused(text, number=reader.line_num, fault=error) from error
    for number, row in enumerate(rows, start=2):
        if None in row:
            raise JoiningRefused(N_("line %(number)s has more values than the first line has columns"), number=number)
    return [_planned(row) for row in rows]


def _planned(row: dict[str, str | None]) -> PlannedDevice:
    given = {name: (value or "").strip() or None for name, value in row.items()}
    serial = given.get("serial")
    return PlannedDevice(**{**given, "serial": None if serial is None else serial.lower()})


def _check_size(devices: Sequence[PlannedDevice]) -> None:
    if not 1 <= len(devices) <= MOST_ROWS:
        text = N_("%(count)s rows; register 1 to %(most)s at a time")
        raise JoiningRefused(text, count=len(devices), most=MOST_ROWS)


def _plan(session: Session, devices: Sequence[PlannedDevice]) -> Preview:
    known = list_devices(session)
    by_name = {device.name: device for device in known}
    by_serial = {device.serial: device for device in known if device.serial is not None}
    crops = sorted(crop_names(session))
    names = {row.name for row in devices if row.name} | by_name.keys()
    free = (name for number in range(1, 10_000) if (name := f"pi-{number}") not in names)
    faults, rows = _twice(devices), []
    for number, device in enumerate(devices, start=1):
        there = by_serial.get(device.serial) if device.serial and not device.name else by_name.get(device.name or "")
        found = [RowFault(number, *fault) for fault in _faults(device, there, by_serial, crops)]
        faults += found
        if not found:
            name = there.name if there else device.name or next(free, "")
            rows.append(PlannedRow(number, device, name, there is not None))
    return Preview(rows, sorted(faults, key=lambda fault: fault.row))


def _faults(
    device: PlannedDevice, there: DeviceRecord | None, by_serial: dict[str, DeviceRecord], crops: Sequence[str]
) -> list[tuple[str, Saying]]:
    """List (field, saying) of what is wrong with one row for itself, and against what is registered."""
    found = []
    if device.name is None and device.serial is None:
        found.append(("name", saying(N_("give a name, a serial number, or both"))))
    if device.name is not None:
        try:
            checked_name(device.name)
        except DeviceNameInvalid:
            text = N_("'%(name)s' cannot be a device's name; use 1 to 63 of a-z, 0-9 and hyphens, such as pi-7")
            found.append(("name", saying(text, name=_shown(device.name))))
    if device.serial is not None and not _SERIAL.fullmatch(device.serial):
        text = N_("'%(serial)s' is no serial number; it is 8 to 32 hex digits")
        found.append(("serial", saying(text, serial=_shown(device.serial))))
    if there is not None and device.serial is not None and there.serial != device.serial:
        text = _WITH_SERIAL if there.serial else _NO_SERIAL
        found.append(("name", saying(text, name=there.name, serial=there.serial)))
    owner = by_serial.get(device.serial or "")
    if owner is not None and device.name is not None and owner.name != device.name:
        found.append(("serial", saying(N_("this board is %(name)s already"), name=owner.name)))
    if device.crop is not None and device.crop not in crops:
        text = N_("'%(crop)s' is no crop; use one of %(crops)s")
        found.append(("crop", saying(text, crop=_shown(device.crop), crops=", ".join(crops))))
    for field in ("site", "zone"):
        text = getattr(device, field)
        if text is not None and (len(text) > _LONGEST_TEXT or not text.isprintable()):
            found.append((field, saying(N_("write at most %(most)s printable characters"), most=_LONGEST_TEXT)))
    return found


def _shown(text: str) -> str:
    """Give the beginning of what somebody typed, with nothing in it that could move a cursor."""
    return "".join(character if character.isprintable() else "�" for character in text[:_LONGEST_SHOWN])


def _twice(devices: Sequence[PlannedDevice]) -> list[RowFault]:
    """Find names and serial numbers that stand in more than one row."""
    faults = []
    for field in ("name", "serial"):
        first: dict[str, int] = {}
        for number, device in enumerate(devices, start=1):
            value = getattr(device, field)
            if value is not None and first.setdefault(value, number) != number:
                said = saying(N_("'%(value)s' stands in row %(row)s, too"), value=_shown(value), row=first[value])
                faults.append(RowFault(number, field, said))
    return faults


def _add(session: Session, row: PlannedRow, *, now: datetime) -> None:
    planned = row.device
    device = register_device(session, row.name, serial=planned.serial, site=planned.site, zone=planned.zone, now=now)
    if planned.crop is not None:
        plant(session, device.id, planned.crop, started_at=now)

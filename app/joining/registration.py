"""Devices are registered ahead: one row per device, checked as a whole, then added all or not at all."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.joining.errors import JoiningRefused, administrator
from app.principal import Principal
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
    detail: str


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
        super().__init__(f"nothing was registered: row {first.row}, {first.field}: {first.detail}")
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
        raise JoiningRefused(f"the first line must name columns among {', '.join(COLUMNS)}; it is {header[:80]!r}")
    reader.fieldnames = names
    try:
        rows = list(reader)
    except csv.Error as error:
        raise JoiningRefused(f"line {reader.line_num}: {error}") from error
    for number, row in enumerate(rows, start=2):
        if None in row:
            raise JoiningRefused(f"line {number} has more values than the first line has columns")
    return [_planned(row) for row in rows]


def _planned(row: dict[str, str | None]) -> PlannedDevice:
    given = {name: (value or "").strip() or None for name, value in row.items()}
    serial = given.get("serial")
    return PlannedDevice(**{**given, "serial": None if serial is None else serial.lower()})


def _check_size(devices: Sequence[PlannedDevice]) -> None:
    if not 1 <= len(devices) <= MOST_ROWS:
        raise JoiningRefused(f"{len(devices)} rows; register 1 to {MOST_ROWS} at a time")


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
) -> list[tuple[str, str]]:
    """List (field, detail) of what is wrong with one row for itself, and against what is registered."""
    found = []
    if device.name is None and device.serial is None:
        found.append(("name", "give a name, a serial number, or both"))
    if device.name is not None:
        try:
            checked_name(device.name)
        except DeviceNameInvalid as error:
            found.append(("name", str(error)))
    if device.serial is not None and not _SERIAL.fullmatch(device.serial):
        found.append(("serial", f"{device.serial[:40]!r} is no serial number; it is 8 to 32 hex digits"))
    if there is not None and device.serial is not None and there.serial != device.serial:
        found.append(("name", f"{there.name} is there already, with serial number {there.serial or 'unknown'}"))
    owner = by_serial.get(device.serial or "")
    if owner is not None and device.name is not None and owner.name != device.name:
        found.append(("serial", f"this board is {owner.name} already"))
    if device.crop is not None and device.crop not in crops:
        found.append(("crop", f"{device.crop[:40]!r} is no crop; use one of {', '.join(crops)}"))
    for field in ("site", "zone"):
        text = getattr(device, field)
        if text is not None and (len(text) > _LONGEST_TEXT or not text.isprintable()):
            found.append((field, f"write at most {_LONGEST_TEXT} printable characters"))
    return found


def _twice(devices: Sequence[PlannedDevice]) -> list[RowFault]:
    """Find names and serial numbers that stand in more than one row."""
    faults = []
    for field in ("name", "serial"):
        first: dict[str, int] = {}
        for number, device in enumerate(devices, start=1):
            value = getattr(device, field)
            if value is not None and first.setdefault(value, number) != number:
                faults.append(RowFault(number, field, f"{value[:40]!r} stands in row {first[value]}, too"))
    return faults


def _add(session: Session, row: PlannedRow, *, now: datetime) -> None:
    planned = row.device
    device = register_device(session, row.name, serial=planned.serial, site=planned.site, zone=planned.zone, now=now)
    if planned.crop is not None:
        plant(session, device.id, planned.crop, started_at=now)

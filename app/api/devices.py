"""``/devices`` changed: registered one or many at a time, retired, blocked, given new credentials."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, request
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy import Engine

from app.api.wire import Stamp, done, moment_in
from app.joining.changing import LONGEST_NOTE, Changing
from app.joining.leaving import Leaving
from app.joining.registration import MOST_ROWS, BatchRefused, PlannedDevice, Preview, Registration, RowFault
from app.principal import Role, current_user
from ingest_api.admission import Admits, admits
from ingest_api.measurements import answer
from ingest_api.operations import operation
from ingest_api.parameters import one_of
from ingest_api.problems import Fault, Problem, respond
from ingest_api.typed_body import read_typed

_DRY_RUN = one_of("dry_run", "true checks every row, and registers nothing.", ("true", "false"))
Text = Annotated[str, Meta(max_length=200)] | None


class NewDevice(Struct, forbid_unknown_fields=True):
    """A device to be registered; without ``name`` it gets the lowest pi-N that is free."""

    name: Text = None
    serial: Text = None
    site: Text = None
    zone: Text = None
    crop: Text = None


class DeviceBatch(Struct, forbid_unknown_fields=True):
    """Devices to be registered together."""

    devices: Annotated[list[NewDevice], Meta(min_length=1, max_length=MOST_ROWS)]


class RegisteredDevice(Struct):
    """One row of a batch: the name of its device, and whether that was there already."""

    row: int
    name: str
    is_there: bool


class BatchAnswer(Struct):
    """What was done, or with ``dry_run`` what would be done; ``errors`` are there only with ``dry_run``."""

    devices: list[RegisteredDevice]
    errors: list[Fault] | UnsetType = UNSET


class DeviceChange(Struct, forbid_unknown_fields=True):
    """What is changed; a field that is not given stays, null takes its value away."""

    site: Text | UnsetType = UNSET
    zone: Text | UnsetType = UNSET
    note: Annotated[str, Meta(max_length=LONGEST_NOTE)] | UnsetType | None = UNSET
    interval_s: Annotated[int, Meta(ge=1, le=86_400)] | UnsetType = UNSET
    tank_volume_l: Annotated[float, Meta(gt=0)] | UnsetType | None = UNSET
    medium: Literal["nutrient", "natural"] | UnsetType = UNSET

    def given(self) -> dict[str, Any]:
        """Give the fields that are there."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not UNSET}


class Block(Struct, forbid_unknown_fields=True):
    """Why a device is shut out, and since when its readings are in doubt."""

    reason: Annotated[str, Meta(max_length=500)] | None = None
    untrusted_since: Stamp | None = None


class OpenKey(Struct):
    """A key that the card of the device may have held, and that still lets Pis in."""

    id: str
    uses_left: int


class BlockAnswer(Struct):
    """The device is shut out; these keys are still open."""

    serial: str | None
    open_keys: list[OpenKey]


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the routes."""
    _add_registration_routes(blueprint, Registration(engine, clock))
    _add_changing_route(blueprint, Changing(engine, clock))
    _add_leaving_routes(blueprint, Leaving(engine, clock))


def _add_registration_routes(blueprint: Blueprint, registration: Registration) -> None:
    @blueprint.post("/devices")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Register a device", body=NewDevice, answer=RegisteredDevice, status=201, problems=("invalid-body",))
    def register_device() -> Response:
        """A board whose serial number is given joins under this name; without one the next board takes the place."""
        body = read_typed(request, NewDevice)
        try:
            preview = registration.register([_planned(body)], by=current_user())
        except BatchRefused as error:
            return respond(_refusal(error, "/"))
        return answer(_rows(preview)[0], status=201)

    @blueprint.post("/devices/batch")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation(
        "Register many devices", body=DeviceBatch, answer=BatchAnswer, query=(_DRY_RUN,), problems=("invalid-body",)
    )
    def register_devices() -> Response:
        """All of them or none; rows that are there already change nothing."""
        devices = [_planned(one) for one in read_typed(request, DeviceBatch).devices]
        if _DRY_RUN.read() == "true":
            preview = registration.preview(devices, by=current_user())
            return answer(BatchAnswer(_rows(preview), [_fault(one, "/devices") for one in preview.faults]))
        try:
            preview = registration.register(devices, by=current_user())
        except BatchRefused as error:
            return respond(_refusal(error, "/devices"))
        return answer(BatchAnswer(_rows(preview)))


def _add_changing_route(blueprint: Blueprint, changing: Changing) -> None:
    @blueprint.patch("/devices/<name>")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Change a device", body=DeviceChange, status=204, problems=("unknown-device", "refused"))
    def change_device(name: str) -> Response:
        """Where it stands, how often it reads, what its probes stand in."""
        changing.change([_name(name)], read_typed(request, DeviceChange).given(), by=current_user())
        return done()


def _add_leaving_routes(blueprint: Blueprint, leaving: Leaving) -> None:
    @blueprint.delete("/devices/<name>")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Retire a device", status=204, problems=("unknown-device",))
    def retire_device(name: str) -> Response:
        """Its credential ends at once; its history stays, and its name stays reserved."""
        leaving.retire([_name(name)], by=current_user())
        return done()

    @blueprint.post("/devices/<name>/block")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Shut a device out", body=Block, answer=BlockAnswer, problems=("unknown-device", "refused"))
    def block_device(name: str) -> Response:
        """For a Pi that was stolen: its credential is dead within a second, its board never joins again."""
        body = read_typed(request, Block)
        since = None if body.untrusted_since is None else moment_in(body.untrusted_since, "/untrusted_since")
        blocked = leaving.block(_name(name), untrusted_since=since, reason=body.reason, by=current_user())
        keys = [OpenKey(key.id, key.max_uses - key.uses) for key in blocked.keys]
        return answer(BlockAnswer(blocked.serial, keys))

    @blueprint.post("/devices/<name>/unblock")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Let a blocked device join again", status=204, problems=("unknown-device",))
    def unblock_device(name: str) -> Response:
        """Its old credential stays dead: its board asks as with a new card, and a person lets it in."""
        leaving.unblock(_name(name), by=current_user())
        return done()

    @blueprint.post("/devices/<name>/revoke")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("End the credentials of a device", status=204, problems=("unknown-device",))
    def revoke_device(name: str) -> Response:
        """It may ask to join again."""
        leaving.revoke([_name(name)], by=current_user())
        return done()

    @blueprint.post("/devices/<name>/rotate")
    @admits(Admits.PERSON, role=Role.ADMIN)
    @operation("Ask a device for a new credential", status=204, problems=("unknown-device",))
    def rotate_device(name: str) -> Response:
        """It replaces its credential with its next delivery, without losing a reading."""
        leaving.rotate([_name(name)], by=current_user())
        return done()


def _planned(body: NewDevice) -> PlannedDevice:
    return PlannedDevice(body.name, body.serial, body.site, body.zone, body.crop)


def _rows(preview: Preview) -> list[RegisteredDevice]:
    return [RegisteredDevice(row.row, row.name, row.is_there) for row in preview.rows]


def _fault(fault: RowFault, place: str) -> Fault:
    pointer = f"/{fault.field}" if place == "/" else f"{place}/{fault.row - 1}/{fault.field}"
    return Fault(detail=fault.detail, pointer=pointer)


def _refusal(error: BatchRefused, place: str) -> Problem:
    return Problem("invalid-body", str(error), errors=[_fault(one, place) for one in error.faults])


def _name(name: str) -> str:
    return name[:64].replace("\0", "")

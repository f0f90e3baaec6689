"""``/targets`` and ``/plantings``: what tanks should keep to, and what grows in them."""

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import Annotated, Any

import pandas as pd
from flask import Blueprint, Response, request
from msgspec import Meta, Struct
from sqlalchemy import Engine

from app.api.wire import Day, QuantityName, Stamp, day_in, done, moment_in
from app.principal import Role, current_user
from app.targets import Band, change_target, plant_crop
from ingest_api.admission import Admits, admits
from ingest_api.measurements import answer, moment
from ingest_api.operations import operation
from ingest_api.parameters import one_of, words
from ingest_api.principals import current_reader
from ingest_api.typed_body import read_typed
from models.db import session_scope
from models.read.devices import list_devices
from models.read.target_versions import plantings_frame, targets_frame

_CROP = words("crop", "Only this crop, by its key.")
_HISTORY = one_of("history", "Whether bands that no longer hold are listed, too.", ("no", "yes"), default="no")
Word = Annotated[str, Meta(min_length=1, max_length=100)]


class TargetBand(Struct):
    """A band of a crop's stage, EC in µS/cm at 25 °C; ``valid_until`` is null for one that still holds."""

    crop: str
    stage: str
    quantity: str
    low: float
    high: float
    source: str
    valid_from: Stamp
    valid_until: Stamp | None


class TargetList(Struct):
    """Bands by crop, stage, quantity and time."""

    targets: list[TargetBand]


class NewTarget(Struct, forbid_unknown_fields=True):
    """A band to be set from a moment on; what was measured before is judged as before."""

    crop: Word
    stage: Word
    quantity: QuantityName
    low: float
    high: float
    source: Annotated[str, Meta(min_length=1, max_length=500, description="Whose recommendation or experience it is.")]
    valid_from: Stamp


class TargetSet(Struct):
    """How many tanks the new band concerns; their hours from then on are judged again."""

    tanks: int


class PlantingEntry(Struct):
    """What grew in a tank; ``ended_at`` is null for what still grows."""

    device: str
    crop: str
    started_at: Stamp
    ended_at: Stamp | None
    transplanted_on: Day | None


class PlantingList(Struct):
    """Plantings by device and time."""

    plantings: list[PlantingEntry]


class NewPlanting(Struct, forbid_unknown_fields=True):
    """A crop to be put into tanks from a moment on; what grew there ends then."""

    devices: Annotated[list[str], Meta(min_length=1, max_length=10_000)]
    crop: Word
    started_at: Stamp
    transplanted_on: Day


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the routes."""

    @blueprint.get("/targets")
    @admits(Admits.READER, Admits.PERSON)
    @operation("List the target bands", query=(_CROP, _HISTORY), answer=TargetList)
    def targets() -> Response:
        """The bands that hold now, with who says so."""
        with session_scope(engine) as session:
            bands = targets_frame(session, crop=_CROP.read())
        shown = bands if _HISTORY.read_or("no") == "yes" else bands[bands["valid_until"].isna()]
        return answer(TargetList([_band(row) for row in shown.to_dict("records")]))

    @blueprint.post("/targets")
    @admits(Admits.PERSON, role=Role.AGRONOMIST)
    @operation("Set a target band", body=NewTarget, answer=TargetSet, status=201, problems=("unknown-item", "refused"))
    def set_target() -> Response:
        """From a moment on, until a later one; the past keeps the bands it had."""
        body = read_typed(request, NewTarget)
        band = Band(body.crop, body.stage, body.quantity, body.low, body.high, body.source)
        valid_from = moment_in(body.valid_from, "/valid_from")
        with session_scope(engine) as session:
            tanks = change_target(session, band, valid_from=valid_from, by=current_user(), now=clock())
        return answer(TargetSet(tanks), status=201)

    @blueprint.get("/plantings")
    @admits(Admits.READER, Admits.PERSON)
    @operation("List what grows where", query=(_HISTORY,), answer=PlantingList)
    def plantings() -> Response:
        """What grows now, or ever grew, by device."""
        with session_scope(engine) as session:
            found, devices = plantings_frame(session), list_devices(session)
        reader, names = current_reader(), {device.id: device.name for device in devices}
        found = found.assign(device=found["device_id"].map(names))
        shown = found if _HISTORY.read_or("no") == "yes" else found[found["ended_at"].isna()]
        rows = [_planting(row) for row in shown.to_dict("records") if reader.may_read(row["device"])]
        return answer(PlantingList(rows))

    @blueprint.post("/plantings")
    @admits(Admits.PERSON, role=Role.AGRONOMIST)
    @operation("Plant a crop", body=NewPlanting, status=204, problems=("unknown-device", "unknown-item", "refused"))
    def plant() -> Response:
        """Into any number of tanks at once; what grew there ends, and all of it or nothing is done."""
        body = read_typed(request, NewPlanting)
        started_at, day = moment_in(body.started_at, "/started_at"), day_in(body.transplanted_on, "/transplanted_on")
        with session_scope(engine) as session:
            plant_crop(
                session,
                body.devices,
                body.crop,
                started_at=started_at,
                transplanted_on=day,
                by=current_user(),
                now=clock(),
            )
        return done()


def _band(row: Mapping[Hashable, Any]) -> TargetBand:
    said = {name: row[name] for name in TargetBand.__struct_fields__}
    return TargetBand(**{**said, **{name: moment(row[name]) for name in ("valid_from", "valid_until")}})


def _planting(row: Mapping[Hashable, Any]) -> PlantingEntry:
    day = row["transplanted_on"]
    return PlantingEntry(
        str(row["device"]),
        str(row["crop"]),
        moment(row["started_at"]) or "",
        moment(row["ended_at"]),
        None if pd.isna(day) else str(day),
    )

"""``GET /devices/{name}/readings``: the history of one device, page by page."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pandas as pd
from flask import Blueprint, Response
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest_api.admission import Admits, admits
from ingest_api.measurements import FIELDS, answer, readings
from ingest_api.parameters import moment, one_of, some_of, whole
from ingest_api.principals import current_reader
from ingest_api.problems import Problem
from ingest_api.timestamps import format_moment
from models.db import session_scope
from models.read.devices import DeviceRecord, find_device
from models.read.readings import readings_frame

MOST_READINGS = 10_000
_DAY = timedelta(days=1)


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the route to the blueprint."""

    @blueprint.get("/devices/<name>/readings")
    @admits(Admits.READER)
    def device_readings(name: str) -> Response:
        end = moment("end", clock())
        start = moment("start", end - _DAY)
        one_of("resolution", ("raw",))
        fields = some_of("fields", FIELDS)
        limit = whole("limit", 1000, most=MOST_READINGS)
        with session_scope(engine) as session:
            device = _device(session, name)
            frame = _first_readings(session, device, moment("cursor", start), end, limit + 1)
        following = frame.index[limit] if len(frame) > limit else None
        return answer(
            {
                "device": name,
                "start": format_moment(start),
                "end": format_moment(end),
                "readings": readings(frame.iloc[:limit], fields),
                "next": None if following is None else format_moment(following),
            }
        )


def _device(session: Session, name: str) -> DeviceRecord:
    # A name that is none would otherwise reach the database with whatever bytes it holds.
    is_name = name.isascii() and name.replace("-", "").isalnum()
    device = find_device(session, name) if is_name and current_reader().may_read(name) else None
    if device is None:
        raise Problem("unknown-device", f"no device is called {name[:63]!a}")
    return device


def _first_readings(session: Session, device: DeviceRecord, start: datetime, end: datetime, count: int) -> pd.DataFrame:
    """Read the first ``count`` readings of ``[start, end)`` without reading much more than that.

    The span that should hold them is guessed from the device's interval and doubled until it does.
    """
    width = timedelta(seconds=device.interval_s * count)
    while True:
        until = min(start + width, end) if width < end - start else end
        frame = readings_frame(session, device.id, start, until, (*FIELDS, "quality", "tests"))
        if len(frame) >= count or until >= end:
            return frame.iloc[:count]
        width *= 2

"""``GET /devices``, ``/devices/{name}`` and ``/readings/latest``: the fleet as it is now."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import pandas as pd
from flask import Blueprint, Response
from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import Engine

from ingest_api.admission import Admits, admits
from ingest_api.measurements import (
    FIELDS,
    Cursor,
    FailedTests,
    Flags,
    Stamp,
    answer,
    failed_tests,
    flags_of,
    moment,
    number,
    text,
    whole_number,
)
from ingest_api.operations import operation
from ingest_api.parameters import one_of, refused, whole, words
from ingest_api.principals import current_reader
from ingest_api.problems import Problem
from ingest_api.timestamps import format_moment
from models.clocks import is_suspect
from models.db import session_scope
from models.read.fleet import fleet_frame

MOST_DEVICES = 1000
_SEARCH = words("q", "Only devices whose name contains this, in upper or lower case.")
_FILTERS = (
    words("site", "Only devices of this site."),
    words("zone", "Only devices of this zone."),
    one_of("status", "Only devices of this status; retired ones are never listed.", ("active", "blocked")),
)
_ORDERS = ("name", "-name", "last_seen_at", "-last_seen_at")
_ORDER = one_of("order", "A minus turns the order round; names count as people count, pi-2 before pi-10.", _ORDERS)
_LIMIT = whole("limit", "Most devices on a page.", most=MOST_DEVICES, default=MOST_DEVICES)
_CURSOR = words("cursor", "'next' of the page before.")
_LIST = (_SEARCH, *_FILTERS, _ORDER, _LIMIT, _CURSOR)
_BANDS = {"ph": "ph", "ec_us_cm": "ec", "water_c": "water"}

Item = TypeVar("Item")


class NewestReading(Struct):
    """The newest reading of a device; ``ts`` and ``flags`` are null if it never sent any."""

    device: str
    last_seen_at: Stamp | None
    ts: Stamp | None
    ph: float | None
    ec_us_cm: float | None
    water_c: float | None
    flags: Flags | None
    tests: FailedTests | UnsetType = UNSET


class DeviceNow(Struct):
    """A device as it is now. ``bands`` are the limits, low and high, that hold now; null where none is known.

    ``skew_ms`` is how far its own clock was ahead of ours when it last sent; ``clock_suspect`` says a minute or more.
    ``config_damaged`` says that it goes on by an older configuration, because the one it was given cannot be used.
    """

    name: str
    site: str | None
    zone: str | None
    crop: str | None
    stage: str | None
    status: str
    origin: str
    time_zone: str | None
    interval_s: float | None
    agent: str | None
    skew_ms: int | None
    clock_suspect: bool
    config_damaged: bool
    bands: dict[str, tuple[float | None, float | None] | None]
    latest: NewestReading


class DevicePage(Struct):
    """A page of devices."""

    devices: list[DeviceNow]
    next: Cursor


class NewestPage(Struct):
    """A page of newest readings."""

    server_time: Stamp
    readings: list[NewestReading]
    next: Cursor


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the routes to the blueprint."""

    @blueprint.get("/devices")
    @admits(Admits.READER, Admits.PERSON)
    @operation("List the devices", query=_LIST, answer=DevicePage)
    def devices() -> Response:
        """Every device that is not retired, with its bands and its newest reading."""
        return answer(DevicePage(*_page(_filtered(_fleet(engine, clock())), _device)))

    @blueprint.get("/devices/<name>")
    @admits(Admits.READER, Admits.PERSON)
    @operation("One device", answer=DeviceNow, problems=("unknown-device",))
    def device(name: str) -> Response:
        """The device with its bands and its newest reading."""
        fleet = _fleet(engine, clock())
        found = fleet[fleet["name"] == name]
        if found.empty:
            raise Problem("unknown-device", f"no device is called {name[:63]!a}")
        return answer(_device(found.iloc[0]))

    @blueprint.get("/readings/latest")
    @admits(Admits.READER, Admits.PERSON)
    @operation("The newest reading of every device", query=_LIST, answer=NewestPage)
    def latest() -> Response:
        """Cheap enough to be asked every few seconds: no history is touched."""
        now = clock()
        return answer(NewestPage(format_moment(now), *_page(_filtered(_fleet(engine, now)), _latest)))


def _fleet(engine: Engine, now: datetime) -> pd.DataFrame:
    with session_scope(engine) as session:
        fleet = fleet_frame(session, now=now)
    return fleet[[current_reader().may_read(name) for name in fleet["name"]]]


def _filtered(fleet: pd.DataFrame) -> pd.DataFrame:
    for one in _FILTERS:
        wanted = one.read()
        if wanted is not None:
            fleet = fleet[fleet[one.name] == wanted]
    found = fleet[fleet["name"].str.contains(_SEARCH.read_or("").lower(), regex=False)]
    order = _ORDER.read_or("name")
    if order.endswith("name"):
        return found if order == "name" else found.iloc[::-1]
    return found.sort_values("last_seen_at", ascending=not order.startswith("-"), kind="stable", na_position="last")


def _page(fleet: pd.DataFrame, write: Callable[[pd.Series], Item]) -> tuple[list[Item], str | None]:
    """Give a page of rows, and the cursor of the following page or None on the last one."""
    limit, first = _LIMIT.read_or(MOST_DEVICES), 0
    if cursor := _CURSOR.read():
        names = fleet["name"].tolist()
        if cursor not in names:
            raise refused("cursor", "this cursor does not belong to this list; start again without one")
        first = names.index(cursor)
    rest = fleet["name"].iloc[first + limit :]
    rows = [write(row) for _, row in fleet.iloc[first : first + limit].iterrows()]
    return rows, None if rest.empty else str(rest.iloc[0])


def _device(row: pd.Series) -> DeviceNow:
    texts = {name: text(row[name]) for name in ("site", "zone", "crop", "stage", "agent")}
    skew_ms = whole_number(row["skew_ms"])
    return DeviceNow(
        name=row["name"],
        status=row["status"],
        origin=row["origin"],
        time_zone=text(row["site_time_zone"]),
        interval_s=number(row["interval_s"]),
        skew_ms=skew_ms,
        clock_suspect=is_suspect(skew_ms),
        config_damaged=bool(row["config_damaged"]),
        bands={field: _band(row, prefix) for field, prefix in _BANDS.items()},
        latest=_latest(row),
        **texts,
    )


def _band(row: pd.Series, prefix: str) -> tuple[float | None, float | None] | None:
    low, high = (number(row[f"{prefix}_{side}"]) for side in ("low", "high"))
    return None if low is None and high is None else (low, high)


def _latest(row: pd.Series) -> NewestReading:
    values: dict[str, Any] = {field: number(row[field]) for field in FIELDS}
    ts = moment(row["ts"])
    flags = None if ts is None else flags_of(row["quality"])
    tests = UNSET if ts is None else failed_tests(whole_number(row["tests"]) or 0)
    seen = moment(row["last_seen_at"])
    return NewestReading(row["name"], seen, ts, **values, flags=flags, tests=tests)

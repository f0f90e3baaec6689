"""``GET /devices``, ``/devices/{name}`` and ``/readings/latest``: the fleet as it is now."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pandas as pd
from flask import Blueprint, Response, request
from sqlalchemy import Engine

from analytics.flags import names_of_tests, unpack_flags, unpack_tests
from ingest_api.admission import Admits, admits
from ingest_api.measurements import FIELDS, answer, moment, number, text, whole_number
from ingest_api.parameters import refused, whole
from ingest_api.principals import current_reader
from ingest_api.problems import Problem
from ingest_api.timestamps import format_moment
from models.db import session_scope
from models.read.fleet import fleet_frame

MOST_DEVICES = 1000
_FILTERS = ("site", "zone", "status")
_BANDS = {"ph": "ph", "ec_us_cm": "ec", "water_c": "water"}


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the routes to the blueprint."""

    @blueprint.get("/devices")
    @admits(Admits.READER)
    def devices() -> Response:
        return _page(_filtered(_fleet(engine, clock())), "devices", _device)

    @blueprint.get("/devices/<name>")
    @admits(Admits.READER)
    def device(name: str) -> Response:
        fleet = _fleet(engine, clock())
        found = fleet[fleet["name"] == name]
        if found.empty:
            raise Problem("unknown-device", f"no device is called {name[:63]!r}")
        return answer(_device(found.iloc[0]))

    @blueprint.get("/readings/latest")
    @admits(Admits.READER)
    def latest() -> Response:
        now = clock()
        return _page(_filtered(_fleet(engine, now)), "readings", _latest, server_time=format_moment(now))


def _fleet(engine: Engine, now: datetime) -> pd.DataFrame:
    with session_scope(engine) as session:
        fleet = fleet_frame(session, now=now)
    return fleet[[current_reader().may_read(name) for name in fleet["name"]]]


def _filtered(fleet: pd.DataFrame) -> pd.DataFrame:
    for name in _FILTERS:
        if name in request.args:
            fleet = fleet[fleet[name] == request.args[name]]
    return fleet[fleet["name"].str.contains(request.args.get("q", "").lower(), regex=False)]


def _page(fleet: pd.DataFrame, name: str, write: Callable[[pd.Series], dict[str, Any]], **more: Any) -> Response:
    """Answer with a page of rows; ``next`` is the cursor of the following page, or null on the last one."""
    limit, first = whole("limit", MOST_DEVICES, most=MOST_DEVICES), 0
    if cursor := request.args.get("cursor"):
        names = fleet["name"].tolist()
        if cursor not in names:
            raise refused("cursor", "this cursor does not belong to this list; start again without one")
        first = names.index(cursor)
    rows = [write(row) for _, row in fleet.iloc[first : first + limit].iterrows()]
    rest = fleet["name"].iloc[first + limit :]
    return answer({**more, name: rows, "next": None if rest.empty else rest.iloc[0]})


def _device(row: pd.Series) -> dict[str, Any]:
    return {
        **{name: text(row[name]) for name in ("name", "site", "zone", "crop", "stage", "status", "origin")},
        "time_zone": text(row["site_time_zone"]),
        "interval_s": number(row["interval_s"]),
        "agent": text(row["agent"]),
        "skew_ms": whole_number(row["skew_ms"]),
        "bands": {field: _band(row, prefix) for field, prefix in _BANDS.items()},
        "latest": _latest(row),
    }


def _band(row: pd.Series, prefix: str) -> list[float | None] | None:
    band = [number(row[f"{prefix}_{side}"]) for side in ("low", "high")]
    return None if band == [None, None] else band


def _latest(row: pd.Series) -> dict[str, Any]:
    """Write the newest reading of a device; ``ts`` is null if it never sent any."""
    newest: dict[str, Any] = {"device": row["name"], "last_seen_at": moment(row["last_seen_at"])}
    newest |= {"ts": moment(row["ts"]), **{field: number(row[field]) for field in FIELDS}}
    if newest["ts"] is None:
        return {**newest, "flags": None}
    flags = [int(one) for one in unpack_flags(row["quality"])]
    tests = [int(one) for one in unpack_tests(whole_number(row["tests"]) or 0)]
    newest["flags"] = dict(zip(FIELDS, flags, strict=True))
    if any(tests):
        newest["tests"] = {field: names_of_tests(one) for field, one in zip(FIELDS, tests, strict=True) if one}
    return newest

"""The route of the CSV: a plain address that streams, so that it can be long, scripted and started again."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, Response, abort, request

from app.components import ConductivityUnit
from app.pages.device.period import Level, Period
from app.pages.device.shown_csv import csv_of_period, file_name
from app.pages.device.source import DeviceSource
from app.pages.device.view import Values

ENDPOINT = "device.shown_csv"


def add_download(server: Flask, source: DeviceSource) -> None:
    """Add ``GET /devices/<name>/shown.csv?from&to&resolution&unit&tz&values``; who may ask is the server's business."""

    def shown_csv(name: str) -> Response:
        return download(source, name)

    server.add_url_rule("/devices/<name>/shown.csv", ENDPOINT, shown_csv, methods=["GET"])


def download(source: DeviceSource, name: str) -> Response:
    """Stream the file that the current request describes; 404 or 400 in words where it makes no sense."""
    profile = source.profile(name)
    if profile is None:
        abort(404, f"there is no device called {name!r}")
    period, zone = _period(), _zone()
    level, unit = (
        _choice(Level, "resolution", Level.READINGS),
        _choice(ConductivityUnit, "unit", ConductivityUnit.US_CM),
    )
    device_id = profile.record.id
    if _choice(Values, "values", Values.CORRECTED) is Values.MEASURED:
        source = source.measured()

    def fetch(piece: Period) -> Any:
        if level is Level.READINGS:
            return source.readings(device_id, piece)
        return source.rollups(device_id, piece, level)

    body = csv_of_period(fetch, period, level, unit=unit, zone=zone)
    name_of_file = file_name(profile.record.name, period, zone)
    headers = {"Content-Disposition": f'attachment; filename="{name_of_file}"'}
    return Response(body, mimetype="text/csv", headers=headers)


def _period() -> Period:
    start, end = _time("from"), _time("to")
    if start >= end:
        abort(400, f"from ({start.isoformat()}) must be before to ({end.isoformat()})")
    return Period(start, end)


def _time(name: str) -> datetime:
    text = request.args.get(name, "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        abort(400, f"{name}={text!r} is not a time; write it like 2026-11-01T00:00:00Z")
    if moment.tzinfo is None:
        abort(400, f"{name}={text!r} has no offset; write it like 2026-11-01T00:00:00Z")
    return moment


def _zone() -> ZoneInfo:
    name = request.args.get("tz", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        abort(400, f"tz={name!r} is not a time zone; use a name such as Asia/Jakarta")


def _choice(choices: Any, name: str, usual: Any) -> Any:
    text = request.args.get(name, str(usual))
    if text not in set(choices):
        abort(400, f"{name}={text!r} is unknown; use one of: {', '.join(choices)}")
    return choices(text)

"""What the server asks of a device: told with every answer, and on request."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from flask import Blueprint, Response

from ingest_api.admission import Admits, admits
from ingest_api.principals import current_device
from ingest_api.timestamps import format_moment
from models.read.devices import DeviceRecord

#: How often a device reads while a person stands at its tank.
LIVE_INTERVAL_S = 1


def config_for(device: DeviceRecord, *, now: datetime) -> dict[str, Any]:
    """Say what a device should do next.

    In live mode it is told how long that lasts and what comes after, so that it goes back by itself, whatever becomes
    of the network meanwhile; a duration needs no clock that agrees with ours.
    """
    config: dict[str, Any] = {"name": device.name, "interval_s": device.interval_s}
    if device.live_until is None or not device.is_live(now):
        return config
    return config | {
        "interval_s": LIVE_INTERVAL_S,
        "live_until": format_moment(device.live_until),
        "live_for_s": (device.live_until - now).total_seconds(),
        "usual_interval_s": device.interval_s,
    }


def add_routes(blueprint: Blueprint, clock: Callable[[], datetime]) -> None:
    """Attach the route to the blueprint."""

    @blueprint.get("/device/config")
    @admits(Admits.DEVICE)
    def device_config() -> Response:
        now = clock()
        body = {"config": config_for(current_device(), now=now), "server_time": format_moment(now)}
        return Response(msgspec.json.encode(body), content_type="application/json")

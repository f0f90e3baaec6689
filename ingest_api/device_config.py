"""What the server asks of a device: told with every answer, and on request."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from flask import Blueprint, Response
from msgspec import UNSET, Struct, UnsetType

from ingest_api.admission import Admits, admits
from ingest_api.measurements import Stamp
from ingest_api.operations import operation
from ingest_api.principals import current_device
from ingest_api.timestamps import format_moment
from models.read.devices import DeviceRecord

#: How often a device reads while a person stands at its tank.
LIVE_INTERVAL_S = 1


class DeviceConfig(Struct):
    """What a device should do next; while it is in live mode, also for how long, and what comes after.

    ``rotate_token`` asks it to make a new token, see ``POST /device/token``.
    """

    name: str
    interval_s: float
    live_until: Stamp | UnsetType = UNSET
    live_for_s: float | UnsetType = UNSET
    usual_interval_s: float | UnsetType = UNSET
    rotate_token: bool | UnsetType = UNSET


class ConfigAnswer(Struct):
    """The configuration of the device that asks."""

    config: DeviceConfig
    server_time: Stamp


def config_for(device: DeviceRecord, *, now: datetime) -> dict[str, Any]:
    """Say what a device should do next.

    In live mode it is told how long that lasts and what comes after, so that it goes back by itself, whatever becomes
    of the network meanwhile; a duration needs no clock that agrees with ours.
    """
    config: dict[str, Any] = {"name": device.name, "interval_s": device.interval_s}
    if device.rotation_asked_at is not None:
        config["rotate_token"] = True
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
    @operation("What a device should do next", answer=ConfigAnswer)
    def device_config() -> Response:
        """The same is told with every answer to readings."""
        now = clock()
        body = {"config": config_for(current_device(), now=now), "server_time": format_moment(now)}
        return Response(msgspec.json.encode(body), content_type="application/json")

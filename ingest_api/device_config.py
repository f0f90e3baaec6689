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


def config_for(device: DeviceRecord) -> dict[str, Any]:
    """Say what a device should do next."""
    return {"name": device.name, "interval_s": device.interval_s}


def add_routes(blueprint: Blueprint, clock: Callable[[], datetime]) -> None:
    """Attach the route to the blueprint."""

    @blueprint.get("/device/config")
    @admits(Admits.DEVICE)
    def device_config() -> Response:
        body = {"config": config_for(current_device()), "server_time": format_moment(clock())}
        return Response(msgspec.json.encode(body), content_type="application/json")

"""``POST /readings``: one device, one batch; answered only after it is committed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from ingest_api import senml, tally
from ingest_api.admission import Admits, admits
from ingest_api.body import read_any, read_body
from ingest_api.device_config import DeviceConfig, config_for
from ingest_api.measurements import Stamp
from ingest_api.operations import operation
from ingest_api.payloads import Batch, parse
from ingest_api.principals import current_device
from ingest_api.problems import Problem, respond
from ingest_api.reception import Receipt, skew_ms
from ingest_api.timestamps import format_moment, milliseconds
from ingest_api.wire import Body, ReadingItem, Rejected
from ingest_api.writer import Writer
from models.read.devices import DeviceRecord


class ReceiptAnswer(Struct):
    """What became of a batch: the four counts and the rejected ones add up to the readings sent."""

    accepted: int
    duplicates: int
    conflicts: int
    quarantined: int
    rejected: list[Rejected]
    server_time: Stamp
    skew_ms: int | None
    config: DeviceConfig


def add_routes(blueprint: Blueprint, writer: Writer, clock: Callable[[], datetime]) -> None:
    """Attach the route to the blueprint."""

    @blueprint.post("/readings")
    @admits(Admits.DEVICE)
    @operation(
        "Send readings",
        bodies={"application/json": (Body, ReadingItem), senml.MEDIA_TYPE: senml.SCHEMA},
        answer=ReceiptAnswer,
        problems=("not-a-batch", "no-reading-accepted", "too-many-readings"),
    )
    def post_readings() -> Response:
        """A batch, or one bare reading. The answer comes after everything is committed, and every item is final."""
        device, now = current_device(), clock()
        with writer.room_to_read(request.content_length):
            batch = _batch(device, now)
        receipt = writer.submit(device, batch, now=now, address=request.remote_addr)
        tally.note(receipt)
        return _answer(device, batch, receipt, now=now)


def _batch(device: DeviceRecord, now: datetime) -> Batch:
    """Parse the body, in our own words or in SenML."""
    if request.mimetype == senml.MEDIA_TYPE:
        return senml.gather_senml(read_any(request), now_ms=milliseconds(now)).batch(device.id)
    return parse(read_body(request), device.id)


def _answer(device: DeviceRecord, batch: Batch, receipt: Receipt, *, now: datetime) -> Response:
    body: dict[str, Any] = {
        "accepted": receipt.accepted,
        "duplicates": receipt.duplicates,
        "conflicts": receipt.conflicts,
        "quarantined": receipt.quarantined,
        "rejected": msgspec.to_builtins(batch.rejected),
        "server_time": format_moment(now),
        "skew_ms": skew_ms(batch, now),
        "config": config_for(device, now=now),
    }
    if batch.rejected and not len(batch.sent):
        return respond(Problem("no-reading-accepted", f"none of {len(batch.rejected)} readings is usable", **body))
    return Response(msgspec.json.encode(body), content_type="application/json")

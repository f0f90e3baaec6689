"""``POST /readings``: one device, one batch, one transaction; answered only after it is committed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from flask import Blueprint, Response, request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest_api.admission import Admits, admits
from ingest_api.body import read_body
from ingest_api.device_config import config_for
from ingest_api.intake import Outcome, take_in
from ingest_api.payloads import Batch, parse
from ingest_api.principals import current_device
from ingest_api.problems import Problem, respond
from ingest_api.timestamps import format_moment, milliseconds
from models.db import session_scope
from models.read.devices import DeviceRecord
from models.write.readings import DeviceSeen, record_seen, stream_number


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the route to the blueprint."""

    @blueprint.post("/readings")
    @admits(Admits.DEVICE)
    def post_readings() -> Response:
        device, now = current_device(), clock()
        batch = parse(read_body(request), device.id)
        with session_scope(engine) as session:
            counts = receive(session, device, batch, now=now, address=request.remote_addr)
        return _answer(device, batch, counts, now=now)


def receive(
    session: Session, device: DeviceRecord, batch: Batch, *, now: datetime, address: str | None
) -> dict[str, int]:
    """Store a parsed batch of one device; gives how many of its readings met which fate."""
    sent = batch.sent
    if batch.stream is not None and len(sent):
        number = stream_number(session, device.id, batch.stream, batch.dropped or 0, now)
        sent = replace(sent, stream=np.full(len(sent), number))
    verdicts = take_in(session, {device.id: device}, sent, now=now)
    # A second is no promise to go on like this: the device's own interval still says when it counts as silent.
    interval_s = None if device.is_live(now) else batch.interval_s
    seen = DeviceSeen(device.id, now, _skew_ms(batch, now), interval_s, batch.agent, address)
    record_seen(session, seen)
    return {
        "accepted": verdicts.count(Outcome.STORED),
        "duplicates": verdicts.count(Outcome.DUPLICATE),
        "conflicts": verdicts.count(Outcome.CONFLICT),
        "quarantined": verdicts.count(Outcome.QUARANTINED),
    }


def _answer(device: DeviceRecord, batch: Batch, counts: dict[str, int], *, now: datetime) -> Response:
    body: dict[str, Any] = {
        **counts,
        "rejected": msgspec.to_builtins(batch.rejected),
        "server_time": format_moment(now),
        "skew_ms": _skew_ms(batch, now),
        "config": config_for(device, now=now),
    }
    if batch.rejected and not len(batch.sent):
        return respond(Problem("no-reading-accepted", f"none of {len(batch.rejected)} readings is usable", **body))
    return Response(msgspec.json.encode(body), content_type="application/json")


def _skew_ms(batch: Batch, now: datetime) -> int | None:
    """Tell how far the Pi's clock is ahead of ours, the time on the network included."""
    return None if batch.sent_at_ms is None else batch.sent_at_ms - milliseconds(now)

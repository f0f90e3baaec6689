"""``POST /api/v2/write``: the door that Telegraf and ESP boards know, into the same readings.

What the sender does with a status decides what is lost: Telegraf drops a batch on 400, 404, 409, 415 and 422, tries
again on 429 and 503, and splits it on 413. So whatever may be better in a moment is 503 here.
"""

import re
from collections.abc import Callable
from datetime import datetime

import msgspec
from flask import Blueprint, Response, request

from ingest_api import tally
from ingest_api.admission import Admits, admits
from ingest_api.body import read_any
from ingest_api.line_protocol import PRECISIONS, gather_lines
from ingest_api.operations import operation
from ingest_api.parameters import one_of, words
from ingest_api.principals import current_device
from ingest_api.problems import Problem, respond
from ingest_api.timestamps import milliseconds
from ingest_api.writer import Writer

_PRECISION = one_of("precision", "What the time stamps count.", tuple(PRECISIONS), default="ns")
_PASSED_OVER = tuple(
    words(name, "Taken and passed over: the token says it all.") for name in ("org", "orgID", "bucket")
)
_AGENT = re.compile(r"[ -~]{1,64}")


def add_routes(blueprint: Blueprint, writer: Writer, clock: Callable[[], datetime]) -> None:
    """Attach the route to the blueprint of everything below ``/api``."""

    @blueprint.post("/v2/write")
    @admits(Admits.DEVICE)
    @operation(
        "Send readings in InfluxDB's line protocol",
        query=(_PRECISION, *_PASSED_OVER),
        bodies={"text/plain": {"type": "string"}},
        status=204,
        problems=("some-rejected", "too-many-readings"),
    )
    def write() -> Response:
        """Fields are named as channels of a reading; lines of one moment make one reading. 204: all is stored."""
        device, now = current_device(), clock()
        with writer.room_to_read(request.content_length):
            gathered = gather_lines(_text(), _PRECISION.read_or("ns"), now_ms=milliseconds(now))
            batch = gathered.batch(device.id, agent=_agent())
        receipt = writer.submit(device, batch, now=now, address=request.remote_addr)
        tally.note(receipt)
        if not batch.rejected:
            return Response(status=204)
        first = batch.rejected[0]
        detail = f"{len(batch.rejected)} lines rejected; line {first.index + 1}: {first.detail}"
        # 'code' and 'message' are what InfluxDB's clients write into their logs.
        more = {"code": "invalid", "message": detail, "rejected": msgspec.to_builtins(batch.rejected)}
        counts = {name: getattr(receipt, name) for name in ("accepted", "duplicates", "conflicts", "quarantined")}
        return respond(Problem("some-rejected", detail, **more, **counts))


def _text() -> str:
    try:
        return read_any(request).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem("malformed-body", f"the body is not UTF-8: {error}"[:200]) from error


def _agent() -> str | None:
    """Give the sender's own name for itself, such as Telegraf/1.36.4."""
    given = (request.user_agent.string or "")[:64].strip()
    return given if _AGENT.fullmatch(given) else None

"""``POST /device/token``: a device replaces its credential by one that it made."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, request
from msgspec import Struct
from sqlalchemy import Engine

from ingest_api.admission import Admits, admits
from ingest_api.enrollment import TokenHash, TokenId
from ingest_api.measurements import Stamp, answer
from ingest_api.operations import operation
from ingest_api.principals import current_device, current_token_id
from ingest_api.problems import Problem
from ingest_api.timestamps import format_moment
from ingest_api.typed_body import read_typed
from models.db import session_scope
from models.write.audit import record
from models.write.rotation import OVERLAP, rotate


class NewToken(Struct):
    """The token that the device made; it stays on the device."""

    token_id: TokenId
    token_sha256: TokenHash


class Rotated(Struct):
    """The new token is known. The old one ends when the new one is used, at ``old_ends_at`` at the latest."""

    token_id: str
    old_ends_at: Stamp
    server_time: Stamp


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the route to the blueprint."""

    @blueprint.post("/device/token")
    @admits(Admits.DEVICE)
    @operation("Replace the token", body=NewToken, answer=Rotated, problems=("clone-detected",))
    def post_token() -> Response:
        """The token that signs the request goes on working until the new one is used. Repeating it is harmless."""
        new, device, now = read_typed(request, NewToken), current_device(), clock()
        digest = bytes.fromhex(new.token_sha256)
        with session_scope(engine) as session:
            done = rotate(session, device.id, current_token_id(), new_token_id=new.token_id, digest=digest, now=now)
            if not done:
                raise Problem("clone-detected", "this token belongs to somebody else, or has ended; make another")
            details = {"old": current_token_id(), "new": new.token_id}
            record(
                session,
                f"device:{device.name}",
                "rotate-token",
                object_kind="device",
                object_id=device.name,
                address=request.remote_addr,
                details=details,
                at=now,
            )
        body = {"token_id": new.token_id, "old_ends_at": format_moment(now + OVERLAP)}
        return answer({**body, "server_time": format_moment(now)})

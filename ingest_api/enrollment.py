"""``POST /enroll``: a Pi shows the key of its image and the hash of the credential it made, and gets a name."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Literal

from flask import Blueprint, Response, request
from msgspec import UNSET, Meta, Struct, UnsetType, structs
from sqlalchemy import Engine

from ingest_api.admission import Admits, admits
from ingest_api.device_config import DeviceConfig, config_for
from ingest_api.guesses import Guesses
from ingest_api.measurements import Stamp, answer
from ingest_api.operations import operation
from ingest_api.principals import current_enrollment_key
from ingest_api.problems import Problem
from ingest_api.timestamps import format_moment
from ingest_api.typed_body import read_typed
from models.db import session_scope
from models.read.devices import find_device
from models.write.claims import Claim, Decision, Outcome
from models.write.enrollment import enroll
from models.write.places import Board

#: How long a Pi that waits for a person should wait before it asks again.
ASK_AGAIN_AFTER_S = 60

Said = Annotated[str, Meta(pattern=r"^[ -~]{1,120}\Z")] | UnsetType | None
TokenId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8}\Z", description="The eight characters after hfd_.")]
TokenHash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z", description="SHA-256 of the whole token, in hex.")]


class EnrollmentRequest(Struct):
    """What a Pi says. The token itself stays on the Pi; the rest of it is shown to the person who decides."""

    serial: Annotated[
        str, Meta(pattern=r"^(?=.*[1-9a-f])[0-9a-f]{8,32}\Z", description="The board's serial number, in hex.")
    ]
    token_id: TokenId
    token_sha256: TokenHash
    serial_source: Literal["board", "generated"] = "board"
    model: Said = UNSET
    agent: Said = UNSET
    hostname: Said = UNSET
    boot_id: Said = UNSET


class Enrolled(Struct):
    """The Pi has joined; its name, and what it should do next."""

    name: str
    config: DeviceConfig
    server_time: Stamp


class Waiting(Struct):
    """A person has to decide; ask again after ``Retry-After``, and keep reading meanwhile."""

    state: Literal["pending"]
    server_time: Stamp


_REFUSALS: Mapping[Outcome, tuple[str, str]] = {
    Outcome.FULL: ("enrollment-full", "as many Pis as this key allows have joined with it"),
    Outcome.BLOCKED: ("device-blocked", "this board is blocked"),
    Outcome.REJECTED: ("enrollment-rejected", "this token was turned away, or has ended"),
    Outcome.CLONED: ("clone-detected", "another board has joined with this token: its card was copied"),
}


def add_routes(blueprint: Blueprint, engine: Engine, clock: Callable[[], datetime]) -> None:
    """Attach the route to the blueprint."""
    guesses = Guesses(engine, clock)

    @blueprint.post("/enroll")
    @admits(Admits.ENROLLMENT_KEY)
    @operation(
        "Join the fleet",
        body=EnrollmentRequest,
        answer=Enrolled,
        also={201: Enrolled, 202: Waiting},
        problems=(*(slug for slug, _ in _REFUSALS.values()), "too-many-attempts"),
    )
    def post_enroll() -> Response:
        """Asked again with the same serial and token it gives the same name; 201 the first time, 200 after that, 202
        while a person has to decide."""
        claim, now = _claim(read_typed(request, EnrollmentRequest)), clock()
        with session_scope(engine) as session:
            decision = enroll(session, current_enrollment_key().id, claim, now=now)
            device = None if decision.device is None else find_device(session, decision.device)
        if decision.outcome is Outcome.PENDING:
            return _waiting(now)
        if device is None or decision.outcome not in (Outcome.JOINED, Outcome.KNOWN):
            raise _refusal(decision)
        body = {"name": device.name, "config": config_for(device, now=now), "server_time": format_moment(now)}
        return answer(body, status=201 if decision.outcome is Outcome.JOINED else 200)

    @blueprint.after_request
    def slow_down(response: Response) -> Response:
        return guesses.slow_down(response) if request.path.endswith("/enroll") else response


def _claim(said: EnrollmentRequest) -> Claim:
    board = Board(said.serial, said.serial_source)
    about = {name: getattr(said, name) for name in ("model", "agent", "hostname", "boot_id")}
    agent = {name: value for name, value in about.items() if value}
    return Claim(board, said.token_id, bytes.fromhex(said.token_sha256), request.remote_addr, agent)


def _waiting(now: datetime) -> Response:
    response = answer(structs.asdict(Waiting("pending", format_moment(now))), status=202)
    response.headers["Retry-After"] = str(ASK_AGAIN_AFTER_S)
    return response


def _refusal(decision: Decision) -> Problem:
    if decision.outcome is Outcome.KEY_ENDED:
        return Problem("unauthorized", "the request carries no credential that is valid here")
    slug, detail = _REFUSALS[decision.outcome]
    return Problem(slug, detail)

"""Who is asking: the credential of a request, checked before its view runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, g, request
from flask.typing import ResponseReturnValue
from flask_httpauth import HTTPTokenAuth  # type: ignore[import-untyped]
from sqlalchemy import Engine

from ingest_api.admission import Admits
from ingest_api.problems import Problem, respond
from models.db import session_scope
from models.read.devices import DeviceCredential, DeviceRecord, authenticate_device
from models.tokens import ParsedToken, TokenKind, parse_token, same_digest


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may read; ``devices`` are the names of those that may be read, None means all."""

    devices: frozenset[str] | None = None

    def may_read(self, device: str) -> bool:
        """Tell whether a device is among those that may be read."""
        return self.devices is None or device in self.devices


class Gate:
    """Checks the credential of every request before its view runs."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], is_person: Callable[[], bool]) -> None:
        self.engine, self.clock, self.is_person = engine, clock, is_person
        self.tokens = HTTPTokenAuth(scheme="Bearer", realm="hydrofleet")
        self.tokens.verify_token(self.find_device)
        self.tokens.error_handler(lambda status: respond(_unauthorized()))
        self._require_device = self.tokens.login_required(lambda: None)

    def check(self) -> ResponseReturnValue | None:
        """Let the request pass (None), or give the answer that turns it away."""
        view = current_app.view_functions[request.endpoint or ""]
        whom = getattr(view, "admits", Admits.NOBODY)
        if whom is Admits.ANYBODY:
            return None
        if whom is Admits.DEVICE:
            return self._require_device()
        if whom is Admits.READER:
            return self._require_reader()
        raise Problem("forbidden", "nobody may use this address")

    def _require_reader(self) -> ResponseReturnValue | None:
        """Let a logged-in person read everything."""
        if not self.is_person():
            return respond(_unauthorized())
        g.reader = Reader()
        return None

    def find_device(self, text: str) -> DeviceRecord | None:
        """Find the device a bearer token belongs to; None if it is not, or no longer, a device's token.

        Raises
        ------
        Problem
            403 if the token is a device's and the device may not send.
        """
        token = parse_token(text, TokenKind.DEVICE)
        if token is None:
            return None
        with session_scope(self.engine) as session:
            credential = authenticate_device(session, token.id)
        if credential is None or not _is_live(credential, token, now=self.clock()):
            return None
        device = credential.device
        if device.status != "active":
            raise Problem("device-blocked", f"{device.name} is {device.status}")
        return device


def current_device() -> DeviceRecord:
    """Give the device that sent the request at hand; only inside a view that admits devices."""
    device: DeviceRecord = g.flask_httpauth_user
    return device


def current_reader() -> Reader:
    """Give who reads in the request at hand; only inside a view that admits readers."""
    reader: Reader = g.reader
    return reader


def _is_live(credential: DeviceCredential, token: ParsedToken, *, now: datetime) -> bool:
    if not same_digest(token.digest, credential.digest) or credential.revoked_at is not None:
        return False
    return credential.expires_at is None or now < credential.expires_at


def _unauthorized() -> Problem:
    detail = "the request carries no credential that is valid here"
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="hydrofleet"'})

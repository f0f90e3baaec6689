"""Who is asking: the credential of a request, checked before its view runs.

A request that carries a token (``Authorization: Bearer …``, or ``Token …`` as InfluxDB's clients write it) is judged
by the token alone; any other may belong to a person who is logged in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Protocol

from flask import current_app, g, has_request_context, request
from flask.typing import ResponseReturnValue
from flask_httpauth import HTTPTokenAuth  # type: ignore[import-untyped]
from sqlalchemy import Engine
from werkzeug.datastructures import Authorization

from ingest_api.admission import Admission, Admits, admission_of
from ingest_api.live_credentials import LiveCredentials
from ingest_api.problems import Problem, respond
from ingest_api.same_site import SAFE_METHODS, is_cross_site
from models.db import session_scope
from models.read.credentials import EnrollmentCredential, find_enrollment_key, find_read_token
from models.read.devices import DeviceRecord
from models.roles import Role
from models.tokens import ParsedToken, TokenKind, parse_token, same_digest
from models.write.rotation import take_over

_SCHEMES = ("bearer", "token")


class Person(Protocol):
    """Somebody who is logged in."""

    @property
    def name(self) -> str:
        """The name to log in with."""

    @property
    def role(self) -> Role:
        """What this person may do."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may read; ``devices`` are the names of those that may be read, None means all."""

    devices: frozenset[str] | None = None

    def may_read(self, device: str) -> bool:
        """Tell whether a device is among those that may be read."""
        return self.devices is None or device in self.devices


class Principal(NamedTuple):
    """Who asks, as a log may say it: ``kind`` is device, enrollment-key, read-token or person."""

    kind: str
    id: str


class _Stored(Protocol):
    """What every kind of credential has in common."""

    @property
    def digest(self) -> bytes: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def revoked_at(self) -> datetime | None: ...


class Gate:
    """Checks the credential of every request before its view runs.

    ``person`` gives who is logged in in the request at hand.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime], person: Callable[[], Person | None]) -> None:
        self.engine, self.clock, self.person = engine, clock, person
        self.devices = LiveCredentials(engine)
        self._finders: Mapping[Admits, tuple[TokenKind, Callable[[ParsedToken], bool]]] = {
            Admits.DEVICE: (TokenKind.DEVICE, self._is_device),
            Admits.ENROLLMENT_KEY: (TokenKind.ENROLLMENT, self._is_enrollment_key),
            Admits.READER: (TokenKind.READ, self._is_reader),
        }
        tokens = _Tokens(realm="hydrofleet")
        tokens.verify_token(self._is_admitted)
        tokens.error_handler(lambda status: respond(_unauthorized()))
        self._require_token = tokens.login_required(lambda: None)

    def check(self) -> ResponseReturnValue | None:
        """Let the request pass (None), or give the answer that turns it away."""
        admission = _admission()
        if Admits.ANYBODY in admission.whom:
            return None
        if admission.whom is Admits.NOBODY:
            raise Problem("forbidden", "nobody may use this address")
        if Admits.PERSON in admission.whom and _presented() is None:
            return self._require_person(admission.role)
        answer: ResponseReturnValue | None = self._require_token()
        return answer

    def _require_person(self, role: Role) -> ResponseReturnValue | None:
        """Let a person pass whose role suffices; a changing request has to come from one of our own pages."""
        person = self.person()
        if person is None:
            return respond(_unauthorized())
        if is_cross_site():
            raise Problem("forbidden", "this request came from another site")
        if not person.role.includes(role):
            raise Problem("forbidden", f"this takes the role {role}; {person.name} is {person.role}")
        _remember(Principal("person", person.name), person=person, reader=Reader())
        return None

    def _is_admitted(self, text: str) -> bool:
        """Tell whether a token is of a kind that the route admits, known, and live."""
        whom = _admission().whom
        for admitted, (kind, is_live) in self._finders.items():
            token = parse_token(text, kind) if admitted in whom else None
            if token is not None:
                return is_live(token)
        return False

    def _is_device(self, token: ParsedToken) -> bool:
        credential = self.devices.find(token.id)
        if credential is None or not self._is_live(credential, token):
            return False
        device = credential.device
        if device.status != "active":
            raise Problem("device-blocked", f"{device.name} is {device.status}")
        if credential.replaces is not None:
            with session_scope(self.engine) as session:
                take_over(session, token.id, now=self.clock())
            device = replace(device, rotation_asked_at=None)
        _refuse_other_board(device)
        _remember(Principal("device", device.name), device=device, token_id=token.id)
        return True

    def _is_enrollment_key(self, token: ParsedToken) -> bool:
        with session_scope(self.engine) as session:
            key = find_enrollment_key(session, token.id)
        if key is None or not self._is_live(key, token):
            return False
        _remember(Principal("enrollment-key", key.id), enrollment_key=key)
        return True

    def _is_reader(self, token: ParsedToken) -> bool:
        with session_scope(self.engine) as session:
            found = find_read_token(session, token.id)
        if found is None or not self._is_live(found, token):
            return False
        if request.method not in SAFE_METHODS:
            raise Problem("forbidden", "a read token reads; it changes nothing")
        _remember(Principal("read-token", found.id), reader=Reader(found.devices))
        return True

    def _is_live(self, stored: _Stored, token: ParsedToken) -> bool:
        if not same_digest(token.digest, stored.digest) or stored.revoked_at is not None:
            return False
        return stored.expires_at is None or self.clock() < stored.expires_at


def current_principal() -> Principal | None:
    """Give who asks in the request at hand, None if nobody was let in (yet), or outside of a request of the API."""
    return g.get("api_principal") if has_request_context() else None


def current_device() -> DeviceRecord:
    """Give the device that sent the request at hand; only inside a view that admits devices."""
    device: DeviceRecord = g.api_device
    return device


def current_token_id() -> str:
    """Give the public part of the token of the request at hand; only inside a view that admits devices."""
    token_id: str = g.api_token_id
    return token_id


def current_enrollment_key() -> EnrollmentCredential:
    """Give the key of the request at hand; only inside a view that admits enrollment keys."""
    key: EnrollmentCredential = g.api_enrollment_key
    return key


def current_reader() -> Reader:
    """Give who reads in the request at hand; only inside a view that admits readers or people."""
    reader: Reader = g.api_reader
    return reader


def current_person() -> Person | None:
    """Give the person who asks in the request at hand; None if it came with a token."""
    person: Person | None = g.get("api_person")
    return person


class _Tokens(HTTPTokenAuth):
    """Takes a token under either of the words for it."""

    def get_auth(self) -> Authorization | None:
        return _presented()


def _presented() -> Authorization | None:
    given = request.authorization
    return given if given is not None and given.type in _SCHEMES else None


def _admission() -> Admission:
    return admission_of(current_app.view_functions[request.endpoint or ""])


def _remember(principal: Principal, **found: object) -> None:
    g.api_principal = principal
    for name, value in found.items():
        setattr(g, f"api_{name}", value)


def _refuse_other_board(device: DeviceRecord) -> None:
    """Turn a copied card away: the board that it says it is in is not the one that joined with it.

    Raises
    ------
    Problem
        403 ``other-board``.
    """
    board = request.headers.get("X-Device-Serial")
    if board is not None and device.serial is not None and board != device.serial:
        raise Problem("other-board", f"the token of {device.name} came from another board; its card was copied")


def _unauthorized() -> Problem:
    detail = "the request carries no credential that is valid here"
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="hydrofleet"'})

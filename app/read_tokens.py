"""Tokens of notebooks and scripts: administrators make them, every one of them ends."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.principal import Principal, Role
from models.db import session_scope
from models.errors import HydrofleetError, UnknownDevice
from models.read.devices import list_devices
from models.read.read_tokens import ReadTokenRecord, list_read_tokens
from models.tokens import Token, TokenKind, make_token
from models.write.audit import record
from models.write.read_tokens import add_read_token, revoke_read_token

LONGEST_LIFE = timedelta(days=366)
LONGEST_NOTE = 200


class ReadTokenRefused(HydrofleetError):
    """The token is not made; the message says why."""


class NotAllowed(ReadTokenRefused):
    """Only administrators hand out credentials."""

    def __init__(self, name: str | None) -> None:
        who = f"{name} may" if name else "nobody who is not logged in may"
        super().__init__(f"{who} not manage read tokens; ask an administrator")


class ReadTokens:
    """The one place where read tokens are made and ended. Every method raises :class:`NotAllowed`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def create(
        self, note: str, *, expires_at: datetime, devices: Sequence[str] | None = None, by: Principal | None
    ) -> Token:
        """Make a token that reads some devices, or all and those that join later (None).

        Its text can be shown now and never again.

        Raises
        ------
        ReadTokenRefused
            If the note does not say what it is for, or the end is in the past or more than a year away.
        UnknownDevice
            If no device has one of the names.
        """
        person, now = _allowed(by), self._clock()
        _check(note, expires_at, devices, now)
        token = make_token(TokenKind.READ)
        with session_scope(self._engine) as session:
            add_read_token(
                session,
                token,
                note=note.strip(),
                device_ids=None if devices is None else _ids(session, devices),
                created_by=person.id or None,
                now=now,
                expires_at=expires_at,
            )
            seen = "all" if devices is None else list(devices)
            details = {"note": note.strip(), "devices": seen, "expires_at": expires_at.isoformat()}
            _record(session, person, "make-read-token", token.id, details=details, now=now)
        return token

    def list_all(self, *, by: Principal | None) -> list[ReadTokenRecord]:
        """List all tokens, newest first, those that ended too."""
        _allowed(by)
        with session_scope(self._engine) as session:
            return list_read_tokens(session)

    def revoke(self, token_id: str, *, by: Principal | None) -> None:
        """End a token at once.

        Raises
        ------
        UnknownReadToken
            If there is none with this id.
        """
        person, now = _allowed(by), self._clock()
        with session_scope(self._engine) as session:
            revoke_read_token(session, token_id, now=now)
            _record(session, person, "revoke-read-token", token_id, details={}, now=now)


def _allowed(by: Principal | None) -> Principal:
    if by is None or not by.role.includes(Role.ADMIN):
        raise NotAllowed(by.name if by else None)
    return by


def _check(note: str, expires_at: datetime, devices: Sequence[str] | None, now: datetime) -> None:
    if not note.strip() or len(note.strip()) > LONGEST_NOTE:
        raise ReadTokenRefused(
            f"say in at most {LONGEST_NOTE} characters what the token is for, such as: notebook of Sari"
        )
    if not now < expires_at <= now + LONGEST_LIFE:
        raise ReadTokenRefused(f"the token has to end within {LONGEST_LIFE.days} days from now")
    if devices is not None and not devices:
        raise ReadTokenRefused("name at least one device, or leave the list out for all of them")


def _ids(session: Session, names: Sequence[str]) -> list[int]:
    known = {device.name: device.id for device in list_devices(session)}
    for name in names:
        if name not in known:
            raise UnknownDevice(name)
    return sorted({known[name] for name in names})


def _record(
    session: Session, person: Principal, action: str, token_id: str, *, details: Mapping[str, object], now: datetime
) -> None:
    record(session, person.name, action, object_kind="read-token", object_id=token_id, details=details, at=now)

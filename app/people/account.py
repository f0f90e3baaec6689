"""What everybody does with their own account: accept an invitation, change the password, log browsers out."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.components import ConductivityUnit
from app.i18n import LANGUAGES
from app.passwords import hash_password
from app.people.errors import (
    NotLoggedIn,
    TooManyFailures,
    UnknownTimeZone,
    UnusableInvitation,
    WrongPassword,
)
from app.people.invitations import is_code, sha256_of
from app.people.names import usable_name
from app.people.proof import Attempt, Proofs
from app.principal import Principal
from models.db import session_scope
from models.read.people import OpenSession, find_invitation, list_sessions
from models.write.audit import record
from models.write.people import (
    end_invitations_of,
    end_named_session,
    rename_user,
    set_password,
    set_preferences,
    set_unit,
    use_invitation,
)


class OwnAccount:
    """Every change leaves a row in the audit log, in the same transaction; without a login, nothing is changed."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._proofs = Proofs(engine)

    def accept(self, code: str, name: str, password: str) -> int:
        """Use an invitation: set the password, and at the first time the name too; gives the id of whom to log in.

        Of two browsers that use a link at the same moment, one gets in.

        Raises
        ------
        UnusableInvitation
            If the link does not work, or not any more.
        UnusableName, UserNameTaken, UnusablePassword, TooManyChecks
            As their names say; the link can be used again then.
        """
        now = self._clock()
        self._require_usable(code, now)
        # Hashing takes long on purpose: only for a code that works, and outside of any transaction.
        hashed = hash_password(password)
        with session_scope(self._engine) as session:
            digest = sha256_of(code)
            invitation = find_invitation(session, digest, now=now)
            if invitation is None or not use_invitation(session, digest, now=now):
                raise UnusableInvitation
            chosen = usable_name(name) if invitation.is_first and name.strip() else invitation.name
            if chosen != invitation.name:
                rename_user(session, invitation.user_id, chosen)
            set_password(session, chosen, hashed)
            _note(session, chosen, "accept-invitation", now, invited_as=invitation.name)
            return invitation.user_id

    def change_password(self, present: str, new: str, *, by: Principal | None, address: str | None) -> None:
        """Change the password: every browser is logged out, so the caller logs this one in anew.

        Raises
        ------
        WrongPassword, TooManyFailures
            If ``present`` is not the present one, or was guessed wrong too often lately.
        UnusablePassword, TooManyChecks
            As their names say.
        """
        person, now = _somebody(by), self._clock()
        attempt = Attempt(person.name, address, now)
        wait_s = self._proofs.wait_s(attempt)
        if wait_s:
            raise TooManyFailures(wait_s)
        if self._proofs.check(attempt, present, failure="change-password-failed") is None:
            raise WrongPassword
        hashed = hash_password(new)
        with session_scope(self._engine) as session:
            set_password(session, person.name, hashed)
            end_invitations_of(session, person.id)
            _note(session, person.name, "change-password", now)

    def sessions(self, *, by: Principal | None) -> list[OpenSession]:
        """List the browsers that are logged in, the one used last first."""
        person = _somebody(by)
        with session_scope(self._engine) as session:
            return list_sessions(session, person.id, now=self._clock())

    def end_session(self, handle: str, *, by: Principal | None) -> None:
        """Log one of one's own browsers out; one that is out already is left alone."""
        person, now = _somebody(by), self._clock()
        with session_scope(self._engine) as session:
            if end_named_session(session, person.id, handle):
                _note(session, person.name, "end-session", now, session=handle)

    def prefer(self, *, language: str | None, time_zone: str | None, by: Principal | None) -> None:
        """Choose how to read the screens; None follows the browser and the installation.

        Raises
        ------
        UnknownTimeZone
            If there is no such zone.
        """
        person, now = _somebody(by), self._clock()
        if time_zone is not None and time_zone not in available_timezones():
            raise UnknownTimeZone(time_zone)
        known = language if language in LANGUAGES else None
        with session_scope(self._engine) as session:
            set_preferences(session, person.id, language=known, time_zone=time_zone)
            _note(session, person.name, "change-preferences", now, language=known, time_zone=time_zone)

    def prefer_unit(self, unit: str, *, by: Principal | None) -> None:
        """Choose in which unit conductivity is written, in every browser; one that is none is left aside."""
        person, now = _somebody(by), self._clock()
        if unit not in set(ConductivityUnit) or unit == person.unit:
            return
        with session_scope(self._engine) as session:
            set_unit(session, person.id, unit)
            _note(session, person.name, "change-preferences", now, unit=unit)

    def _require_usable(self, code: str, now: datetime) -> None:
        with session_scope(self._engine) as session:
            if not is_code(code) or find_invitation(session, sha256_of(code), now=now) is None:
                raise UnusableInvitation


def _somebody(by: Principal | None) -> Principal:
    if by is None:
        raise NotLoggedIn
    return by


def _note(session: Session, name: str, action: str, now: datetime, /, **details: str | None) -> None:
    record(session, name, action, object_kind="user", object_id=name, details=details, at=now)

"""The one place where people are let in, changed and kept out, whoever asks."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.passwords import hash_password
from app.people.errors import DisabledPerson, LastAdministrator, OnlyAdministrators
from app.people.invitations import LIFE, Invitation, make_code, sha256_of
from app.people.names import usable_name
from app.principal import Principal, Role
from models.db import session_scope
from models.errors import UnknownUser
from models.read.people import Person, UserRecord, find_user, list_people
from models.write.audit import record
from models.write.people import (
    add_invitation,
    create_user,
    disable_user,
    enable_user,
    end_invitations_of,
    end_sessions_of,
    set_password,
    set_role,
    working_admins,
)

#: Changes somebody and gives what the audit log shall say about it.
_Change = Callable[[Session, UserRecord, datetime], dict[str, Any] | None]


class People:
    """Administrators manage people here; what everybody does with their own account is in :mod:`app.people.account`.

    Every method raises :class:`OnlyAdministrators` for anybody else, and :class:`UnknownUser` for a name that nobody
    has. Every change leaves a row in the audit log, in the same transaction.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def everybody(self, *, by: Principal | None) -> list[Person]:
        """List everybody by name, disabled people too."""
        _admin(by)
        with session_scope(self._engine) as session:
            return list_people(session, now=self._clock())

    def invite(self, name: str, role: Role, *, by: Principal | None) -> Invitation:
        """Let somebody in who sets a password of their own with the link.

        Raises
        ------
        UnusableName, UserNameTaken
            As their names say.
        """
        admin, now = _admin(by), self._clock()
        with session_scope(self._engine) as session:
            user = create_user(session, usable_name(name), role, None)
            _note(session, admin.name, "invite-user", user.name, now, {"role": str(role)})
            return _invitation(session, user, now)

    def renew_link(self, name: str, *, by: Principal | None) -> Invitation:
        """Make a new link, for somebody whose first one was lost or who forgot the password; older ones end.

        Raises
        ------
        DisabledPerson
            If that person may not log in.
        """
        admin, now = _admin(by), self._clock()
        with session_scope(self._engine) as session:
            user = _known(session, name)
            if user.disabled_at is not None:
                raise DisabledPerson(user.name)
            _note(session, admin.name, "make-login-link", user.name, now)
            return _invitation(session, user, now)

    def add(self, name: str, role: Role, password: str, *, by: Principal | None) -> None:
        """Let somebody in with a password that is known already.

        Raises
        ------
        UnusableName, UserNameTaken, UnusablePassword
            As their names say.
        """
        admin, now = _admin(by), self._clock()
        hashed = hash_password(password)
        with session_scope(self._engine) as session:
            user = create_user(session, usable_name(name), role, hashed)
            _note(session, admin.name, "add-user", user.name, now, {"role": str(role)})

    def reset_password(self, name: str, password: str, *, by: Principal | None) -> None:
        """Give somebody a new password; their browsers are logged out, their links end.

        Raises
        ------
        UnusablePassword
            If it is too short or too long.
        """
        hashed = hash_password(password)

        def reset(session: Session, user: UserRecord, _now: datetime) -> None:
            set_password(session, user.name, hashed)
            end_invitations_of(session, user.id)

        self._change("reset-password", name, reset, by=by)

    def change_role(self, name: str, role: Role, *, by: Principal | None) -> None:
        """Change what somebody may do; their browsers are logged out.

        Raises
        ------
        LastAdministrator
            If nobody would be left who can manage people.
        """

        def change(session: Session, user: UserRecord, _now: datetime) -> dict[str, Any]:
            if role is not Role.ADMIN:
                _keep_an_admin(session, user)
            set_role(session, user.name, role)
            return {"from": user.role, "to": str(role)}

        self._change("change-role", name, change, by=by)

    def disable(self, name: str, *, by: Principal | None) -> None:
        """Keep somebody out from now on, in every browser; what they did stays recorded.

        Raises
        ------
        LastAdministrator
            If nobody would be left who can manage people.
        """

        def disable(session: Session, user: UserRecord, now: datetime) -> None:
            _keep_an_admin(session, user)
            disable_user(session, user.name, now=now)

        self._change("disable-user", name, disable, by=by)

    def enable(self, name: str, *, by: Principal | None) -> None:
        """Let somebody in again, with the password they had."""

        def enable(session: Session, user: UserRecord, _now: datetime) -> None:
            enable_user(session, user.name)

        self._change("enable-user", name, enable, by=by)

    def sign_out(self, name: str, *, by: Principal | None) -> None:
        """Log somebody out in every browser."""

        def sign_out(session: Session, user: UserRecord, _now: datetime) -> None:
            end_sessions_of(session, user.id)

        self._change("sign-out-user", name, sign_out, by=by)

    def _change(self, action: str, name: str, change: _Change, *, by: Principal | None) -> None:
        admin, now = _admin(by), self._clock()
        with session_scope(self._engine) as session:
            user = _known(session, name)
            details = change(session, user, now)
            _note(session, admin.name, action, user.name, now, details)


def _admin(by: Principal | None) -> Principal:
    if by is None or not by.role.includes(Role.ADMIN):
        raise OnlyAdministrators(by.name if by else None)
    return by


def _known(session: Session, name: str) -> UserRecord:
    user = find_user(session, name)
    if user is None:
        raise UnknownUser(name)
    return user


def _keep_an_admin(session: Session, user: UserRecord) -> None:
    if working_admins(session) == [user.name]:
        raise LastAdministrator(user.name)


def _invitation(session: Session, user: UserRecord, now: datetime) -> Invitation:
    code = make_code()
    add_invitation(session, user.id, sha256_of(code), now=now, expires_at=now + LIFE)
    return Invitation(user.name, code, now + LIFE)


def _note(
    session: Session, actor: str, action: str, name: str, now: datetime, details: dict[str, Any] | None = None
) -> None:
    record(session, actor, action, object_kind="user", object_id=name, details=details, at=now)

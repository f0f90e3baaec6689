"""Who people are, which browser is logged in as whom, and how often somebody guessed wrong lately."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables import LoginAttempt, User
from models.tables import Session as LoginSession

#: A browser that was not used for this long has to log in again.
IDLE_LIMIT = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A person. ``password_hash`` is None until an invitation is accepted."""

    id: int
    name: str
    role: str
    password_hash: str | None = field(repr=False)
    language: str | None
    time_zone: str | None
    ppm_scale: int | None
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A live login, with what a request needs to know of its person."""

    user_id: int
    name: str
    role: str
    language: str | None
    time_zone: str | None
    ppm_scale: int | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Failures:
    """Times of failed logins, oldest first: of one account from one network, and of that network altogether."""

    of_account: list[datetime]
    of_network: list[datetime]


def find_user(session: Session, name: str) -> UserRecord | None:
    """Find a person by name, in whatever case it was typed; disabled people too."""
    row = session.execute(_users().where(User.name == name.strip().lower())).one_or_none()
    return None if row is None else UserRecord(*row)


def list_users(session: Session) -> list[UserRecord]:
    """List everybody by name, disabled people too."""
    return [UserRecord(*row) for row in session.execute(_users().order_by(User.name))]


def find_session(session: Session, digest: bytes, *, now: datetime) -> SessionRecord | None:
    """Find the live session of a cookie's digest.

    None for one that ended, is past its end, was not used for twelve hours, or whose person is disabled.
    """
    query = (
        select(
            *(User.id, User.name, User.role, User.language, User.time_zone, User.ppm_scale),
            *(LoginSession.created_at, LoginSession.last_used_at, LoginSession.expires_at),
        )
        .join(User, User.id == LoginSession.user_id)
        .where(
            LoginSession.digest == digest,
            LoginSession.expires_at > now,
            LoginSession.last_used_at > now - IDLE_LIMIT,
            User.disabled_at.is_(None),
        )
    )
    row = session.execute(query).one_or_none()
    return None if row is None else SessionRecord(*row)


def recent_failures(session: Session, name: str, network: str, since: datetime) -> Failures:
    """Read the failed logins after ``since`` that count against this account and network."""
    account = name.strip().lower()
    query = (
        select(LoginAttempt.name, LoginAttempt.network, LoginAttempt.failed_at)
        .where(LoginAttempt.network == network, LoginAttempt.failed_at > since)
        .order_by(LoginAttempt.failed_at)
    )
    rows = session.execute(query).all()
    return Failures([row.failed_at for row in rows if row.name == account], [row.failed_at for row in rows])


def _users() -> Any:
    """Select the columns of :class:`UserRecord`, in its order."""
    return select(
        *(User.id, User.name, User.role, User.password_hash, User.language, User.time_zone),
        *(User.ppm_scale, User.created_at, User.disabled_at),
    )

"""Who people are, which browser is logged in as whom, and how often somebody guessed wrong lately."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from models.tables import Invitation, LoginAttempt, User
from models.tables import Session as LoginSession

#: A browser that was not used for this long has to log in again.
IDLE_LIMIT = timedelta(hours=12)
#: Hex digits of a session's digest by which its person may name it; they tell nothing about the cookie.
HANDLE_LENGTH = 16


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A person. ``password_hash`` is None until an invitation is accepted."""

    id: int
    name: str
    role: str
    password_hash: str | None = field(repr=False)
    language: str | None
    time_zone: str | None
    unit: str | None
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
    unit: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that is logged in. ``handle`` names it to its person: the first 16 hex digits of its digest."""

    handle: str
    created_at: datetime
    last_used_at: datetime
    address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """A person as administrators see them: ``invited_until`` is set while a link of theirs can still be used."""

    id: int
    name: str
    role: str
    has_password: bool
    disabled_at: datetime | None
    created_at: datetime
    last_used_at: datetime | None
    sessions: int
    invited_until: datetime | None


@dataclass(frozen=True, slots=True)
class InvitationRecord:
    """A link that can still be used, and for whom; ``is_first`` while they have never set a password."""

    user_id: int
    name: str
    is_first: bool
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


def list_people(session: Session, *, now: datetime) -> list[Person]:
    """List everybody by name, with their live sessions and open invitations."""
    live = and_(
        LoginSession.user_id == User.id, LoginSession.expires_at > now, LoginSession.last_used_at > now - IDLE_LIMIT
    )
    counted = select(func.count()).select_from(LoginSession).where(live).correlate(User).scalar_subquery()
    used = select(func.max(LoginSession.last_used_at)).where(LoginSession.user_id == User.id).scalar_subquery()
    invited = (
        select(func.max(Invitation.expires_at))
        .where(Invitation.user_id == User.id, Invitation.used_at.is_(None), Invitation.expires_at > now)
        .scalar_subquery()
    )
    query = select(
        *(User.id, User.name, User.role, User.password_hash.is_not(None), User.disabled_at, User.created_at),
        *(used, counted, invited),
    )
    return [Person(*row) for row in session.execute(query.order_by(User.name))]


def list_sessions(session: Session, user_id: int, *, now: datetime) -> list[OpenSession]:
    """List the live sessions of a person, the one used last first."""
    query = (
        select(
            func.left(func.encode(LoginSession.digest, "hex"), HANDLE_LENGTH),
            *(LoginSession.created_at, LoginSession.last_used_at, LoginSession.address, LoginSession.user_agent),
        )
        .where(
            LoginSession.user_id == user_id,
            LoginSession.expires_at > now,
            LoginSession.last_used_at > now - IDLE_LIMIT,
        )
        .order_by(LoginSession.last_used_at.desc(), LoginSession.digest)
    )
    return [OpenSession(*row) for row in session.execute(query)]


def find_invitation(session: Session, digest: bytes, *, now: datetime) -> InvitationRecord | None:
    """Find whom a link invites; None for one that was used, has expired, or whose person is disabled."""
    query = (
        select(User.id, User.name, User.password_hash.is_(None), Invitation.expires_at)
        .join(User, User.id == Invitation.user_id)
        .where(
            Invitation.digest == digest,
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
            User.disabled_at.is_(None),
        )
    )
    row = session.execute(query).one_or_none()
    return None if row is None else InvitationRecord(*row)


def find_session(session: Session, digest: bytes, *, now: datetime) -> SessionRecord | None:
    """Find the live session of a cookie's digest.

    None for one that ended, is past its end, was not used for twelve hours, or whose person is disabled.
    """
    query = (
        select(
            *(User.id, User.name, User.role, User.language, User.time_zone, User.unit),
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


def count_failures(session: Session, name: str, network: str, since: datetime) -> int:
    """Count the failures after ``since`` of one account from one network."""
    of_both = (LoginAttempt.name == name.strip().lower(), LoginAttempt.network == network)
    return session.scalar(select(func.count()).where(*of_both, LoginAttempt.failed_at > since)) or 0


def _users() -> Any:
    """Select the columns of :class:`UserRecord`, in its order."""
    return select(
        *(User.id, User.name, User.role, User.password_hash, User.language, User.time_zone),
        *(User.unit, User.created_at, User.disabled_at),
    )

"""People join, change their password, log in and out, and mistype it."""

from datetime import datetime, timedelta

from psycopg.errors import UniqueViolation
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.errors import UnknownUser, UserNameTaken
from models.read.people import UserRecord, find_user
from models.tables import LoginAttempt, User
from models.tables import Session as LoginSession

#: Failed logins are only needed to slow down guessing; older ones go.
FAILURES_KEPT = timedelta(days=1)


def create_user(session: Session, name: str, role: str, password_hash: str | None) -> UserRecord:
    """Add a person; the name is kept in lower case.

    Raises
    ------
    UserNameTaken
        If somebody has this name; the session's transaction goes on.
    """
    values = {"name": name.strip().lower(), "role": role, "password_hash": password_hash}
    try:
        with session.begin_nested():
            session.execute(insert(User).values(values))
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise UserNameTaken(name) from error
        raise
    return _known(session, name)


def set_password(session: Session, name: str, password_hash: str) -> None:
    """Give a person a new password; every browser that is logged in as that person is logged out.

    Raises
    ------
    UnknownUser
        If nobody has this name.
    """
    user = _known(session, name)
    session.execute(update(User).where(User.id == user.id).values(password_hash=password_hash))
    end_sessions_of(session, user.id)


def disable_user(session: Session, name: str, *, now: datetime) -> None:
    """Let a person in no more: sessions end at once, what the person did stays on record.

    Raises
    ------
    UnknownUser
        If nobody has this name.
    """
    user = _known(session, name)
    session.execute(update(User).where(User.id == user.id).values(disabled_at=now))
    end_sessions_of(session, user.id)


def set_language(session: Session, user_id: int, language: str | None) -> None:
    """Remember the language in which a person reads the screens; None follows the installation."""
    session.execute(update(User).where(User.id == user_id).values(language=language))


def start_session(
    session: Session,
    user_id: int,
    digest: bytes,
    *,
    now: datetime,
    expires_at: datetime,
    address: str | None = None,
    user_agent: str | None = None,
) -> None:
    """Log a browser in: ``digest`` is the SHA-256 of its cookie. Sessions past their end are cleared away."""
    session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
    session.execute(
        insert(LoginSession).values(
            digest=digest,
            user_id=user_id,
            created_at=now,
            last_used_at=now,
            expires_at=expires_at,
            address=address,
            user_agent=user_agent,
        )
    )


def touch_session(session: Session, digest: bytes, *, now: datetime) -> None:
    """Note that a session was used, which keeps it alive."""
    session.execute(update(LoginSession).where(LoginSession.digest == digest).values(last_used_at=now))


def end_session(session: Session, digest: bytes) -> None:
    """Log one browser out; one that is not logged in is left alone."""
    session.execute(delete(LoginSession).where(LoginSession.digest == digest))


def end_sessions_of(session: Session, user_id: int) -> None:
    """Log a person out everywhere."""
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))


def record_failure(session: Session, name: str, network: str, *, now: datetime) -> None:
    """Note a failed login of an account, which need not exist, from a network (its /24 or /64)."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.failed_at < now - FAILURES_KEPT))
    session.execute(insert(LoginAttempt).values(name=name.strip().lower(), network=network, failed_at=now))


def clear_failures(session: Session, name: str, network: str) -> None:
    """Forget the failures of an account from a network, once its person has logged in from there."""
    session.execute(
        delete(LoginAttempt).where(LoginAttempt.name == name.strip().lower(), LoginAttempt.network == network)
    )


def _known(session: Session, name: str) -> UserRecord:
    user = find_user(session, name)
    if user is None:
        raise UnknownUser(name)
    return user

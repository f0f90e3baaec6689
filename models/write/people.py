"""People are invited, change their password, log in and out, and mistype it."""

from datetime import datetime, timedelta

from psycopg.errors import UniqueViolation
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.errors import UnknownUser, UserNameTaken
from models.read.people import HANDLE_LENGTH, UserRecord, find_user
from models.tables import Invitation, LoginAttempt, User
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
    end_invitations_of(session, user.id)


def enable_user(session: Session, name: str) -> None:
    """Let a disabled person in again, with the password they had.

    Raises
    ------
    UnknownUser
        If nobody has this name.
    """
    session.execute(update(User).where(User.id == _known(session, name).id).values(disabled_at=None))


def set_role(session: Session, name: str, role: str) -> None:
    """Change what a person may do; open sessions end, so that nothing goes on with the old rights.

    Raises
    ------
    UnknownUser
        If nobody has this name.
    """
    user = _known(session, name)
    session.execute(update(User).where(User.id == user.id).values(role=role))
    end_sessions_of(session, user.id)


def rename_user(session: Session, user_id: int, name: str) -> None:
    """Give a person another login name, kept in lower case.

    Raises
    ------
    UserNameTaken
        If somebody else has it; the session's transaction goes on.
    """
    try:
        with session.begin_nested():
            session.execute(update(User).where(User.id == user_id).values(name=name.strip().lower()))
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise UserNameTaken(name) from error
        raise


def working_admins(session: Session) -> list[str]:
    """List the administrators who can log in, and keep them as they are until the transaction ends.

    Of two transactions that each take the rights of one of the last two, the second waits here and sees one.
    """
    query = (
        select(User.name)
        .where(User.role == "admin", User.disabled_at.is_(None), User.password_hash.is_not(None))
        .order_by(User.id)
        .with_for_update()
    )
    return list(session.scalars(query))


def add_invitation(session: Session, user_id: int, digest: bytes, *, now: datetime, expires_at: datetime) -> None:
    """Let a person set a password with a link whose digest this is; their earlier links no longer work."""
    end_invitations_of(session, user_id)
    values = {"digest": digest, "user_id": user_id, "created_at": now, "expires_at": expires_at}
    session.execute(insert(Invitation).values(values))


def use_invitation(session: Session, digest: bytes, *, now: datetime) -> bool:
    """Use a link up; False if it was used, or expired, in the meantime. Of two at once only one gets True."""
    used = session.execute(
        update(Invitation)
        .where(Invitation.digest == digest, Invitation.used_at.is_(None), Invitation.expires_at > now)
        .values(used_at=now)
        .returning(Invitation.user_id)
    )
    return used.one_or_none() is not None


def end_invitations_of(session: Session, user_id: int) -> None:
    """Make the open links of a person useless."""
    session.execute(delete(Invitation).where(Invitation.user_id == user_id, Invitation.used_at.is_(None)))


def set_preferences(session: Session, user_id: int, *, language: str | None, time_zone: str | None) -> None:
    """Remember how a person wants to read the screens; None follows the installation."""
    session.execute(update(User).where(User.id == user_id).values(language=language, time_zone=time_zone))


def set_unit(session: Session, user_id: int, unit: str) -> None:
    """Remember in which unit a person reads conductivity."""
    session.execute(update(User).where(User.id == user_id).values(unit=unit))


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


def end_named_session(session: Session, user_id: int, handle: str) -> bool:
    """Log one browser of a person out, named as in :class:`models.read.people.OpenSession`; False if it is gone."""
    name = func.left(func.encode(LoginSession.digest, "hex"), HANDLE_LENGTH)
    ended = session.scalars(
        delete(LoginSession).where(LoginSession.user_id == user_id, name == handle).returning(LoginSession.user_id)
    )
    return len(ended.all()) > 0


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

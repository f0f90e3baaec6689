"""Sessions of people: a random cookie in the browser, its SHA-256 in the database."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Request, Response
from sqlalchemy import Engine

from app.principal import Principal, Role
from models.db import session_scope
from models.read.people import HANDLE_LENGTH, find_session
from models.write.people import end_session, start_session, touch_session

ABSOLUTE_LIFE = timedelta(days=7)
#: The last use is written at most this often: a page asks every few seconds.
_TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Cookies:
    """How cookies are written; behind TLS they carry ``Secure`` and the prefix that pins them to this host."""

    secure: bool

    def name(self, short: str) -> str:
        """Give a cookie's full name: ``__Host-hf`` behind TLS, ``hf`` without."""
        return f"__Host-{short}" if self.secure else short

    def read(self, request: Request, short: str) -> str:
        """Give a cookie's value, "" if the browser sent none."""
        return request.cookies.get(self.name(short), "")

    def write(self, response: Response, short: str, value: str, *, max_age_s: int, samesite: str = "Lax") -> None:
        """Set a cookie that scripts cannot read."""
        response.set_cookie(
            self.name(short),
            value,
            max_age=max_age_s,
            secure=self.secure,
            httponly=True,
            samesite=samesite,
            path="/",
        )

    def drop(self, response: Response, short: str) -> None:
        """Delete a cookie."""
        response.delete_cookie(self.name(short), path="/", secure=self.secure, httponly=True, samesite="Lax")


class Sessions:
    """Starts, finds and ends the sessions of one server."""

    COOKIE = "hf"

    def __init__(self, engine: Engine, cookies: Cookies) -> None:
        self._engine = engine
        self._cookies = cookies

    def start(self, request: Request, response: Response, user_id: int, *, now: datetime) -> None:
        """Log ``user_id`` in: a new session with a new cookie; the one that the browser came with ends."""
        token = secrets.token_urlsafe(32)
        with session_scope(self._engine) as session:
            end_session(session, _digest(self._cookies.read(request, self.COOKIE)))
            start_session(
                session,
                user_id,
                _digest(token),
                now=now,
                expires_at=now + ABSOLUTE_LIFE,
                address=request.remote_addr,
                user_agent=(request.user_agent.string or "")[:300],
            )
        self._cookies.write(response, self.COOKIE, token, max_age_s=int(ABSOLUTE_LIFE.total_seconds()))

    def find(self, request: Request, *, now: datetime) -> Principal | None:
        """Give the person whose live session the request carries, and note that it was used."""
        token = self._cookies.read(request, self.COOKIE)
        if not token:
            return None
        digest = _digest(token)
        with session_scope(self._engine) as session:
            record = find_session(session, digest, now=now)
            if record is None:
                return None
            if now - record.last_used_at >= _TOUCH_EVERY:
                touch_session(session, digest, now=now)
        return Principal(
            record.user_id,
            record.name,
            Role(record.role),
            record.language,
            record.unit,
            record.time_zone,
            session=digest.hex()[:HANDLE_LENGTH],
        )

    def end(self, request: Request, response: Response) -> None:
        """Log out: the session is gone from the database, the cookie from the browser."""
        with session_scope(self._engine) as session:
            end_session(session, _digest(self._cookies.read(request, self.COOKIE)))
        self._cookies.drop(response, self.COOKIE)


def _digest(token: str) -> bytes:
    # A fast hash is right here: the token has 256 random bits (OWASP ASVS 5.0, 6.5.2).
    return hashlib.sha256(token.encode()).digest()

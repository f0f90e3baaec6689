"""Enrollment keys: what an image or a USB stick carries so that Pis can join by themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from app.i18n import N_
from app.joining.errors import JoiningRefused, UnknownKey, administrator
from app.principal import Principal
from models.db import session_scope
from models.read.enrollment import KeyRecord, list_keys
from models.tokens import Token, TokenKind, make_token
from models.write.audit import record
from models.write.devices import ensure_site
from models.write.enrollment_keys import add_key, revoke_key

#: A key on a card that was lost is dead after this, whatever else happens.
LONGEST_LIFE = timedelta(days=30)
MOST_USES = 9999
LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class KeyWish:
    """A key to be made: how many new boards it lets in, until when, and to which site.

    ``auto_approve`` lets a Pi that was silent come back with a new card from its own network without asking;
    ``listed_only`` lets only boards in whose serial number was registered, the others wait for a person.
    """

    max_uses: int
    life: timedelta = timedelta(days=7)
    site: str | None = None
    note: str | None = None
    auto_approve: bool = False
    listed_only: bool = False


class EnrollmentKeys:
    """The one place where enrollment keys are made and ended. Every method raises :class:`NotAllowed`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock

    def create(self, wish: KeyWish, *, by: Principal | None) -> Token:
        """Make a key. Its text can be shown now and never again.

        Raises
        ------
        JoiningRefused
            If it would live longer than 30 days, or let in nobody or more than there are names.
        """
        person, now = administrator(by), self._clock()
        _check(wish)
        token = make_token(TokenKind.ENROLLMENT)
        with session_scope(self._engine) as session:
            add_key(
                session,
                token,
                max_uses=wish.max_uses,
                expires_at=now + wish.life,
                site_id=None if wish.site is None else ensure_site(session, wish.site),
                note=wish.note,
                auto_approve=wish.auto_approve,
                listed_only=wish.listed_only,
                created_by=person.id or None,
                now=now,
            )
            details = {"max_uses": wish.max_uses, "expires_at": (now + wish.life).isoformat(), "site": wish.site}
            details |= {"auto_approve": wish.auto_approve, "listed_only": wish.listed_only}
            record(
                session,
                person.name,
                "make-enrollment-key",
                object_kind="enrollment-key",
                object_id=token.id,
                details=details,
                at=now,
            )
        return token

    def list_all(self, *, by: Principal | None) -> list[KeyRecord]:
        """List all keys, newest first, those that ended too."""
        administrator(by)
        with session_scope(self._engine) as session:
            return list_keys(session)

    def revoke(self, key_id: str, *, by: Principal | None) -> None:
        """End a key at once; the Pis that joined with it stay.

        Raises
        ------
        UnknownKey
            If there is none with this id, or it was revoked before.
        """
        person, now = administrator(by), self._clock()
        with session_scope(self._engine) as session:
            if not revoke_key(session, key_id, now=now):
                raise UnknownKey(key_id)
            record(
                session,
                person.name,
                "revoke-enrollment-key",
                object_kind="enrollment-key",
                object_id=key_id,
                at=now,
            )


def join_file(server_url: str, key: Token, ca_pem: str | None) -> str:
    """Write the file that goes onto the boot partition of an image, or onto a USB stick."""
    lines = [
        "# Takes a new Pi to its server. The key is taken out again once the Pi has joined.",
        f'server_url = "{server_url}"',
        f'enrollment_key = "{key.text}"',
    ]
    if ca_pem is not None:
        lines.append(f"ca_pem = '''\n{ca_pem.strip()}\n'''")
    return "\n".join(lines) + "\n"


def read_authority(path: Path | None, *, default: Path) -> str | None:
    """Read the certificate that goes into the joining file: ``path`` if an operator named one, else ``default``.

    Without a file at ``default`` there is none, as on a server that Pis reach at a publicly known address.

    Raises
    ------
    JoiningRefused
        If the file that was named cannot be read, or holds anything but certificates: a secret key, for example.
    """
    if path is None and not default.is_file():
        return None
    file = path or default
    try:
        pem = file.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise JoiningRefused(N_("%(file)s cannot be read; set HYDROFLEET_CA_FILE"), file=file) from error
    if "BEGIN CERTIFICATE" not in pem or "PRIVATE KEY" in pem:
        raise JoiningRefused(N_("%(file)s is no file of certificates alone; set HYDROFLEET_CA_FILE"), file=file)
    return pem


def _check(wish: KeyWish) -> None:
    if not timedelta(0) < wish.life <= LONGEST_LIFE:
        text = N_("a key lives at most %(days)s days, because cards get lost; make a new one then")
        raise JoiningRefused(text, days=LONGEST_LIFE.days)
    if not 1 <= wish.max_uses <= MOST_USES:
        text = N_("%(uses)s is no number of Pis; a key lets in 1 to %(most)s")
        raise JoiningRefused(text, uses=wish.max_uses, most=MOST_USES)
    if wish.note is not None and len(wish.note) > LONGEST_NOTE:
        raise JoiningRefused(N_("the note is longer than %(most)s characters"), most=LONGEST_NOTE)
    if wish.site is not None and not wish.site.strip():
        raise JoiningRefused(N_("the site has no name; leave it out, or name it"))

"""Passwords of people: argon2id, never more than two checks at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.errors import HydrofleetError

MIN_LENGTH = 12
#: Long enough for any passphrase; without a limit, a megabyte of password is a cheap way to keep us busy.
MAX_LENGTH = 256
#: A check takes 64 MiB and some 50 ms by design (RFC 9106, second recommended option): the dearest thing that
#: somebody without an account can ask for. Two at a time leave the machine to the readings.
_CHECKS_AT_ONCE = 2
_WAIT_S = 2.0

_hasher = PasswordHasher()
_slots = threading.BoundedSemaphore(_CHECKS_AT_ONCE)
#: Checked when there is no such account, so that the answer takes as long as for one that exists.
_NOBODY = _hasher.hash("the password of nobody at all")


class UnusablePassword(HydrofleetError):
    """The password is too short or too long."""


class TooManyChecks(HydrofleetError):
    """Two passwords are being checked already, and the wait for a turn was too long."""


def hash_password(password: str) -> str:
    """Hash a new password with argon2id.

    Raises
    ------
    UnusablePassword
        If it has fewer than 12 or more than 256 characters. There are no other rules.
    TooManyChecks
        If no turn comes within two seconds.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise UnusablePassword(
            f"the password has {len(password)} characters; choose {MIN_LENGTH} to {MAX_LENGTH}, for example four words"
        )
    with _turn():
        return _hasher.hash(password)


def password_matches(stored: str | None, given: str) -> bool:
    """Tell whether ``given`` is the password behind ``stored``; None (no such account) is never matched.

    The answer takes equally long in either case.

    Raises
    ------
    TooManyChecks
        If no turn comes within two seconds.
    """
    with _turn():
        try:
            verified = _hasher.verify(stored or _NOBODY, given[: MAX_LENGTH + 1])
        except (VerificationError, InvalidHashError):
            return False
    return verified and stored is not None


@contextmanager
def _turn() -> Iterator[None]:
    if not _slots.acquire(timeout=_WAIT_S):
        raise TooManyChecks("too many logins at this moment; try again in a few seconds")
    try:
        yield
    finally:
        _slots.release()

"""Proving who one is with a password; whoever guesses is slowed down more and more."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from app.passwords import password_matches
from app.throttle import MEMORY, account_wait_s, network_wait_s
from models.db import session_scope
from models.networks import network_of
from models.read.people import UserRecord, find_user, recent_failures
from models.write.audit import record
from models.write.people import clear_failures, record_failure


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to prove something: who, from which address, when."""

    name: str
    address: str | None
    at: datetime

    @property
    def network(self) -> str:
        """The network that failures are counted for."""
        return network_of(self.address)


class Proofs:
    """Checks passwords, and remembers failures per account and network."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wait_s(self, attempt: Attempt) -> int:
        """Give the seconds until this account may be tried from this network again, 0 if now."""
        with session_scope(self._engine) as session:
            failures = recent_failures(session, attempt.name, attempt.network, attempt.at - MEMORY)
        return max(
            account_wait_s(failures.of_account, attempt.at),
            network_wait_s(failures.of_network, attempt.at),
        )

    def check(self, attempt: Attempt, password: str, *, failure: str) -> UserRecord | None:
        """Give the person if the password is theirs; if not, count it and write ``failure`` into the audit log.

        A disabled person is like an unknown one.

        Raises
        ------
        TooManyChecks
            If no turn comes within two seconds.
        """
        with session_scope(self._engine) as session:
            user = find_user(session, attempt.name)
        usable = user if user and user.disabled_at is None else None
        # Outside of any transaction: a check takes long, and must not hold a connection that readings need.
        matches = password_matches(usable.password_hash if usable else None, password)
        with session_scope(self._engine) as session:
            if matches:
                clear_failures(session, attempt.name, attempt.network)
            else:
                record_failure(session, attempt.name, attempt.network, now=attempt.at)
                record(session, attempt.name, failure, address=attempt.address, at=attempt.at)
        return usable if matches else None

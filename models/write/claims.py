"""What a Pi says when it asks to join, and what can become of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import Any

from sqlalchemy.orm import Session

from models.read.enrollment import KeyRecord
from models.write.places import Board


@unique
class Outcome(StrEnum):
    """What became of the question."""

    JOINED = "joined"
    KNOWN = "known"
    PENDING = "pending"
    KEY_ENDED = "key-ended"
    FULL = "full"
    BLOCKED = "blocked"
    REJECTED = "rejected"
    CLONED = "cloned"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a Pi says: its board, and the credential it made (its public id, and the SHA-256 of its text).

    ``agent`` is free text about the Pi for the person who decides; nothing is derived from it.
    """

    board: Board
    token_id: str
    digest: bytes = field(repr=False)
    address: str | None = None
    agent: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, and the device where there is one."""

    outcome: Outcome
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One question while it is decided."""

    session: Session
    key: KeyRecord
    claim: Claim
    now: datetime

    @property
    def serial(self) -> str:
        return self.claim.board.serial

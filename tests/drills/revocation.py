"""R21: tokens are revoked while 10 Pis post with them.

Half of the tokens are revoked, in one transaction. A second after its commit, posts with them are answered 401 and
store nothing; the Pis beside them notice nothing at all.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from models.db import session_scope
from models.write.devices import revoke_tokens
from tests.drills.farm import Farm, Member, farm
from tests.drills.frame import Figures, at_least, at_most, none
from tests.drills.ledger import Ledger
from tests.drills.pis import Pi, attempts_of, posting, wait_for

NAME = "R21"
PIS, REVOKED = 10, 5
_ROUNDS = {False: 2, True: 20}
_EFFECTIVE_WITHIN_S = 1.0
_LOOK_ON_S = 2.0
_COUNT = text("SELECT count(*) FROM readings WHERE device_id = ANY(:ids)")


@dataclass(frozen=True)
class Seen:
    """What one revocation came to."""

    accepted_before: int
    last_accepted_after_s: float
    rows_after_that: int
    refused: int
    other_answers: int
    refused_beside: int
    accepted_beside: int


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Revoke, and look at what is still accepted."""
    with farm(folder, pis=PIS * _ROUNDS[full]) as on:
        seen = [_revoke_under_load(on, on.pis[first : first + PIS]) for first in range(0, len(on.pis), PIS)]
    return {
        "accepted_before": at_least(min(one.accepted_before for one in seen), REVOKED),
        "last_accepted_after_s": at_most(max(one.last_accepted_after_s for one in seen), _EFFECTIVE_WITHIN_S),
        "rows_after_a_second": none(sum(one.rows_after_that for one in seen)),
        "answers_401": at_least(min(one.refused for one in seen), REVOKED),
        "other_answers": none(sum(one.other_answers for one in seen)),
        "refused_beside": none(sum(one.refused_beside for one in seen)),
        "accepted_beside": at_least(min(one.accepted_beside for one in seen), PIS - REVOKED),
    }


def _revoke_under_load(on: Farm, members: Sequence[Member]) -> Seen:
    condemned = [member.device_id for member in members[:REVOKED]]
    names = {member.name for member in members[:REVOKED]}
    with posting(on, Ledger(), members) as fleet:
        wait_for(lambda: all(_was_accepted(pi) for pi in fleet), within_s=60, what="all Pis post")
        with session_scope(on.engine) as session:
            for device_id in condemned:
                revoke_tokens(session, device_id, datetime.now(UTC))
        revoked_s = time.monotonic()
        time.sleep(_EFFECTIVE_WITHIN_S)
        stored = _count(on, condemned)
        time.sleep(_LOOK_ON_S)
        stored_late = _count(on, condemned) - stored
    attempts = attempts_of(fleet)
    theirs = [one for one in attempts if one.device in names]
    after = [one for one in theirs if one.ended_s > revoked_s]
    accepted_s = [one.ended_s - revoked_s for one in after if one.status == 200]
    beside = [one.status for one in attempts if one.device not in names and one.began_s > revoked_s]
    return Seen(
        accepted_before=sum(one.status == 200 and one.ended_s <= revoked_s for one in theirs),
        last_accepted_after_s=max(accepted_s, default=0.0),
        rows_after_that=stored_late,
        refused=sum(one.status == 401 for one in after),
        other_answers=sum(one.status not in (200, 401) for one in theirs),
        refused_beside=sum(status != 200 for status in beside),
        accepted_beside=beside.count(200),
    )


def _was_accepted(pi: Pi) -> bool:
    return any(attempt.status == 200 for attempt in list(pi.attempts))


def _count(on: Farm, device_ids: Sequence[int]) -> int:
    with on.engine.connect() as connection:
        return int(connection.execute(_COUNT, {"ids": list(device_ids)}).scalar_one())

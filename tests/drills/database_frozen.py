"""R16: PostgreSQL freezes (SIGSTOP to all its processes), and then somebody locks the table of readings for a while.

A frozen database answers nothing, not even "no"; a statement timeout does not help, for the server keeps it. Posts
meanwhile are answered 503 within 3 s, with the time to come back, ``/readyz`` says so too, ``/healthz`` goes on
answering, and whoever looks at a page is told within 3 s as well. Within 5 s of the thaw readings go in and pages are
shown again, and no acknowledged reading is lost. To the Pis, a locked table is the same.
"""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from tests.drills.farm import Farm, farm
from tests.drills.frame import Figure, Figures, at_least, at_most, none, speed
from tests.drills.ledger import Ledger
from tests.drills.pis import Attempt, Pi, attempts_of, left_hanging, posting, wait_for
from tests.drills.visitor import PAGES, Visitor, visiting

NAME = "R16"
PIS = 8
_TROUBLE_S = {False: 8.0, True: 60.0}
_ANSWERED_WITHIN_S, _FREE_WITHIN_S = 3.0, 5.0
#: Threads of a busy machine are woken late now and then; all but a few answers have to be in time even there.
_SHARE_IN_TIME = 0.95
#: Nobody is kept as long as this, there either: whoever waits for the lock or the thaw itself is.
_KEPT_S = 6.0
_MONITORED = ("/healthz", "/readyz")


@dataclass(frozen=True)
class Trouble:
    """What Pis and a monitor met while the database was in trouble."""

    posts: list[Attempt]
    pages: list[Attempt]
    health: list[int]
    readiness: list[int]
    free_after_s: float
    pages_after_s: float


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Freeze and lock, and look at every answer."""
    ledger = Ledger()
    with farm(folder, pis=PIS) as on:
        with posting(on, ledger, on.pis) as fleet, visiting(on, _MONITORED) as monitor, visiting(on) as reader:
            frozen = _endure(on.cluster.frozen(), fleet, monitor, reader, _TROUBLE_S[full])
            locked = _endure(_locked(on), fleet, monitor, reader, _TROUBLE_S[full])
        statuses = [attempt.status for attempt in attempts_of(fleet)]
        return {
            **ledger.compare(on.engine, least=2 * PIS),
            **_judge("frozen", frozen, full=full),
            "frozen_called_ready": none(frozen.readiness.count(200)),
            "frozen_called_not_ready": at_least(frozen.readiness.count(503), 1),
            **_judge("locked", locked, full=full),
            "neither_200_nor_503": none(len(statuses) - statuses.count(200) - statuses.count(503)),
            "left_hanging": none(left_hanging(attempts_of(fleet))),
        }


def _judge(what: str, met: Trouble, *, full: bool) -> dict[str, Figure]:
    took = [post.took_s for post in met.posts]
    in_time = sum(each <= _ANSWERED_WITHIN_S for each in took) / max(1, len(took))
    looked = [page.took_s for page in met.pages]
    return {
        f"{what}_posts_503": at_least(sum(post.status == 503 for post in met.posts), PIS),
        f"{what}_longest_answer_s": speed(max(took, default=0.0), _ANSWERED_WITHIN_S, full=full),
        f"{what}_share_within_3_s": at_least(in_time, _SHARE_IN_TIME),
        f"{what}_kept_waiting": none(sum(each > _KEPT_S for each in (*took, *looked))),
        f"{what}_not_healthy": none(len(met.health) - met.health.count(200)),
        f"{what}_healthy": at_least(met.health.count(200), 1),
        f"{what}_pages_asked": at_least(len(met.pages), 1),
        f"{what}_pages_neither_200_nor_503": none(sum(page.status not in (200, 503) for page in met.pages)),
        f"{what}_longest_page_s": speed(max(looked, default=0.0), _ANSWERED_WITHIN_S, full=full),
        f"{what}_pages_after_s": at_most(met.pages_after_s, _FREE_WITHIN_S),
        f"{what}_free_after_s": at_most(met.free_after_s, _FREE_WITHIN_S),
    }


def _endure(
    trouble: AbstractContextManager[None], fleet: Sequence[Pi], monitor: Visitor, reader: Visitor, seconds: float
) -> Trouble:
    """Let a trouble last; posts that are under way when it begins belong to it, as do those that begin during it."""
    before_s = time.monotonic()
    wait_for(lambda: all(_is_acknowledged(pi, before_s) for pi in fleet), within_s=60, what="all Pis post")
    with trouble:
        began_s = time.monotonic()
        time.sleep(seconds)
        ended_s = time.monotonic()
    wait_for(lambda: all(_is_acknowledged(pi, ended_s) for pi in fleet), within_s=60, what="all Pis are free again")
    free_after_s = time.monotonic() - ended_s
    wait_for(lambda: _shown_after_s(reader, ended_s) < math.inf, within_s=60, what="pages are shown again")
    pages_after_s = _shown_after_s(reader, ended_s)
    met = [one for one in attempts_of(fleet) if one.began_s < ended_s and one.ended_s > began_s]
    # The watchdog needs a moment to be sure; a monitor's question of that moment may still be answered "ready".
    asked = [one for one in monitor.attempts if began_s + _ANSWERED_WITHIN_S < one.ended_s < ended_s]
    health, readiness = ([one.status for one in asked if one.device == path] for path in _MONITORED)
    looked = [one for one in reader.attempts if one.began_s < ended_s and one.ended_s > began_s]
    return Trouble(met, looked, health, readiness, free_after_s, pages_after_s)


def _is_acknowledged(pi: Pi, since_s: float) -> bool:
    return any(one.status == 200 and one.ended_s > since_s for one in list(pi.attempts))


def _shown_after_s(reader: Visitor, since_s: float) -> float:
    """Give the seconds until every page was shown once."""
    shown = [one for one in list(reader.attempts) if one.status == 200 and one.ended_s > since_s]
    return max(min((one.ended_s for one in shown if one.device == page), default=math.inf) for page in PAGES) - since_s


@contextmanager
def _locked(on: Farm) -> Iterator[None]:
    """Keep everybody from the readings, as a migration that goes wrong does."""
    with on.engine.begin() as connection:
        connection.execute(text("LOCK TABLE readings IN ACCESS EXCLUSIVE MODE"))
        yield

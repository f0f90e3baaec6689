"""R15: an administrator restarts PostgreSQL (``pg_ctl restart -m fast``) while 8 Pis post and somebody looks at pages.

A restart is no failure: nobody is answered 500, whatever died with the old PostgreSQL, a Pi that comes back when it is
asked to has to repeat a batch once per restart at most, and nothing is lost.
"""

import random
import time
from collections import Counter
from pathlib import Path

from tests.drills.farm import Farm, farm
from tests.drills.frame import Figures, at_least, at_most, exactly, none, told
from tests.drills.ledger import Ledger
from tests.drills.pis import Attempt, Pi, attempts_of, posting, wait_for
from tests.drills.visitor import visiting

NAME = "R15"
PIS = 8
_RESTARTS = {False: 2, True: 20}
_REPEATS_PER_RESTART = 1
_ALL_BACK_WITHIN_S = 60.0


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Restart the database, and look at every answer."""
    moments, ledger = random.Random(seed), Ledger()
    with farm(folder, pis=PIS) as on:
        with posting(on, ledger, on.pis, patient=True) as fleet, visiting(on) as visitor:
            repeats = [_restart(on, fleet, after_s=moments.uniform(0.5, 2.0)) for _ in range(_RESTARTS[full])]
        on.engine.dispose()  # of the drill's own connections nothing is asked
        posts = [attempt.status for attempt in attempts_of(fleet)]
        visits = [attempt.status for attempt in visitor.attempts]
        return {
            **ledger.compare(on.engine, least=PIS * _RESTARTS[full]),
            "restarts": exactly(len(repeats), _RESTARTS[full]),
            "posts_503": told(posts.count(503)),
            "posts_neither_200_nor_503": none(len(posts) - posts.count(200) - posts.count(503)),
            "most_repeats_per_restart": at_most(max(repeats), _REPEATS_PER_RESTART),
            "pages_opened": at_least(visits.count(200), 2 * _RESTARTS[full]),
            "pages_503": told(visits.count(503)),
            "pages_neither_200_nor_503": none(len(visits) - visits.count(200) - visits.count(503)),
        }


def _restart(on: Farm, fleet: list[Pi], *, after_s: float) -> int:
    """Give how often the Pi that had to repeat most had to do so, until all were acknowledged again."""
    time.sleep(after_s)
    began_s = time.monotonic()
    on.cluster.restart_fast()
    up_s = time.monotonic()
    wait_for(lambda: all(_is_back(pi, up_s) for pi in fleet), within_s=_ALL_BACK_WITHIN_S, what="all Pis are back")
    failed = Counter(one.device for one in _since(attempts_of(fleet), began_s) if one.status != 200)
    return max(failed.values(), default=0)


def _is_back(pi: Pi, since_s: float) -> bool:
    return any(attempt.status == 200 for attempt in _since(list(pi.attempts), since_s))


def _since(attempts: list[Attempt], moment_s: float) -> list[Attempt]:
    return [attempt for attempt in attempts if attempt.ended_s > moment_s]

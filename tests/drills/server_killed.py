"""R1: the server is killed without warning while 20 Pis post, again and again.

It is started again at once on the same port, as systemd does. Every COMMIT takes 20 ms, as on a slow disk, so that many
batches are stored and can no longer be acknowledged, and come again. Whatever moment it was killed at: every reading
that was acknowledged is in the table once and unaltered, and the server is ready again soon. "Soon" is 5 s; where the
machine is slower than that, it is at most three times as long as the first start took, before anybody posted.
"""

import random
import time
from pathlib import Path
from statistics import median

from tests.drills.farm import farm
from tests.drills.frame import Figures, at_most, exactly, none, speed, told
from tests.drills.ledger import Ledger
from tests.drills.pis import attempts_of, posting
from tests.drills.server import Server

NAME = "R1"
PIS = 20
_KILLS = {False: 3, True: 200}
_SOON_S = 5.0
_TIMES_QUIET_START = 3.0


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Kill the server, and compare what was acknowledged with what is stored."""
    moments, ledger = random.Random(seed), Ledger()
    with farm(folder, pis=PIS) as on:
        on.cluster.slow_down_commits()
        with posting(on, ledger, on.pis) as fleet:
            took = [_kill_and_wait(on.server, after_s=moments.uniform(0.2, 1.5)) for _ in range(_KILLS[full])]
        statuses = [attempt.status for attempt in attempts_of(fleet)]
        return {
            **ledger.compare(on.engine, least=PIS * _KILLS[full]),
            "kills": exactly(len(took), _KILLS[full]),
            "answers_500": none(statuses.count(500)),
            "ready_again_median_s": told(median(took)),
            "ready_again_s": speed(max(took), _SOON_S, full=full),
            "ready_again_vs_limit": at_most(max(took) / max(_SOON_S, _TIMES_QUIET_START * on.quiet_start_s), 1.0),
        }


def _kill_and_wait(server: Server, *, after_s: float) -> float:
    time.sleep(after_s)
    server.kill()
    server.start()
    return server.wait_until_ready()

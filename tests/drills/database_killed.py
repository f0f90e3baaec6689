"""R2: PostgreSQL is killed without warning while 8 Pis post: the postmaster frozen, its children killed, then itself.

Every COMMIT takes 20 ms, as on a slow disk, so that an answer that does not wait for it is found out. Whatever moment
it was killed at: every reading that was acknowledged is in the table once and unaltered. Meanwhile the Pis are asked to
come back (503, never 500); as soon as PostgreSQL is up, readings go in and pages open again within 10 s, without
anybody restarting the server.
"""

import random
import time
from pathlib import Path

import httpx

from tests.drills.farm import Farm, farm
from tests.drills.frame import Figures, at_least, at_most, exactly, none, told
from tests.drills.ledger import Ledger
from tests.drills.pis import NO_ANSWER, attempts_of, posting, wait_for

NAME = "R2"
PIS = 8
_KILLS = {False: 3, True: 50}
_BACK_WITHIN_S = 10.0
_ASKED_TO_COME_BACK = 0.99
#: Long enough that every Pi meets the outage.
_DOWN_S = 1.0


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Kill the database, and compare what was acknowledged with what is stored."""
    moments, ledger = random.Random(seed), Ledger()
    with farm(folder, pis=PIS) as on:
        on.cluster.slow_down_commits()
        with posting(on, ledger, on.pis) as fleet:
            back = [_kill_and_wait(on, ledger, after_s=moments.uniform(0.2, 2.0)) for _ in range(_KILLS[full])]
        failed = [attempt.status for attempt in attempts_of(fleet) if attempt.status != 200]
        return {
            **ledger.compare(on.engine, least=PIS * _KILLS[full]),
            "kills": exactly(len(back), _KILLS[full]),
            "answers_503": told(failed.count(503)),
            "answers_503_of_failed": at_least(failed.count(503) / len(failed), _ASKED_TO_COME_BACK),
            "answers_500": none(failed.count(500)),
            "no_answer": none(failed.count(NO_ANSWER)),
            "ingest_back_s": at_most(max(ingest for ingest, _ in back), _BACK_WITHIN_S),
            "pages_back_s": at_most(max(pages for _, pages in back), _BACK_WITHIN_S),
        }


def _kill_and_wait(on: Farm, ledger: Ledger, *, after_s: float) -> tuple[float, float]:
    """Give the seconds until readings went in and until a page opened, after the database was up again."""
    time.sleep(after_s)
    on.cluster.kill()
    time.sleep(_DOWN_S)
    on.cluster.start()
    up_s, before = time.monotonic(), ledger.acknowledged
    wait_for(lambda: ledger.acknowledged > before, within_s=60, what="readings go in")
    ingest_s = time.monotonic() - up_s
    wait_for(lambda: _page_opens(on), within_s=60, what="pages open")
    return ingest_s, time.monotonic() - up_s


def _page_opens(on: Farm) -> bool:
    """Ask for what needs the person's session and the readings."""
    address = f"{on.server.url}/api/v1/readings/latest"
    page = httpx.get(f"{on.server.url}/", headers=on.browser, timeout=30)
    return page.status_code == 200 and httpx.get(address, headers=on.browser, timeout=30).status_code == 200

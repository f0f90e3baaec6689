"""R6: 99 Pis come back together after an outage of an hour, and then all post in the same second.

Their back-off runs on virtual time: from the first failure on, whether each finds out in its turn or all at one moment,
no second sees more than 10 requests; where all are asked to come back in a minute, as a proxy may, none sees more than
25. Then 99 real batches are let go at one moment: each is answered 2xx, or 429 or 503 with a time to come back, not the
same for all; none is dropped, and none waits 10 s.
"""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from pi_reader.backoff import FullJitter
from tests.drills.farm import Farm, Member, farm
from tests.drills.frame import Figures, at_least, at_most, exactly, none, told
from tests.drills.ledger import Ledger
from tests.drills.pis import Pi, body_of

NAME = "R6"
PIS = 99
_OUTAGE_S = 3600.0
#: Every Pi finds out with its next reading, or all when the line between them and the server is cut.
_ALL_KNOW_S = (10.0, 0.0)
_SIMULATED = {False: 20, True: 1000}
_BATCH = {False: 100, True: 500}
_ROUNDS = {False: 1, True: 20}
_PEAK_PER_S = 10
_ASKED_S, _PEAK_WHERE_ASKED = 60.0, 25
# From so many on they cannot all have been asked for one of two waits by chance.
_MANY_ASKED, _FEWEST_WAITS = 20, 3
_ANSWERED_WITHIN_S = 10.0
_RECOVERED_WITHIN_S = 30.0
_REQUEST_TIMEOUT_S = 60.0


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Simulate the outages, then let the burst go."""
    rng = random.Random(seed)
    in_turn, at_once = ([come_back(PIS, rng, all_know_s=one) for _ in range(_SIMULATED[full])] for one in _ALL_KNOW_S)
    asked = max(_peak([FullJitter(rng).after_request(_ASKED_S) for _ in range(PIS)]) for _ in range(_SIMULATED[full]))
    with farm(folder, pis=PIS) as on:
        ledger = Ledger()
        pis = [Pi(member, on.server.url, ledger, threading.Event(), patient=True) for member in on.pis]
        bursts = [_burst(on, pis, ledger, _BATCH[full]) for _ in range(_ROUNDS[full])]
        posts = [post for burst in bursts for post in burst]
        waits = [wait_s for post in posts for wait_s in post.asked_s]
        return {
            **ledger.compare(on.engine, least=PIS * _BATCH[full] * _ROUNDS[full]),
            "peak_requests_per_s": at_most(max(peak for peak, _ in in_turn), _PEAK_PER_S),
            "peak_where_all_notice_at_once": at_most(max(peak for peak, _ in at_once), _PEAK_PER_S),
            "last_back_after_s": at_most(max(last for _, last in [*in_turn, *at_once]), 300),
            "peak_where_all_are_asked": at_most(asked, _PEAK_WHERE_ASKED),
            "stored_at_first": told(sum(post.statuses[0] == 200 for post in posts)),
            "neither_stored_nor_asked_back": none(sum(not post.is_fair for post in posts)),
            "asked_to_come_back": told(len(waits)),
            "different_waits_asked": replace(
                at_least(len(set(waits)), _FEWEST_WAITS), judged=len(waits) >= _MANY_ASKED
            ),
            "slowest_answer_s": at_most(max(post.slowest_s for post in posts), _ANSWERED_WITHIN_S),
            "all_stored_after_s": at_most(max(post.stored_after_s for post in posts), _RECOVERED_WITHIN_S),
            "batches": exactly(len(posts), PIS * _ROUNDS[full]),
        }


def come_back(pis: int, rng: random.Random, *, all_know_s: float) -> tuple[int, float]:
    """Give the most requests in any second of an outage and after it, and when the last Pi is back."""
    requests: Counter[int] = Counter()
    last = 0.0
    for _ in range(pis):
        backoff, now = FullJitter(random.Random(rng.random())), rng.uniform(0.0, all_know_s)
        while now < _OUTAGE_S:
            now += backoff.after_failure()
            requests[int(now)] += 1
        last = max(last, now - _OUTAGE_S)
    return max(requests.values()), last


def _peak(moments_s: list[float]) -> int:
    return max(Counter(map(int, moments_s)).values())


@dataclass
class _Post:
    """A batch on its way: every answer's status and wait, whether it was a fair one, and how long each took."""

    statuses: list[int] = field(default_factory=list)
    asked_s: list[float] = field(default_factory=list)
    is_fair: bool = True
    slowest_s: float = 0.0
    stored_after_s: float = float("inf")


def _burst(on: Farm, pis: list[Pi], ledger: Ledger, size: int) -> list[_Post]:
    """Let every Pi post a batch at one moment, and again when it is asked to."""
    together = threading.Barrier(len(pis))

    def post(pi: Pi, member: Member) -> _Post:
        batch, result = pi.next_batch(size), _Post()
        with httpx.Client(base_url=on.server.url, headers=member.headers, timeout=_REQUEST_TIMEOUT_S) as client:
            together.wait(60)
            began_s = time.monotonic()
            receipt = _post_until_stored(client, body_of(batch), result)
            if receipt is not None:
                result.stored_after_s = time.monotonic() - began_s
                ledger.note_acknowledged(batch, receipt)
        return result

    with ThreadPoolExecutor(len(pis)) as pool:
        return list(pool.map(post, pis, on.pis))


def _post_until_stored(client: httpx.Client, body: dict[str, Any], result: _Post) -> dict[str, Any] | None:
    """Give the receipt, None as soon as an answer was not a fair one."""
    give_up_s, backoff = time.monotonic() + 2 * _REQUEST_TIMEOUT_S, FullJitter()
    while time.monotonic() < give_up_s:
        sent_s, status, headers = time.monotonic(), 0, httpx.Headers()
        with suppress(httpx.HTTPError):  # no answer: dropped
            answer = client.post("/api/v1/readings", json=body)
            status, headers = answer.status_code, answer.headers
        result.statuses.append(status)
        result.slowest_s = max(result.slowest_s, time.monotonic() - sent_s)
        if status == 200:
            return dict(answer.json())
        if status not in (429, 503) or "Retry-After" not in headers:
            result.is_fair = False
            return None
        result.asked_s.append(float(headers["Retry-After"]))
        time.sleep(backoff.after_request(result.asked_s[-1]))
    return None

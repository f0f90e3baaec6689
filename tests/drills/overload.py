"""R14: 50 clients post batches as fast as they are answered, and come back a second after they were turned away.

That is more than the server can do. It goes on doing what it can: at least 80 % of what it stores for 4 clients, who
take turns with the crowd, because the machine may have other things to do, too. Whom it turns away it tells so at once
(503, and when to come back), nobody waits long for a turn, pages and ``/healthz`` are answered, memory stays flat, and
when the crowd is gone it is as fast as before within 10 s. Nothing that was acknowledged is missing.

Then 12 others export everything at once: a few of them get their files, the rest is turned away, and whoever posts or
looks at pages meanwhile is not.
"""

import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import nan
from pathlib import Path
from statistics import mean, median, quantiles
from threading import Event

import httpx

from tests.drills.farm import Farm, Member, farm
from tests.drills.frame import Figure, Figures, at_least, at_most, growth_by_thirds, none, speed, told
from tests.drills.ledger import Ledger, Made
from tests.drills.pis import Attempt, Pi, body_of, left_hanging, wait_for
from tests.drills.rush import Answered, rush
from tests.drills.visitor import PAGES, visiting

NAME = "R14"
FEW, MANY = 4, 50
_BATCH = 100
_ROUND_S = {False: 4.0, True: 20.0}
_ROUNDS = {False: 3, True: 15}
#: Batches that a client can have sent in a second, at most.
_PER_CLIENT_AND_S = {FEW: 25, MANY: 3}
_GOODPUT = 0.8
_TURNED_AWAY_WITHIN_S, _WAIT_P99_S, _HEALTHY_WITHIN_S, _RECOVERED_WITHIN_S = 0.2, 2.0, 0.5, 10.0
#: Hours are summed up in pieces of up to 240 000 readings; the crowd soon fills one.
_GROWTH_MIB = 128.0
#: Who is turned away has to hear it sooner than others hear that their batch is stored.
_SOONER = 1.0
_EXPORTERS = 12
_EXPORT = "/api/v1/export.csv?details=flags,tests"
_MONITORED = ("/healthz", *PAGES)
_PAGES_P95_S = 2.0


@dataclass
class Crowd:
    """Clients that post at once, with what they made and have not sent yet."""

    pis: dict[str, Pi]
    ledger: Ledger

    def post(self, on: Farm, members: Sequence[Member], seconds: float) -> list[Answered]:
        """Let some of them post as fast as they can; write down what was acknowledged to them."""
        count = round(seconds * _PER_CLIENT_AND_S[len(members)])
        made = {one.name: [self.pis[one.name].next_batch(_BATCH) for _ in range(count)] for one in members}
        requests = {one.name: [_request(one, batch) for batch in made[one.name]] for one in members}
        answers = rush(on.server.port, requests, seconds)
        stored = Counter(answer.client for answer in answers if answer.status == 200)
        for name, batches in made.items():
            for batch in batches[: stored[name]]:  # a client sends one after the other
                self.ledger.note_acknowledged(batch, {"accepted": len(batch), "duplicates": 0})
        return answers


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Let few post, then many, and compare."""
    ledger = Ledger()
    with farm(folder, pis=MANY) as on:
        crowd = Crowd({one.name: Pi(one, on.server.url, ledger, Event(), patient=True) for one in on.pis}, ledger)
        crowd.post(on, on.pis[:FEW], 2.0)
        quiet_s = _single_post_s(on, crowd)
        few, many, looks, memory_mib = [], [], [], []
        for _ in range(_ROUNDS[full]):
            with visiting(on, _MONITORED):
                few.append(crowd.post(on, on.pis[:FEW], _ROUND_S[full]))
            with visiting(on, _MONITORED) as somebody:
                many.append(crowd.post(on, on.pis, _ROUND_S[full]))
            looks += somebody.attempts
            memory_mib.append(on.server.memory_mib())
        over_s = time.monotonic()
        wait_for(lambda: _single_post_s(on, crowd) < 0.1 + 2 * quiet_s, within_s=60, what="it is as fast as before")
        recovered_s = time.monotonic() - over_s
        beside_exports = _crowd_of_exports(on, crowd, full=full)
        compared = ledger.compare(on.engine, least=_BATCH * MANY)
    answers = [answer for each in many for answer in each]
    stored = [answer.took_s for answer in answers if answer.status == 200]
    away = [answer.took_s for answer in answers if answer.status == 503]
    heard = away if len(away) > 1 else [nan, nan]  # that nobody was turned away is told by their number
    healthy, pages = ([one.took_s for one in looks if (one.device in PAGES) == page] for page in (False, True))
    peak, goodput = (mean(map(_stored_per_s, each)) for each in (few, many))
    return {
        **compared,
        "peak_readings_per_s": told(peak * _BATCH),
        # The clients run on the server's own processors; only where these have nothing else to do it is the server's.
        "goodput_of_peak": Figure(goodput / peak, least=_GOODPUT, judged=full),
        "turned_away": at_least(len(away), MANY - FEW),
        "neither_200_nor_503": none(len(answers) - len(stored) - len(away)),
        "turned_away_p95_s": speed(quantiles(heard, n=20)[18], _TURNED_AWAY_WITHIN_S, full=full),
        "turned_away_vs_answered": at_most(median(heard) / median(stored), _SOONER),
        "answered_p99_s": speed(quantiles(stored, n=100)[98], _WAIT_P99_S, full=full),
        "turned_away_for_good": none(sum(answer.status == 503 and not answer.may_return for answer in answers)),
        "pages_and_health_refused": none(sum(attempt.status != 200 for attempt in looks)),
        "pages_p95_s": speed(quantiles(pages, n=20)[18], _PAGES_P95_S, full=full),
        "healthz_p95_s": speed(quantiles(healthy, n=20)[18], _HEALTHY_WITHIN_S, full=full),
        "recovered_after_s": at_most(recovered_s, _RECOVERED_WITHIN_S),
        "memory_growth_mib": at_most(growth_by_thirds(memory_mib), _GROWTH_MIB),
        **beside_exports,
    }


def _crowd_of_exports(on: Farm, crowd: Crowd, *, full: bool) -> Figures:
    """Let many export everything at once, while a few post and somebody looks at pages."""
    with ExitStack() as stack:
        somebody = stack.enter_context(visiting(on, _MONITORED))
        exporters = [stack.enter_context(visiting(on, (_EXPORT,))) for _ in range(_EXPORTERS)]
        posts = crowd.post(on, on.pis[:FEW], _ROUND_S[full])
    exports: list[Attempt] = [one for exporter in exporters for one in exporter.attempts]
    away = [one.took_s for one in exports if one.status == 503]
    done = sum(one.status == 200 for one in exports)
    return {
        "exports_done": at_least(done, 1),
        "exports_turned_away": at_least(len(away), _EXPORTERS // 2),
        "exports_neither": none(len(exports) - done - len(away)),
        "exports_left_hanging": none(left_hanging(exports)),
        "export_turned_away_median_s": speed(median(away or [nan]), _TURNED_AWAY_WITHIN_S, full=full),
        "posts_beside_exports": at_least(sum(answer.status == 200 for answer in posts), FEW),
        "posts_refused_beside": none(sum(answer.status != 200 for answer in posts)),
        "pages_refused_beside": none(sum(attempt.status != 200 for attempt in somebody.attempts)),
    }


def _request(member: Member, batch: Sequence[Made]) -> bytes:
    body = json.dumps(body_of(batch), separators=(",", ":")).encode()
    head = (
        f"POST /api/v1/readings HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {member.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _stored_per_s(answers: Sequence[Answered]) -> float:
    stored = [answer.at_s for answer in answers if answer.status == 200]
    return len(stored) / max(stored)


def _single_post_s(on: Farm, crowd: Crowd) -> float:
    """Give the shortest of three posts of one reading each."""
    member, took = on.pis[0], []
    for _ in range(3):
        batch, began_s = crowd.pis[member.name].next_batch(1), time.monotonic()
        answer = httpx.post(f"{on.server.url}/api/v1/readings", json=body_of(batch), headers=member.headers, timeout=30)
        took.append(time.monotonic() - began_s if answer.status_code == 200 else float("inf"))
    return min(took)

"""R12: four clients send everything that should never be sent, again and again, to the real server.

The list is that of the API's tests, and what only a real connection shows: bodies of megabytes with and without their
length, gzip bombs, other media types. Every answer is the sender's fault (4xx) as documented, in problem+json, none is
a 5xx; no impossible number is stored; a sound batch is accepted all the while; the server's memory does not grow: the
last third of the rounds is compared with the first, because one look may find bodies that are just being answered for.
"""

import gzip
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import httpx
from sqlalchemy import text

from tests.drills.farm import Farm, Member, farm
from tests.drills.frame import Figures, at_least, at_most, exactly, growth_by_thirds, none, speed
from tests.drills.pis import NO_ANSWER, stamp
from tests.ingest_api.test_hostile_bodies import ACCEPTED, HOSTILE, SOUND, TS, item

NAME = "R12"
CLIENTS = 4
_ROUNDS = {False: 6, True: 100}
#: Few rounds end before every thread has met the largest bodies; keeping them all would take 100 MiB a round.
_MEMORY_GROWTH_MIB = {False: 50.0, True: 20.0}
#: A bomb unpacks to 190 MiB.
_MEMORY_PEAK_MIB = 100.0
_P99_S = 1.0
_WARM_UP_POSTS = 50
_WARM_UP_ROUNDS = {False: 2, True: 5}
_JSON = {"Content-Type": "application/json"}
_MEGABYTE = b" " * (1 << 20)
# NaN sorts above every number, so an upper bound finds it as well.
_IMPOSSIBLE = text(
    "SELECT count(*) FROM readings WHERE NOT (ts BETWEEN '2020-01-01' AND now() + interval '5 min') "
    "OR NOT (ph BETWEEN 0 AND 14) OR NOT (ec_us_cm BETWEEN 0 AND 100000) OR NOT (water_c BETWEEN -55 AND 125) "
    "OR NOT (ph_mv BETWEEN -10000 AND 10000) OR NOT (ec_mv BETWEEN -10000 AND 10000)"
)


@dataclass(frozen=True)
class Hostile:
    """One request and the status that it deserves."""

    name: str
    body: bytes
    status: int
    headers: dict[str, str]
    is_chunked: bool = False


@dataclass(frozen=True)
class Answer:
    """What one request was answered."""

    name: str
    deserved: int
    status: int
    is_problem: bool
    took_s: float


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Send it all, and look at answers, table and memory."""
    requests = list(_requests())
    with farm(folder, pis=CLIENTS) as on, ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(lambda member: _send_sound(on, member, _WARM_UP_POSTS), on.pis))
        peak_before_mib = on.server.peak_memory_mib()
        # What the largest bodies take at first is kept for the next ones; after that it must not grow.
        list(threads.map(lambda member: _send_all(on, member, requests, _WARM_UP_ROUNDS[full]), on.pis))
        answers, memory_mib = [], []
        for _ in range(_ROUNDS[full]):
            for some in threads.map(lambda member: _send_all(on, member, requests, 1), on.pis):
                answers += some
            memory_mib.append(on.server.memory_mib())
        peak_mib = on.server.peak_memory_mib() - peak_before_mib
        sound = sum(threads.map(lambda member: _send_sound(on, member, 5), on.pis))
        with on.engine.connect() as connection:
            impossible = int(connection.execute(_IMPOSSIBLE).scalar_one())
    wrong = {(one.name, one.status) for one in answers if one.status != one.deserved}
    for name, status in sorted(wrong):
        print(f"  {name}: answered {status}", flush=True)
    return {
        "requests": exactly(len(answers), len(requests) * CLIENTS * _ROUNDS[full]),
        "answers_5xx": none(sum(one.status >= 500 for one in answers)),
        "no_answer": none(sum(one.status == NO_ANSWER for one in answers)),
        "undocumented_answers": none(sum(one.status != one.deserved for one in answers)),
        "not_problem_json": none(sum(not one.is_problem for one in answers if one.status >= 400)),
        "sound_batches_after": at_least(sound, 5 * CLIENTS),
        "impossible_rows": none(impossible),
        "memory_growth_mib": at_most(growth_by_thirds(memory_mib), _MEMORY_GROWTH_MIB[full]),
        "memory_peak_mib": at_most(peak_mib, _MEMORY_PEAK_MIB),
        "p99_s": speed(quantiles([one.took_s for one in answers], n=100)[98], _P99_S, full=full),
    }


def _requests() -> Iterator[Hostile]:
    now = stamp(round(time.time() * 1000) - 60_000).encode()
    for name, (body, status) in HOSTILE.items():
        yield Hostile(name, body.replace(TS.encode(), now), status, _JSON)
    for name, (body, _) in ACCEPTED.items():
        yield Hostile(name, body.replace(TS.encode(), now), 200, _JSON)
    bomb = gzip.compress(b" " * 200_000_000, compresslevel=9)
    twice = gzip.compress(gzip.compress(item()))
    packed = {**_JSON, "Content-Encoding": "gzip"}
    yield Hostile("gzip bomb", bomb, 413, packed)
    yield Hostile("gzip in gzip", twice, 400, packed)
    yield Hostile("gzip cut off", gzip.compress(item())[:-9], 400, packed)
    yield Hostile("gzip, gzip", twice, 415, {**_JSON, "Content-Encoding": "gzip, gzip"})
    yield Hostile("text/plain", item(), 415, {"Content-Type": "text/plain"})
    for megabytes in (2, 10):
        for is_chunked in (False, True):
            how = "chunked" if is_chunked else "announced"
            yield Hostile(f"{megabytes} MiB {how}", _MEGABYTE * megabytes, 413, _JSON, is_chunked)


def _send_all(on: Farm, member: Member, requests: list[Hostile], rounds: int) -> list[Answer]:
    with httpx.Client(base_url=on.server.url, headers=member.headers, timeout=60) as client:
        return [_send(client, request) for _ in range(rounds) for request in requests]


def _send(client: httpx.Client, request: Hostile) -> Answer:
    content = iter([request.body]) if request.is_chunked else request.body
    began_s = time.monotonic()
    try:
        answer = client.post("/api/v1/readings", content=content, headers=request.headers)
    except httpx.HTTPError:
        return Answer(request.name, request.status, NO_ANSWER, False, time.monotonic() - began_s)
    is_problem = answer.headers["Content-Type"] == "application/problem+json"
    return Answer(request.name, request.status, answer.status_code, is_problem, time.monotonic() - began_s)


def _send_sound(on: Farm, member: Member, count: int) -> int:
    """Post a batch as it should be; give how often it was accepted."""
    body = f'{{"readings":[{SOUND}]}}'.replace(TS, stamp(round(time.time() * 1000))).encode()
    with httpx.Client(base_url=on.server.url, headers={**member.headers, **_JSON}, timeout=60) as client:
        return sum(client.post("/api/v1/readings", content=body).status_code == 200 for _ in range(count))

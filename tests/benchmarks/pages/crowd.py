"""Ten people who click while 99 Pis post: what it does to the answers that one person alone gets."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import numpy as np

from models.db import session_scope
from models.write.devices import issue_token
from tests.benchmarks.pages.answers import add_person
from tests.benchmarks.pages.browser import Answer, Browser, Values
from tests.benchmarks.pages.farm import NOW, PIS, Farm
from tests.benchmarks.pages.served import serving
from tests.benchmarks.pages.views import KINDS, Kind

PEOPLE = 10
#: Somebody looks at what came for so long before the next click.
_LOOKS_S = (1.0, 3.0)
_WARM_UP_S = 10.0
_MIX = ("device 24 h", "device 7 d", "device 30 d", "findings", "fleet", "heatmap 7 d", "heatmap 365 d")


def crowd_p95_ms(on: Farm, run_s: float) -> tuple[float, float]:
    """Give the 95th percentile of one person's answers, and of ten people's while every Pi posts once a minute."""
    add_person(on)
    with serving(on) as url:
        people = [_log_in(url) for _ in range(PEOPLE)]
        with ThreadPoolExecutor(PEOPLE) as pool:
            # The first questions import modules, and the first of ten people open their connections to the database.
            list(pool.map(lambda one: _click(people[one], seed=-one, run_s=_WARM_UP_S), range(PEOPLE)))
            alone = _click(people[0], seed=1, run_s=run_s)
            with _posting(on, url):
                lists = pool.map(lambda one: _click(people[one], seed=one + 1, run_s=run_s), range(PEOPLE))
                together = [took for taken in lists for took in taken]
    return tuple(float(np.percentile(took, 95)) for took in (alone, together))  # type: ignore[return-value]


def _click(person: Browser, *, seed: int, run_s: float) -> list[float]:
    """Open one view after the other, looking at something at first; gives what each took, in ms."""
    choice, took = random.Random(seed), []
    kinds: Sequence[Kind] = [one for one in KINDS if one.name in _MIX]
    ends = time.monotonic() + run_s
    # People do not begin in the same millisecond.
    time.sleep(choice.uniform(0.0, _LOOKS_S[1]))
    while time.monotonic() < ends:
        view = choice.choice(kinds).view(choice)
        began = time.perf_counter()
        person.ask(*view)
        took.append(1000 * (time.perf_counter() - began))
        time.sleep(choice.uniform(*_LOOKS_S))
    return took


def _log_in(url: str) -> Browser:
    client = httpx.Client(base_url=url, headers={"Origin": url}, timeout=60)

    def send(method: str, path: str, *, headers: Values, **body: Any) -> Answer:
        answer = client.request(method, path, headers=dict(headers), **body)
        return Answer(answer.status_code, answer.content)

    browser = Browser(send)
    browser.log_in()
    return browser


@contextmanager
def _posting(on: Farm, url: str) -> Iterator[None]:
    """Let every Pi post one reading a minute, spread over the minute, while the context lasts."""
    with session_scope(on.engine) as session:
        tokens = [issue_token(session, f"pi-{one}", now=NOW) for one in range(1, PIS + 1)]
    stop, refused = threading.Event(), []

    def post() -> None:
        began, number = time.monotonic(), 0
        with httpx.Client(base_url=url, timeout=60) as client:
            while not stop.wait(max(0.0, number * 60 / PIS - (time.monotonic() - began))):
                at = NOW + timedelta(seconds=time.monotonic() - began)
                reading = {"ts": at.isoformat(), "ph_mv": 1660.0, "ec_mv": 1500.0, "water_c": 22.4}
                headers = {"Authorization": f"Bearer {tokens[number % PIS]}"}
                status = client.post("/api/v1/readings", json={"readings": [reading]}, headers=headers).status_code
                refused.extend([status] if status != 200 else [])
                number += 1

    thread = threading.Thread(target=post, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(70)
    if refused:
        raise RuntimeError(f"{len(refused)} posts were answered {sorted(set(refused))}")

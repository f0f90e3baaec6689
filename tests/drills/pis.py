"""Pis as a drill needs them: real HTTP, a ledger of their own making, a record of every answer."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.drills.farm import BEFORE_NOW, Farm, Member
from tests.drills.ledger import Ledger, Made, make

#: Status of a request that got no answer.
NO_ANSWER = 0
_REQUEST_TIMEOUT_S = 30.0
_DELIVERED_WITHIN_S = 90.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One post: when it began and what came of it; ``is_repeat`` for one that was sent before."""

    device: str
    began_s: float
    took_s: float
    status: int
    is_repeat: bool
    #: What kind of problem the answer was, "" for none.
    problem: str = ""
    #: Whether the answer said when to come back.
    may_return: bool = False

    @property
    def ended_s(self) -> float:
        """When it was over."""
        return self.began_s + self.took_s


class Pi(threading.Thread):
    """A Pi that makes readings without end, and repeats a batch until it is acknowledged.

    One that is ``patient`` comes back when the server asks it to, as agents do; another comes back at once, so that
    the moment shows from which the server works again.
    """

    def __init__(self, member: Member, url: str, ledger: Ledger, stop: threading.Event, *, patient: bool) -> None:
        super().__init__(name=member.name, daemon=True)
        self._member, self._url, self._ledger = member, url, ledger
        self._stop_making = stop
        self._patient = patient
        self._start_ms = round((datetime.now(UTC) - BEFORE_NOW).timestamp() * 1000)
        self._seq = 0
        self._random = random.Random(member.device_id)
        self.attempts: list[Attempt] = []

    def next_batch(self, count: int) -> list[Made]:
        """Make the next readings."""
        first, self._seq = self._seq, self._seq + count
        number = self._member.device_id
        made = [make(self.name, number, seq, start_ms=self._start_ms) for seq in range(first, first + count)]
        self._ledger.note_made(made)
        return made

    def run(self) -> None:
        """Make and send until told to stop; what was made by then is still delivered."""
        with httpx.Client(base_url=self._url, headers=self._member.headers, timeout=_REQUEST_TIMEOUT_S) as client:
            while not self._stop_making.is_set():
                self._deliver(client, self.next_batch(self._random.randint(1, 8)))

    def _deliver(self, client: httpx.Client, batch: Sequence[Made]) -> None:
        deadline, is_repeat = time.monotonic() + _DELIVERED_WITHIN_S, False
        while time.monotonic() < deadline:
            answer = self._post(client, batch, is_repeat=is_repeat)
            if answer is not None and answer.status_code == 200:
                self._ledger.note_acknowledged(batch, answer.json())
                return
            if answer is not None and answer.status_code == 401 and self._stop_making.is_set():
                return
            is_repeat = True
            time.sleep(self._pause_s(answer))

    def _post(self, client: httpx.Client, batch: Sequence[Made], *, is_repeat: bool) -> httpx.Response | None:
        began_s, status, problem, may_return = time.monotonic(), NO_ANSWER, "", False
        try:
            answer = client.post("/api/v1/readings", json=body_of(batch))
            status, problem, may_return = answer.status_code, _problem_of(answer), "Retry-After" in answer.headers
            return answer
        except httpx.HTTPError:
            return None
        finally:
            took_s = time.monotonic() - began_s
            self.attempts.append(Attempt(self.name, began_s, took_s, status, is_repeat, problem, may_return))

    def _pause_s(self, answer: httpx.Response | None) -> float:
        asked_s = float(answer.headers.get("Retry-After", 1)) if answer is not None else 1.0
        return asked_s if self._patient else min(asked_s, 0.1)


def left_hanging(attempts: Sequence[Attempt]) -> int:
    """Count the answers 503 that did not say when to come back."""
    return sum(one.status == 503 and not one.may_return for one in attempts)


def _problem_of(answer: httpx.Response) -> str:
    if answer.headers.get("Content-Type") != "application/problem+json":
        return ""
    return str(answer.json()["type"]).rsplit("/", 1)[-1]


def body_of(batch: Sequence[Made]) -> dict[str, Any]:
    """Write a batch as an agent does; the queue is called like its Pi."""
    return {
        "stream": batch[0].device,
        "sent_at": stamp(round(time.time() * 1000)),
        "readings": [
            {"seq": one.seq, "ts": stamp(one.ts_ms), "ph_mv": one.ph_mv, "ec_mv": one.ec_mv, "water_c": one.water_c}
            for one in batch
        ],
    }


def stamp(ts_ms: int) -> str:
    """Write a time as agents do."""
    return datetime.fromtimestamp(ts_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def posting(on: Farm, ledger: Ledger, members: Sequence[Member], *, patient: bool = False) -> Iterator[list[Pi]]:
    """Let Pis of a farm post while the context lasts; at its end, what they made is delivered."""
    stop = threading.Event()
    fleet = [Pi(member, on.server.url, ledger, stop, patient=patient) for member in members]
    for pi in fleet:
        pi.start()
    try:
        yield fleet
    finally:
        stop.set()
        for pi in fleet:
            pi.join(_DELIVERED_WITHIN_S + _REQUEST_TIMEOUT_S)


def attempts_of(fleet: Sequence[Pi]) -> list[Attempt]:
    """Give every post of a fleet, in the order in which they began."""
    return sorted((one for pi in fleet for one in list(pi.attempts)), key=lambda one: one.began_s)


def wait_for(condition: Callable[[], bool], *, within_s: float, what: str) -> float:
    """Wait until a condition holds and give the seconds that took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > within_s:
            raise TimeoutError(f"{what}: not within {within_s:g} s")
        time.sleep(0.02)
    return time.monotonic() - began

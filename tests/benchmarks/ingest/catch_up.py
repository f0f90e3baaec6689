"""The morning after: every Pi of the fleet sends its backlog while all go on posting, rollups keep up beside it."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from threading import Event

import numpy as np
from sqlalchemy import text

from tests.benchmarks.ingest.load import Answered, Ask, drive_elsewhere, driving_elsewhere
from tests.benchmarks.ingest.measured import Measured
from tests.benchmarks.ingest.stage import FLEET, Stage, cpu_s, serving

BATCH = 500
#: Between two live posts of the whole fleet, which reads every ten seconds.
_LIVE_EVERY_S = 10 / FLEET
_AT_MOST_S = 300.0
_STORED = text("SELECT count(*), count(DISTINCT (device_id, ts)) FROM readings")
_IS_MARKED = text("SELECT EXISTS (SELECT FROM dirty_hours)")
_OLDEST_MARK = text("SELECT coalesce(extract(epoch FROM now() - min(marked_at)), 0) FROM dirty_hours")


@dataclass(frozen=True, slots=True)
class _Morning:
    """What one catching up took; ``cpu_s`` is that of the server and of PostgreSQL, ``lag_s`` an hour's worst wait."""

    cpu_s: float
    answers: list[Answered]
    lag_s: float
    sent: int
    stored: int
    distinct: int

    @property
    def backlog_s(self) -> float:
        """How long it took until the whole backlog was answered."""
        return max(answer.at_s for answer in self.answers if answer.kind == "backlog")

    @property
    def live_s(self) -> list[float]:
        """How long each live post took, counted from when it was due."""
        return [one.since_due_s for one in self.answers if one.kind == "live" and one.status == 200]


def catch_up(on: Stage, *, hours: int, mornings: int) -> Measured:
    """Send the backlog without and with the jobs, in turns, and check every reading."""
    without, busy = [], []
    for _ in range(mornings):
        without.append(_morning(on, hours, _go_on))
        busy.append(_morning(on, hours, _await_rollups, "--jobs"))
        print(_told(busy[-1]), flush=True)
    cpu_without_s = median(each.cpu_s for each in without)
    live_s = [took for each in busy for took in each.live_s]
    if not live_s:
        answers = Counter((one.kind, one.status) for each in busy for one in each.answers)
        raise RuntimeError(f"no live post was stored; answers were {answers}")
    figures = {
        "backlog_s": median(each.backlog_s for each in busy),
        "live_p95_ms": 1000 * float(np.quantile(live_s, 0.95)),
        "lost": sum(each.sent - each.distinct for each in without + busy),
        "duplicated": sum(each.stored - each.distinct for each in without + busy),
        "rollup_share": median(each.cpu_s for each in busy) / cpu_without_s - 1,
        "rollup_lag_s": max(each.lag_s for each in busy),
    }
    return Measured(figures, {"cpu_s_without_jobs": cpu_without_s})


def _told(morning: _Morning) -> str:
    refused = sum(answer.status == 503 for answer in morning.answers)
    return f"backlog of {morning.sent} readings: {morning.backlog_s:.1f} s, {refused} posts were asked to come back"


def _morning(on: Stage, hours: int, finish: Callable[[Stage], None], *switches: str) -> _Morning:
    """Send the backlog to a new server; measured from the first post until ``finish`` has returned."""
    count = hours * 60
    backlog = []
    for device in range(FLEET):
        readings = on.readings(device, count)
        parts = [readings[first : first + BATCH] for first in range(0, count, BATCH)]
        backlog.append([Ask(on.post(device, part, pack=True), "backlog") for part in parts])
    with serving(on, *switches) as server:
        # The fleet was there yesterday: its first contact, and the server's, are no part of the morning after.
        drive_elsewhere(server.port, [[_live_post(on, device)] for device in range(FLEET)], at_most_s=_AT_MOST_S)
        before_s, stop = cpu_s(on, server), Event()
        with ThreadPoolExecutor(1) as watchers:
            worst = watchers.submit(_watch_rollups, on, stop)
            # Live posts have a process of their own, or one that is busy with big requests would make them look late.
            with driving_elsewhere(server.port, _live_posts(on, 30 + hours * 5), at_most_s=_AT_MOST_S) as living:
                answers = drive_elsewhere(server.port, backlog, at_most_s=_AT_MOST_S)
                answers += living.answers()
            finish(on)
            used_s = cpu_s(on, server) - before_s
            stop.set()
    sent_live = sum(answer.kind == "live" and answer.status == 200 for answer in answers)
    with on.engine.connect() as connection:
        stored, distinct = connection.execute(_STORED).one()
    on.empty()
    return _Morning(used_s, answers, worst.result(), FLEET * (count + 1) + sent_live, stored, distinct)


def _go_on(_: Stage) -> None:
    """Wait for nothing: there is nobody who would sum up."""


def _await_rollups(on: Stage) -> None:
    """Wait until the last hour is summed up: what the backlog leaves to be done belongs to its cost."""
    deadline_s = time.monotonic() + _AT_MOST_S
    with on.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.scalar(_IS_MARKED):
            if time.monotonic() > deadline_s:
                raise RuntimeError(f"hours were still to be summed up {_AT_MOST_S:.0f} s after the last post")
            time.sleep(0.1)


def _live_posts(on: Stage, seconds: float) -> list[list[Ask]]:
    """Let every Pi post a reading every ten seconds, one after the other, over a connection of its own."""
    rounds = round(min(_AT_MOST_S, seconds) / (FLEET * _LIVE_EVERY_S)) + 1
    return [
        [_live_post(on, device, due_s=(device + FLEET * n) * _LIVE_EVERY_S) for n in range(rounds)]
        for device in range(FLEET)
    ]


def _live_post(on: Stage, device: int, *, due_s: float = 0.0) -> Ask:
    return Ask(on.post(device, on.readings(device, 1)), "live", due_s)


def _watch_rollups(on: Stage, stop: Event) -> float:
    """Give the greatest age that a mark of a changed hour reached."""
    worst = 0.0
    while not stop.is_set():
        with on.engine.connect() as connection:
            worst = max(worst, float(connection.scalar(_OLDEST_MARK) or 0))
        time.sleep(0.25)
    return worst

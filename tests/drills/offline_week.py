"""R4: a Pi reads for 7 days while nobody answers, then the server is there.

The week passes on a virtual clock. The real agent starts on that outbox: everything arrives once and in order, the
queue and the agent stay small, and the live reading is visible long before the week is through.
"""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from pi_reader.outbox import Outbox
from pi_reader.outbox_rows import StoredReading
from pi_reader.station import OUTBOX_NAME
from tests.drills.agent import STATE, AgentProcess, VirtualClock, agent_on, compare, fill, stored_of, write_card
from tests.drills.farm import Farm, farm
from tests.drills.frame import Figures, at_most, none, speed, told

NAME = "R4"
_EVERY_MS = 10_000
_READINGS = {False: 8_640, True: 60_480}
_DELIVERED_WITHIN_S = 120.0
_LIVE_WITHIN_S = 15.0
_GIVE_UP_S = 400.0


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Fill the outbox, start the agent, and watch it until it has caught up."""
    count = _READINGS[full]
    # 60 480 commits are not what is measured: in memory each takes no time.
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="hydrofleet-drill-", dir=memory) as disk, farm(folder, pis=1) as on:
        card = Path(disk) / "card"
        roots = write_card(card, on.server.url, token=on.pis[0].token, interval_s=1)
        made, queue_mb = _fill_week(roots.at(f"{STATE}/{OUTBOX_NAME}"), count)
        with agent_on(card) as agent:
            live_s, drained_s, memory_mib = _watch(on, agent, made)
        rows = stored_of(on.engine, on.pis[0].name)
        old = [row.seq for row in rows if row.seq <= made[-1].seq]
        kept = [*made, *agent.kept()]
        return {
            **compare(kept, rows, least=count),
            "out_of_order": none(sum(a >= b for a, b in pairwise(old))),
            "invented": none(len(rows) - len(kept)),
            "live_reading_after_s": at_most(live_s, _LIVE_WITHIN_S),
            "delivered_after_s": speed(drained_s, _DELIVERED_WITHIN_S, full=full),
            "readings_per_s": told(count / drained_s),
            "agent_memory_mib": at_most(memory_mib, 40),
            "queue_mb": at_most(queue_mb, 8),
        }


def _fill_week(file: Path, count: int) -> tuple[list[StoredReading], float]:
    began = datetime.now(UTC) - timedelta(milliseconds=_EVERY_MS * (count + 1))
    clock = VirtualClock("weekoffline1", boot_ms=60_000, wall_ms=round(began.timestamp() * 1000))
    outbox = Outbox(file)
    made = fill(outbox, clock, count, every_ms=_EVERY_MS)
    outbox.close()
    size = sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*") if not each.name.endswith(".reserve"))
    return made, size / 1e6


def _watch(on: Farm, agent: AgentProcess, made: list[StoredReading]) -> tuple[float, float, float]:
    """Give when a live reading was there, when all were, and the most memory the agent had."""
    began, live_s, most_mib, last = time.monotonic(), float("nan"), 0.0, made[-1].seq
    while time.monotonic() - began < _GIVE_UP_S:
        most_mib = max(most_mib, agent.memory_mib())
        rows = stored_of(on.engine, on.pis[0].name)
        if not live_s > 0 and any(row.seq > last for row in rows):
            live_s = time.monotonic() - began
        if sum(row.seq <= last for row in rows) == len(made) and live_s > 0:
            return live_s, time.monotonic() - began, most_mib
        time.sleep(0.25)
    return live_s, float("nan"), most_mib

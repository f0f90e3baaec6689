"""An hour of the agent's life, in real time or faster: does its memory stay flat, and does every reading arrive?"""

import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pi_reader.clock import Clock
from pi_reader.config import DeliverySettings
from pi_reader.footprint import footprint_of
from pi_reader.identity import new_token
from pi_reader.loop import Agent, AgentParts
from pi_reader.outbox import Outbox
from pi_reader.probes.settings import AdcSettings, Wiring
from pi_reader.simulated.rig import SimulationSettings, simulated_rig
from pi_reader.simulated.server import TroubledServer
from pi_reader.transport import Transport, tls_trust

# What the interpreter and SQLite still take after the first tenth; a leak of 100 bytes a reading would show in a week.
_ALLOWED_GROWTH_MB = 1.5
_PARTS = 10
_FLUSH_S = 30.0
_OUTBOX = "outbox.db"


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """How many readings, and how far apart."""

    readings: int
    interval_s: float


@dataclass(frozen=True, slots=True)
class SoakResult:
    """How it went: memory after each tenth, and what became of the readings."""

    memory_mb: tuple[float, ...]
    cpu_percent: float
    created: int
    arrived: int
    waiting: int
    lost: int

    @property
    def growth_mb(self) -> float:
        """Return by how much memory grew from the second tenth on."""
        return self.memory_mb[-1] - self.memory_mb[1]

    @property
    def is_good(self) -> bool:
        """Tell whether memory is flat and every reading is at the server or still kept."""
        return self.growth_mb <= _ALLOWED_GROWTH_MB and self.lost == 0 and self.created > 0


def soak(plan: SoakPlan, *, tell: Callable[[str], None], stop: threading.Event) -> SoakResult:
    """Run an agent on a simulated bus against a server that loses answers; ``tell`` hears a line for each tenth."""
    server, kept = TroubledServer(), set[tuple[str, int]]()
    with tempfile.TemporaryDirectory(prefix="hydrofleet-soak-") as folder:
        agent = _agent(Path(folder), server.url, plan, kept)
        agent.start()
        memory = []
        for part in range(1, _PARTS + 1):
            while agent.sampler.created < plan.readings * part // _PARTS and not stop.wait(plan.interval_s / 4):
                pass
            cost = footprint_of(os.getpid())
            memory.append(cost.resident_mb)
            tell(
                f"{part * 10:3d} %  {agent.sampler.created:6d} read, {len(server.seen):6d} arrived,"
                f" {cost.resident_mb:.1f} MB, {cost.cpu_percent:.2f} % of one core"
            )
        agent.request_stop()
        agent.finish(time.monotonic() + _FLUSH_S)
        waiting = _waiting(Path(folder) / _OUTBOX)
    server.close()
    lost = kept - server.seen - waiting
    return SoakResult(tuple(memory), cost.cpu_percent, len(kept), len(server.seen), len(waiting), len(lost))


def _waiting(file: Path) -> set[tuple[str, int]]:
    with closing(sqlite3.connect(file)) as connection:
        return {(stream, seq) for stream, seq in connection.execute("SELECT stream, seq FROM reading")}


def _agent(folder: Path, url: str, plan: SoakPlan, kept: set[tuple[str, int]]) -> Agent:
    rig = simulated_rig(SimulationSettings(5, folder / "w1"), AdcSettings(), Wiring())
    parts = AgentParts(
        name="agent",
        read=rig.read,
        outbox=Outbox(folder / _OUTBOX, reserve_bytes=0),
        clock=Clock(trusted=True),
        transport=Transport(url, new_token(), tls_trust(url, None)),
        on_stored=lambda reading: kept.add((reading.stream, reading.seq)),
    )
    return Agent(parts, DeliverySettings(plan.interval_s, batch=500, outbox_max=100_000, trust_clock=True))

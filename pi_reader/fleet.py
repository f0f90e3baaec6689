"""Many simulated Pis in one process: real drivers, real outboxes, real HTTP, one thread pair each."""

import logging
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TextIO

from pi_reader.clock import Clock
from pi_reader.config import DeliverySettings, FleetConfig, FleetPi
from pi_reader.journal import Journal
from pi_reader.loop import Agent, AgentParts
from pi_reader.outbox import Outbox
from pi_reader.outbox_rows import StoredReading
from pi_reader.probes.settings import AdcSettings, Wiring
from pi_reader.sample import Sample
from pi_reader.simulated.rig import SimulationSettings, simulated_rig
from pi_reader.simulated.water import Tank
from pi_reader.transport import Transport, tls_trust

log = logging.getLogger(__name__)

_STATUS_EVERY_S = 10.0
_FLUSH_S = 8.0


class Fleet:
    """The simulated Pis of one configuration; their readings are spread evenly over the interval."""

    def __init__(self, config: FleetConfig, journal: Journal | None = None) -> None:
        trust = tls_trust(config.server.url, config.server.ca_file)
        clock = Clock(trusted=config.delivery.trust_clock)
        self.agents = []
        for place, pi in enumerate(config.pis):
            file = config.state_dir / f"{pi.name}.db"
            parts = AgentParts(
                name=pi.name,
                read=simulated_pi(pi, config.state_dir / "w1"),
                outbox=Outbox(file, max_readings=config.delivery.outbox_max, reserve_bytes=0),
                clock=clock,
                transport=Transport(config.server.url, pi.token, trust, serial=f"{pi.seed:016x}"),
                on_stored=_noting(journal, pi.name),
            )
            self.agents.append(Agent(parts, config.delivery, phase_s=_phase(place, len(config.pis), config.delivery)))

    def start(self) -> None:
        """Start every Pi."""
        for agent in self.agents:
            agent.start()

    def stop(self) -> None:
        """Stop every Pi together and deliver what is left, for a few seconds at most."""
        for agent in self.agents:
            agent.request_stop()
        flush_until = time.monotonic() + _FLUSH_S
        for agent in self.agents:
            agent.finish(flush_until)

    def status(self) -> str:
        """Return one line: how many readings were created, delivered, refused, wait and were given up."""
        counts = [agent.uplink.counts for agent in self.agents]
        failing = sum(1 for count in counts if count.last_error)
        error = next((count.last_error for count in counts if count.last_error), "")
        return (
            f"{len(self.agents)} Pis: {sum(agent.sampler.created for agent in self.agents)} created,"
            f" {sum(count.delivered for count in counts)} delivered, {sum(count.rejected for count in counts)} refused,"
            f" {sum(len(agent.outbox) for agent in self.agents)} waiting,"
            f" {sum(agent.outbox.dropped for agent in self.agents)} dropped"
            + (f"; {failing} cannot deliver: {error}" if failing else "")
        )


def run_fleet(config: FleetConfig, stop: threading.Event, *, journal: Path | None, out: TextIO = sys.stderr) -> None:
    """Run a fleet until ``stop`` is set, with a status line now and then."""
    record = None if journal is None else Journal(journal)
    fleet = Fleet(config, record)
    fleet.start()
    print(f"fleet of {len(fleet.agents)} simulated Pis reports to {config.server.url}", file=out, flush=True)
    while not stop.wait(_STATUS_EVERY_S):
        print(fleet.status(), file=out, flush=True)
    fleet.stop()
    print(f"stopped. {fleet.status()}", file=out, flush=True)
    if record is not None:
        record.close()


def simulated_pi(pi: FleetPi, tree: Path) -> Callable[[], Sample | None]:
    """Return the function that reads one simulated Pi; it gives None while that Pi is without power."""
    rig = simulated_rig(SimulationSettings(pi.seed, tree), AdcSettings(), Wiring())
    tank = Tank(pi.seed)
    return lambda: None if tank.silent_at(time.time()) else rig.read()


def _noting(journal: Journal | None, name: str) -> Callable[[StoredReading], None]:
    return (lambda _: None) if journal is None else partial(journal.note, name)


def _phase(place: int, pis: int, delivery: DeliverySettings) -> float:
    return delivery.interval_s * place / pis

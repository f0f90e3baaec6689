"""One agent at work: a sampling thread and a delivering thread that share nothing but the outbox."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pi_reader.clock import Clock
from pi_reader.config import LONGEST_INTERVAL_S, DeliverySettings
from pi_reader.membership import Membership
from pi_reader.outbox import Outbox
from pi_reader.outbox_rows import StoredReading
from pi_reader.sample import Sample
from pi_reader.sampler import Sampler
from pi_reader.systemd import Supervisor
from pi_reader.transport import Transport
from pi_reader.uplink import Uplink, UplinkParts

log = logging.getLogger(__name__)

# The server may ask for anything down to one reading a second; a mistake there must not wear out the SD card.
_SHORTEST_ASKED_INTERVAL_S = 1.0
_FLUSH_S = 5.0
# Whatever a server says, a reading every second ends by itself.
_LONGEST_LIVE_S = 3600.0
_STALLED_AFTER_INTERVALS = 3
_STALLED_AFTER_S = 30.0


@dataclass(frozen=True, slots=True)
class AgentParts:
    """What an agent is made of; ``read`` looks at the probes, ``on_stored`` hears of every reading kept.

    ``on_pace`` hears of the interval, and of every change of it; ``finish_ec`` computes EC (mV, water in °C) for a
    board whose millivolts the server cannot calibrate. ``config_damaged`` is told to the server.
    """

    name: str
    read: Callable[[], Sample | None]
    outbox: Outbox
    clock: Clock
    transport: Transport
    on_stored: Callable[[StoredReading], None]
    membership: Membership | None = None
    on_pace: Callable[[float], None] = lambda interval_s: None
    finish_ec: Callable[[float, float], float] | None = None
    config_damaged: bool = False


class Agent:
    """Samples and delivers from :meth:`start` to :meth:`stop`."""

    def __init__(self, parts: AgentParts, delivery: DeliverySettings, *, phase_s: float = 0.0) -> None:
        self.name = parts.name
        self.outbox = parts.outbox
        self._transport = parts.transport
        self.membership = parts.membership
        self._on_stored = parts.on_stored
        self._own_interval_s = delivery.interval_s if delivery.keep_interval else None
        self._stop = threading.Event()
        self.sampler = Sampler(
            parts.read,
            parts.outbox,
            parts.clock,
            interval_s=delivery.interval_s,
            phase_s=phase_s,
            on_stored=self._stored,
            on_pace=parts.on_pace,
        )
        self.uplink = Uplink(
            UplinkParts(
                parts.outbox,
                parts.clock,
                parts.transport,
                membership=parts.membership,
                finish_ec=parts.finish_ec,
                config_damaged=parts.config_damaged,
            ),
            batch=delivery.batch,
            interval_s=lambda: self.sampler.interval_s,
            apply_config=self.apply_config,
        )
        self._threads = [
            threading.Thread(target=self.sampler.run, args=(self._stop,), name=f"{self.name}-sample", daemon=True),
            threading.Thread(target=self.uplink.run, args=(self._stop,), name=f"{self.name}-deliver", daemon=True),
        ]

    def start(self) -> None:
        """Begin; returns at once."""
        for thread in self._threads:
            thread.start()

    def request_stop(self) -> None:
        """Ask both threads to end; returns at once, so that a fleet can stop together."""
        self._stop.set()
        self.uplink.wake()

    def finish(self, flush_until: float) -> None:
        """Wait for the threads, deliver what can be delivered until ``flush_until`` (monotonic), and close."""
        for thread in self._threads:
            thread.join(max(0.0, flush_until - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            # Its readings are safe on disk; closing the file under a working thread would only add an error.
            log.warning("%s: still busy with the probes or the network; not waiting longer", self.name)
            return
        self._flush(flush_until)
        self._transport.close()
        self.outbox.close()

    def apply_config(self, config: Mapping[str, Any]) -> None:
        """Do what the server asks for; anything that makes no sense is left aside."""
        if config.get("rotate_token") is True and self.membership:
            self.membership.ask_to_rotate()
        wanted = _number(config.get("interval_s"))
        live_for_s, usual_s = _number(config.get("live_for_s")), _number(config.get("usual_interval_s"))
        if wanted is None:
            return
        if self._own_interval_s is not None:
            wanted, usual_s = min(wanted, self._own_interval_s), self._own_interval_s
        if not _SHORTEST_ASKED_INTERVAL_S <= wanted <= LONGEST_INTERVAL_S:
            log.warning("%s: the server asks for an interval of %r s; ignored", self.name, wanted)
            return
        if live_for_s is not None and usual_s is not None and wanted < usual_s <= LONGEST_INTERVAL_S:
            self.sampler.hurry_until(time.monotonic() + min(live_for_s, _LONGEST_LIVE_S), then_s=usual_s)
        else:
            self.sampler.hurry_until(None)
        if wanted != self.sampler.interval_s:
            log.info("%s: the server asks for a reading every %g s", self.name, wanted)
            self.sampler.interval_s = wanted

    def is_stalled(self) -> bool:
        """Tell whether sampling has stopped making progress."""
        patience_s = max(_STALLED_AFTER_S, _STALLED_AFTER_INTERVALS * self.sampler.interval_s)
        return time.monotonic() - self.sampler.last_progress > patience_s

    def trouble(self) -> str:
        """Tell what keeps readings from being delivered, "" if nothing does."""
        return (self.membership.detail if self.membership else "") or self.uplink.counts.last_error

    def summary(self) -> str:
        """Tell in a line how delivery goes."""
        counts = f"{self.uplink.counts.delivered} delivered, {len(self.outbox)} waiting, {self.outbox.dropped} dropped"
        return f"{self.name}: {counts}. {self.trouble()}".strip()

    def _flush(self, until: float) -> None:
        """Deliver what is left, unless the last try already failed: it would fail again, slowly."""
        while len(self.outbox) and not self.uplink.counts.last_error and time.monotonic() < until:
            if self.uplink.attempt() > 0:
                return

    def _stored(self, reading: StoredReading) -> None:
        self._on_stored(reading)
        self.uplink.wake()


def _number(value: object) -> float | None:
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def run_until_stopped(
    agents: Sequence[Agent],
    stop: threading.Event,
    supervisor: Supervisor,
    *,
    report: Callable[[], None],
    fault: str = "",
) -> None:
    """Run the agents of a Pi until ``stop`` is set, telling systemd that they live only while all really sample.

    ``report`` is called now and then, to tell people how they are. ``fault`` is told to systemd beside how they are.
    """
    for agent in agents:
        agent.start()
    supervisor.tell("READY=1")
    period_s = min((supervisor.watchdog_s or 30.0) / 6, 5.0)
    while not stop.wait(period_s):
        report()
        stalled = [agent.name for agent in agents if agent.is_stalled()]
        if stalled:
            log.error("sampling of %s has stalled; systemd will restart the agent", ", ".join(stalled))
            # At once: to fall silent instead would take as long again as the watchdog is patient.
            supervisor.tell("WATCHDOG=trigger")
            continue
        supervisor.tell(
            f"WATCHDOG=1\nSTATUS={'; '.join([*filter(None, [fault]), *(agent.summary() for agent in agents)])}"
        )
    supervisor.tell("STOPPING=1")
    for agent in agents:
        agent.request_stop()
    flush_until = time.monotonic() + _FLUSH_S
    for agent in agents:
        agent.finish(flush_until)

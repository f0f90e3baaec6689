"""Delivery: take a batch from the outbox, post it, and do with it what the answer says."""

import logging
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pi_reader.backoff import FullJitter
from pi_reader.clock import Clock
from pi_reader.membership import Membership
from pi_reader.outbox import Outbox
from pi_reader.outbox_rows import StoredReading
from pi_reader.protocol import (
    CONFIG_PATH,
    READINGS_PATH,
    Answer,
    Envelope,
    Verdict,
    encode_batch,
    server_time,
    understand,
)
from pi_reader.transport import Transport, TransportError

log = logging.getLogger(__name__)

NOTHING_TO_SEND = math.inf
# After this many single readings refused in a row the server is at fault, not the readings.
_POISON_IN_A_ROW = 3


@dataclass(slots=True)
class DeliveryCounts:
    """What became of the readings since the start; for status lines."""

    delivered: int = 0
    rejected: int = 0
    failures: int = 0
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class UplinkParts:
    """What an uplink works with; ``finish_ec`` turns millivolts the server cannot calibrate into EC.

    ``config_damaged`` tells the server that this Pi goes on by its last good configuration.
    """

    outbox: Outbox
    clock: Clock
    transport: Transport
    backoff: FullJitter = field(default_factory=FullJitter)
    membership: Membership | None = None
    finish_ec: Callable[[float, float], float] | None = None
    config_damaged: bool = False


class Uplink:
    """Delivers the outbox. :meth:`attempt` makes one try; :meth:`run` repeats it in a thread.

    ``interval_s`` is what the sampler does now; ``apply_config`` is given the ``config`` of every good answer.
    """

    def __init__(
        self,
        parts: UplinkParts,
        *,
        batch: int = 500,
        interval_s: Callable[[], float],
        apply_config: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._outbox, self._clock = parts.outbox, parts.clock
        self._transport, self._backoff = parts.transport, parts.backoff
        self._membership = parts.membership
        self._finish_ec = parts.finish_ec
        self._config_damaged = parts.config_damaged
        self._full_batch = batch
        self._interval_s = interval_s
        self._apply_config = apply_config
        self._limit = batch
        self._poison_in_a_row = 0
        self._wake = threading.Event()
        self.counts = DeliveryCounts()

    def attempt(self) -> float:
        """Try to deliver one batch; return the seconds to wait before the next try, NOTHING_TO_SEND when empty."""
        try:
            wait_s = self._membership.attempt() if self._membership else None
            if wait_s is not None:
                return wait_s
            if not self._date_undated():
                return self._backoff.after_failure()
            readings = self._outbox.batch(self._limit, with_newest=self._limit == self._full_batch)
            if not readings:
                return NOTHING_TO_SEND
            answer = self._post(readings)
            if answer.status == 401 and self._membership and self._membership.is_refused():
                return 0.0
        except TransportError as error:
            self._note_failure(str(error))
            wait_s = self._membership.wait_after_no_answer() if self._membership else None
            return self._backoff.after_failure() if wait_s is None else wait_s
        return self._act(answer, readings)

    def run(self, stop: threading.Event) -> None:
        """Deliver until ``stop`` is set (call :meth:`wake` after setting it)."""
        while not stop.is_set():
            self._wake.clear()
            try:
                wait_s = self.attempt()
            except Exception as error:
                # Whatever it is, readings keep piling up safely; a dead thread would end delivery until a restart.
                log.exception("delivery failed unexpectedly")
                self._note_failure(repr(error))
                wait_s = self._backoff.after_refusal()
            if wait_s == NOTHING_TO_SEND:
                self._wake.wait()
            else:
                stop.wait(wait_s)

    def wake(self) -> None:
        """Tell the thread that there is a new reading, or that it is to stop."""
        self._wake.set()

    def _post(self, readings: Sequence[StoredReading]) -> Answer:
        sent_at = self._clock.now()
        envelope = Envelope(
            self._clock.own_ms(), self._outbox.dropped, self._interval_s(), self._finish_ec, self._config_damaged
        )
        body, headers = encode_batch(readings, envelope)
        raw = self._transport.post(READINGS_PATH, body, headers)
        answer = understand(raw.status, raw.headers, raw.body, batch_size=len(readings))
        if answer.server_ms is not None:
            self._clock.learn(answer.server_ms, sent_at)
        return answer

    def _act(self, answer: Answer, readings: Sequence[StoredReading]) -> float:
        if answer.verdict is Verdict.SETTLED:
            return self._settle(answer, readings)
        self._note_failure(answer.detail)
        if answer.verdict is Verdict.POISONED:
            return self._isolate(answer, readings)
        if answer.verdict is Verdict.REFUSED:
            return self._backoff.after_refusal()
        if answer.retry_after_s is not None:
            return self._backoff.after_request(answer.retry_after_s)
        return self._backoff.after_failure()

    def _settle(self, answer: Answer, readings: Sequence[StoredReading]) -> float:
        """Forget the batch; what the server rejected item by item is put aside for a person."""
        rejected = dict(answer.rejected)
        if rejected:
            log.warning(
                "the server rejected %d of %d readings: %s", len(rejected), len(readings), set(rejected.values())
            )
            self._outbox.bury([(readings[index], code) for index, code in rejected.items()], self._clock.now())
        kept = [reading for index, reading in enumerate(readings) if index not in rejected]
        self._outbox.remove(kept, self._clock.now())
        self.counts.delivered += len(readings) - len(rejected)
        self.counts.rejected += len(rejected)
        self.counts.last_error = ""
        self._backoff.reset()
        self._poison_in_a_row = 0
        self._limit = min(self._full_batch, self._limit * 2)
        self._apply_config(answer.config)
        return 0.0

    def _isolate(self, answer: Answer, readings: Sequence[StoredReading]) -> float:
        """Halve the batch until one reading is left, and put that one aside."""
        if len(readings) > 1:
            self._limit = len(readings) // 2
            return 0.0
        self._poison_in_a_row += 1
        log.error("reading %d cannot be delivered (%s); put aside", readings[0].seq, answer.detail)
        self._outbox.bury([(readings[0], answer.detail)], self._clock.now())
        self.counts.rejected += 1
        # A server that refuses everything must not empty the outbox into the dead letters at full speed.
        return 0.0 if self._poison_in_a_row < _POISON_IN_A_ROW else self._backoff.after_refusal()

    def _date_undated(self) -> bool:
        """Date readings taken before the clock was right, asking the server for the time if nobody else knows it."""
        if not self._outbox.undated_count():
            return True
        now = self._clock.now()
        if now.trust is None:
            asked_at = now
            answer = self._transport.get(CONFIG_PATH)
            server_ms = server_time(answer.body, answer.headers)
            if server_ms is None:
                self._note_failure("the clock is not set and the server does not tell the time")
                return False
            self._clock.learn(server_ms, asked_at)
            now = self._clock.now()
        self._outbox.date_undated(now)
        return True

    def _note_failure(self, detail: str) -> None:
        if detail != self.counts.last_error:
            log.warning("delivery: %s; %d readings wait", detail, len(self._outbox))
        self.counts.failures += 1
        self.counts.last_error = detail

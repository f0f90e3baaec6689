"""Taking readings on time: a schedule that neither drifts nor waits for anything but the probes."""

import logging
import math
import threading
import time
from collections.abc import Callable

from pi_reader.clock import Clock, Stamp
from pi_reader.outbox import Outbox
from pi_reader.outbox_rows import StoredReading
from pi_reader.sample import Reason, Sample, failed_sample

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 1.0


class Schedule:
    """Due times at ``origin + k * interval`` on the monotonic clock; late work never shifts the later ones."""

    def __init__(self, interval_s: float, origin: float) -> None:
        self.interval_s = interval_s
        self._origin = origin
        self._last = -1
        self.missed = 0

    def next_due(self, now: float) -> float:
        """Return the next due time that is not over; slots that passed unused are counted as ``missed``."""
        slot = max(self._last + 1, math.ceil((now - self._origin) / self.interval_s))
        self.missed += slot - self._last - 1
        self._last = slot
        return self._origin + slot * self.interval_s


class Sampler:
    """Reads, stamps and stores; ``read`` returns None when there is nothing to record (a simulated power cut).

    The first reading is due ``phase_s`` after the start. ``interval_s`` may be changed at any time: a shorter one holds
    within a second, for somebody may stand and wait, a longer one from the next reading on; ``on_pace`` hears of it.
    ``last_progress`` is the monotonic time of the last finished look at the probes.
    """

    def __init__(
        self,
        read: Callable[[], Sample | None],
        outbox: Outbox,
        clock: Clock,
        *,
        interval_s: float,
        phase_s: float = 0.0,
        on_stored: Callable[[StoredReading], None],
        on_pace: Callable[[float], None] = lambda interval_s: None,
    ) -> None:
        self._read = read
        self._outbox = outbox
        self._clock = clock
        self._on_stored = on_stored
        self._phase_s = phase_s
        self._on_pace = on_pace
        self.interval_s = interval_s
        self._hurry: tuple[float, float] | None = None
        self.created = 0
        self.missed = 0
        self.newest: tuple[Sample, Stamp] | None = None
        self.last_progress = time.monotonic()

    @property
    def interval_s(self) -> float:
        """Seconds from one reading to the next."""
        return self._interval_s

    @interval_s.setter
    def interval_s(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._on_pace(interval_s)

    def hurry_until(self, end: float | None, *, then_s: float = 0.0) -> None:
        """Go over to an interval of ``then_s`` once the monotonic clock has reached ``end``; None goes on as it is."""
        self._hurry = None if end is None else (end, then_s)

    def run(self, stop: threading.Event) -> None:
        """Take readings until ``stop`` is set."""
        now = self.last_progress = time.monotonic()
        schedule = Schedule(self.interval_s, now + self._phase_s)
        due = schedule.next_due(now)
        while not stop.wait(min(max(0.0, due - time.monotonic()), _LOOK_AGAIN_S)):
            now = time.monotonic()
            if now >= due:
                self.take_one()
                now = self.last_progress = time.monotonic()
                self._end_hurry(now)
            elif self.interval_s >= schedule.interval_s:
                continue
            if self.interval_s != schedule.interval_s:
                schedule = Schedule(self.interval_s, now + self.interval_s)
            missed_before = schedule.missed
            due = schedule.next_due(now)
            self.missed += schedule.missed - missed_before

    def _end_hurry(self, now: float) -> None:
        hurry = self._hurry
        if hurry is not None and now >= hurry[0]:
            self.interval_s, self._hurry = hurry[1], None

    def take_one(self) -> None:
        """Take and store one reading, stamped with the moment the look at the probes begins."""
        stamp = self._clock.now()
        try:
            sample = self._read()
        except Exception:
            # A fault of ours must not end the readings: the gap would look like a dead Pi.
            log.exception("reading the probes failed unexpectedly")
            sample = failed_sample(Reason.READER_ERROR)
        if sample is None:
            return
        self.newest = sample, stamp
        stored = self._outbox.append(sample, stamp)
        if stored is not None:
            self.created += 1
            self._on_stored(stored)

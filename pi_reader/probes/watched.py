"""Looking at a probe without waiting for it for ever.

A converter that never finishes is stopped by :mod:`pi_reader.probes.guarded_bus`. A call into the kernel that does not
come back (a clock line held low, a shorted 1-Wire bus) cannot be stopped by anybody: it is left behind in a thread of
its own, and the other probes are read as ever.
"""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from pi_reader.sample import ChannelRead, Reason

log = logging.getLogger(__name__)

# Beyond what a read needs in the worst case that ends by itself.
_SPARE_S = 4.0


class Watch:
    """Makes the reads of one bus, for one caller at a time; while one hangs, others fail at once with ``reason``."""

    def __init__(self, name: str, reason: Reason) -> None:
        self._name = name
        self._reason = reason
        self._questions: queue.SimpleQueue[Callable[[], ChannelRead]] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[ChannelRead | Exception] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._hangs = False

    def read(self, look: Callable[[], ChannelRead], patience_s: float) -> ChannelRead:
        """Give what ``look`` gives, or no value with the reason after ``patience_s``; what it raises is raised here."""
        if self._hangs and not self._has_come_back():
            return ChannelRead(None, self._reason)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        self._questions.put(look)
        try:
            answer = self._answers.get(timeout=patience_s)
        except queue.Empty:
            self._hangs = True
            log.error("%s has not answered for %.0f s; the other probes are read without it", self._name, patience_s)
            return ChannelRead(None, self._reason)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _has_come_back(self) -> bool:
        """Take the late answer, if it is there by now; it is too old to be a reading."""
        try:
            self._answers.get_nowait()
        except queue.Empty:
            return False
        log.warning("%s answers again", self._name)
        self._hangs = False
        return True

    def _work(self) -> None:
        while True:
            look = self._questions.get()
            try:
                self._answers.put(look())
            except Exception as error:
                self._answers.put(error)


class Patient(Protocol):
    """A thermometer that knows how long it may take."""

    patience_s: float

    def read(self) -> ChannelRead: ...


class PatientAdc(Protocol):
    """A converter that knows how long it may take."""

    def budget_s(self, samples: int | None = None) -> float: ...

    def read_mv(self, pin: int, samples: int | None = None) -> ChannelRead: ...


class WatchedThermometer:
    """A thermometer whose bus may hang without stopping anything else."""

    def __init__(self, thermometer: Patient, watch: Watch) -> None:
        self._thermometer = thermometer
        self._watch = watch

    def read(self) -> ChannelRead:
        return self._watch.read(self._thermometer.read, self._thermometer.patience_s + _SPARE_S)


class WatchedAdc:
    """A converter whose bus may hang without stopping anything else."""

    def __init__(self, adc: PatientAdc, watch: Watch) -> None:
        self._adc = adc
        self._watch = watch

    def read_mv(self, pin: int, samples: int | None = None) -> ChannelRead:
        return self._watch.read(lambda: self._adc.read_mv(pin, samples), self._adc.budget_s(samples) + _SPARE_S)

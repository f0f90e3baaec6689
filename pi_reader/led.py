"""A light of the board that tells how the agent is, to somebody who stands before it without a screen."""

import logging
import threading
from collections.abc import Sequence
from enum import IntEnum, unique
from pathlib import Path

from pi_reader.loop import Agent

log = logging.getLogger(__name__)

_SHORT_S = 0.15
_PAUSE_S = 2.5
# More than a light can: the kernel makes it the most it can.
_BRIGHT = "255"


@unique
class Mood(IntEnum):
    """How the agent is; the number is how often the light flashes before it pauses."""

    WELL = 1
    NOT_DELIVERING = 2  # the server is not reached, or too busy: readings are kept
    NOT_MEMBER = 3  # it waits for a key, or for a person who lets it in
    PROBE_FAILS = 4
    NOT_SAMPLING = 5
    OLD_CONFIGURATION = 6  # all else is well


def mood_of(agents: Sequence[Agent], *, fault: str = "") -> Mood:
    """Return the worst that any tank of this Pi has to tell; ``fault``, that of its configuration, can wait longest."""
    worst = max((_mood(agent) for agent in agents), default=Mood.WELL)
    return Mood.OLD_CONFIGURATION if fault and worst is Mood.WELL else worst


def _mood(agent: Agent) -> Mood:
    newest = agent.sampler.newest
    if agent.is_stalled():
        return Mood.NOT_SAMPLING
    if newest is not None and newest[0].reasons:
        return Mood.PROBE_FAILS
    if agent.membership is not None and agent.membership.detail:
        return Mood.NOT_MEMBER
    return Mood.NOT_DELIVERING if agent.uplink.counts.last_error else Mood.WELL


class Led:
    """Flashes a light in ``/sys/class/leds``; one that cannot be switched is left alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mood = Mood.WELL
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="led", daemon=True)
        self._is_started = False

    def show(self, mood: Mood) -> None:
        """Flash as this mood does, from the next pause on."""
        self._mood = mood
        if not self._is_started:
            self._is_started = True
            self._thread.start()

    def close(self) -> None:
        """Stop flashing; the light stays off."""
        self._stop.set()
        if self._is_started:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._write("trigger", "none")
            while not self._stop.is_set():
                for _ in range(self._mood):
                    self._write("brightness", _BRIGHT)
                    self._stop.wait(_SHORT_S)
                    self._write("brightness", "0")
                    self._stop.wait(_SHORT_S)
                self._stop.wait(_PAUSE_S)
        except OSError as error:
            log.warning("the light %s cannot be switched (%s); going on without it", self._folder.name, error)

    def _write(self, name: str, text: str) -> None:
        # Not write_text: a light that is not there must not be made as a file.
        with (self._folder / name).open("r+", encoding="ascii") as file:
            file.write(text)

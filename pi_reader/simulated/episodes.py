"""Faults that come and go: one window per period, recomputable from the seed and the time alone."""

import math
from dataclasses import dataclass

from pi_reader.simulated.noise import Purpose, between
from pi_reader.simulated.truth import Character

_HOUR = 3600.0
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a fault comes (``every_s``) and how long it stays (``shortest_s`` to ``longest_s``)."""

    every_s: float
    shortest_s: float
    longest_s: float


RHYTHMS = {
    Character.PH_UNPLUGGED: Rhythm(3 * _DAY, 4 * _HOUR, 14 * _HOUR),
    Character.EC_STUCK: Rhythm(4 * _DAY, 10 * _HOUR, 30 * _HOUR),
    Character.THERMOMETER_GONE: Rhythm(2.5 * _DAY, 3 * _HOUR, 12 * _HOUR),
    Character.DRY_TANK: Rhythm(5 * _DAY, 3 * _HOUR, 9 * _HOUR),
    Character.GOES_SILENT: Rhythm(2.5 * _DAY, 2 * _HOUR, 8 * _HOUR),
}


@dataclass(frozen=True, slots=True)
class Window:
    """One period of a rhythm and the fault inside it, in Unix seconds: ``period_start <= fault_start < fault_end``."""

    period_start: float
    period_end: float
    fault_start: float
    fault_end: float


def fault_window(seed: int, rhythm: Rhythm, at: float) -> Window:
    """Return the period that holds the time ``at`` and its fault; faults never cross a period's end."""
    phase = between(0.0, rhythm.every_s, seed, Purpose.RHYTHM, 0)
    number = math.floor((at - phase) / rhythm.every_s)
    start = phase + number * rhythm.every_s
    length = between(rhythm.shortest_s, rhythm.longest_s, seed, Purpose.EPISODE, 2 * number)
    fault_start = start + between(0.0, rhythm.every_s - length, seed, Purpose.EPISODE, 2 * number + 1)
    return Window(start, start + rhythm.every_s, fault_start, fault_start + length)

"""Randomness that anybody can recompute: a hash of (seed, purpose, period) instead of a generator with a state."""

from enum import IntEnum, unique

_MASK = (1 << 64) - 1
_TO_UNIT = 2.0**-53
# Odd 64-bit increments that keep (seed, purpose, period) apart before mixing (Steele et al. 2014, SplitMix).
_SEED_STEP = 0x9E3779B97F4A7C15
_PURPOSE_STEP = 0xD1B54A32D192ED03
_PERIOD_STEP = 0x8CB92BA72F3D8DD7


@unique
class Purpose(IntEnum):
    """What a draw is for; two purposes never share a number."""

    PROBE = 1
    TARGET = 2
    RHYTHM = 3
    CLIMATE = 4
    VISIT = 5
    WATER_CHANGE = 6
    DOSE = 7
    GROWTH = 8
    EPISODE = 9
    READING = 10
    CONVERSION = 11
    APPETITE = 12
    TOP_UP = 13
    MIXING = 14


def hash64(seed: int, purpose: int, period: int) -> int:
    """Return 64 well-mixed bits for one draw (the SplitMix64 finaliser)."""
    x = (seed * _SEED_STEP + purpose * _PURPOSE_STEP + period * _PERIOD_STEP) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def between(low: float, high: float, seed: int, purpose: int, period: int = 0) -> float:
    """Return one uniform draw from [low, high)."""
    return low + (high - low) * (hash64(seed, purpose, period) >> 11) * _TO_UNIT

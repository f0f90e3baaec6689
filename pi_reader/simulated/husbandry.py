"""A week in the life of a tank: what the plants take and what the grower puts back.

Nutrients fall and water falls, mostly by daylight; the grower looks twice a day, tops up with plain water in the
afternoon and doses nutrients and acid in the morning, and changes part of the water once a week. A week is computed
from its own number alone, so any process reaches the same water at any time without replaying the past.
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from pi_reader.simulated.noise import Purpose, between
from pi_reader.simulated.truth import Character, TankTruth

DAY_S = 86400.0
WEEK_S = 7 * DAY_S
# The first growers live at UTC+7; the simulated sun does too.
LOCAL_OFFSET_S = 7 * 3600.0
_TWO_PI = 2 * math.pi
DAYLIGHT_SHARE = 0.9  # how strongly growth follows the sun: 0 = not at all, 1 = still at midnight
_SOURCE_EC_US_CM = 140.0
_AFTERNOON_AFTER_S = 8.5 * 3600.0  # from the morning look to the afternoon look
LOOKS_PER_WEEK = 14


class State(NamedTuple):
    """The water at one moment: ``salts`` is EC at 25 °C (µS/cm) times ``level``, and ``level`` is 1 when full."""

    ph: float
    salts: float
    level: float

    @property
    def ec_us_cm(self) -> float:
        return self.salts / self.level


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time between two looks of the grower, in which the water follows one smooth law.

    ``light_start`` is :func:`light_days` at ``start``; the ``*_per_day`` rates are per day of average light.
    ``ph_jump`` and ``ec_jump`` are what still has to mix in at ``start``; they fade with ``mixing_s``.
    """

    start: float
    end: float
    light_start: float
    state: State
    ph_per_day: float
    salts_per_day: float
    level_per_day: float
    mixing_s: float
    ph_jump: float = 0.0
    ec_jump: float = 0.0

    def after(self, light: float) -> State:
        """Return the water after ``light`` days of light, once mixed."""
        ph, salts, level = self.state
        return State(
            ph + self.ph_per_day * light, salts - self.salts_per_day * light, level - self.level_per_day * light
        )

    def at_end(self) -> State:
        """Return the water just before the next look."""
        return self.after(light_days(self.end) - self.light_start)


def light_days(at: float) -> float:
    """Return the sunlight received since the epoch, in average days; it grows by exactly 1 a day, fastest at noon."""
    days = (at + LOCAL_OFFSET_S) / DAY_S
    return days - DAYLIGHT_SHARE * math.sin(_TWO_PI * days) / _TWO_PI


class Husbandry:
    """The weekly plans of one tank."""

    def __init__(self, truth: TankTruth) -> None:
        self.truth = truth
        seed = truth.seed
        # Every tank has its own weekday for the water change and its own hour (7 to 9 local) for the morning look.
        weekday = math.floor(between(0, 7, seed, Purpose.RHYTHM, 1))
        self._first_change = weekday * DAY_S + between(0.0, 2 * 3600.0, seed, Purpose.RHYTHM, 2)
        self._ph_per_day = between(0.09, 0.27, seed, Purpose.GROWTH, 1)
        self._uptake = between(0.015, 0.05, seed, Purpose.GROWTH, 2)
        self._thirst = between(0.02, 0.055, seed, Purpose.GROWTH, 3)

    def week_number(self, at: float) -> int:
        """Return the number of the week that holds the time ``at``."""
        return math.floor((at - self._first_change) / WEEK_S)

    def week(self, number: int) -> list[Stretch]:
        """Return the stretches of one week in order, without gaps; the first one mixes in the water change."""
        stretches = self._unmixed_week(number)
        before = [self._unmixed_week(number - 1)[-1], *stretches]
        return [_mixing_in(old.at_end(), new) for old, new in zip(before, stretches, strict=False)]

    def _unmixed_week(self, number: int) -> list[Stretch]:
        looks = self._looks(number)
        state = self._after_water_change(number)
        stretches: list[Stretch] = []
        for index, (start, end) in enumerate(pairwise(looks)):
            key = number * LOOKS_PER_WEEK + index
            if index:
                visit = self._topped_up if index % 2 else self._dosed
                state = visit(key, stretches[-1].at_end())
            stretches.append(self._stretch(key, start, end, state))
        return stretches

    def _looks(self, number: int) -> list[float]:
        """Return the times of the grower's looks, morning and afternoon by turns, up to the next water change."""
        start = self._first_change + number * WEEK_S
        looks = [start]
        for index in range(1, LOOKS_PER_WEEK):
            hour = (index // 2) * DAY_S + (index % 2) * _AFTERNOON_AFTER_S
            lateness = between(-2400.0, 2400.0, self.truth.seed, Purpose.VISIT, number * LOOKS_PER_WEEK + index)
            looks.append(start + hour + lateness)
        return [*looks, start + WEEK_S]

    def _after_water_change(self, number: int) -> State:
        truth = self.truth
        ph = truth.ph_target + between(-0.12, 0.05, truth.seed, Purpose.WATER_CHANGE, 2 * number)
        ec = truth.ec_target_us_cm * between(0.99, 1.05, truth.seed, Purpose.WATER_CHANGE, 2 * number + 1)
        return State(ph, ec, 1.0)

    def _dosed(self, key: int, found: State) -> State:
        """Return the water after a morning look: nutrients when the EC is low, acid when the pH is high."""
        truth, ph, ec = self.truth, found.ph, found.ec_us_cm
        if ec < 0.955 * truth.ec_target_us_cm and truth.character is not Character.EC_LOW:
            ec = truth.ec_target_us_cm * between(1.0, 1.04, truth.seed, Purpose.DOSE, 2 * key)
            ph -= 0.04  # nutrient concentrate is slightly acid
        if ph > truth.ph_target + 0.1 and truth.character is not Character.PH_HIGH:
            ph = truth.ph_target - between(0.12, 0.2, truth.seed, Purpose.DOSE, 2 * key + 1)
        return State(ph, ec * found.level, found.level)

    def _topped_up(self, key: int, found: State) -> State:
        """Return the water after an afternoon look: plain water when the level has fallen noticeably."""
        if found.level > between(0.955, 0.975, self.truth.seed, Purpose.TOP_UP, key):
            return found
        return State(found.ph, found.salts + (1.0 - found.level) * _SOURCE_EC_US_CM, 1.0)

    def _stretch(self, key: int, start: float, end: float, state: State) -> Stretch:
        truth = self.truth
        appetite = between(0.75, 1.25, truth.seed, Purpose.APPETITE, key)  # a cloudy day, a warm day
        # An undosed tank is buffered by now: its pH hardly climbs further.
        climb = 0.1 if truth.character is Character.PH_HIGH else 1.0
        return Stretch(
            start=start,
            end=end,
            light_start=light_days(start),
            state=state,
            ph_per_day=self._ph_per_day * appetite * climb,
            salts_per_day=self._uptake * appetite * state.salts,
            level_per_day=self._thirst * appetite,
            mixing_s=between(240.0, 480.0, truth.seed, Purpose.MIXING, key),
        )


def _mixing_in(old: State, new: Stretch) -> Stretch:
    return replace(new, ph_jump=old.ph - new.state.ph, ec_jump=old.ec_us_cm - new.state.ec_us_cm)

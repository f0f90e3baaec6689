"""What the growers of simulated tanks really did, for measuring how much of it can be told from readings."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum, unique
from typing import TextIO

from pi_reader.simulated.husbandry import Husbandry, Stretch
from pi_reader.simulated.truth import tank_truth

# What a look without a hand in the water leaves behind in the arithmetic.
_NOTHING_EC_US_CM = 0.01
_NOTHING_PH = 0.001


@unique
class Done(StrEnum):
    """What was done; a dose may have come with acid."""

    DOSE = "dose"
    TOP_UP = "top-up"
    WATER_CHANGE = "water-change"
    ACID = "acid"


@dataclass(frozen=True, slots=True)
class Intervention:
    """One visit that changed the water: ``ec_us_cm`` is the EC found, the changes are those once mixed."""

    seed: int
    at_ms: int
    done: Done
    ec_us_cm: float
    ec_change: float
    ph_change: float


def interventions(seed: int, *, start_ms: int, end_ms: int) -> Iterator[Intervention]:
    """Give what was done to one tank in ``[start, end)``, in time order."""
    husbandry = Husbandry(tank_truth(seed))
    for number in range(husbandry.week_number(start_ms / 1000), husbandry.week_number(end_ms / 1000) + 1):
        for index, stretch in enumerate(husbandry.week(number)):
            done = _done(index, stretch)
            at_ms = round(stretch.start * 1000)
            if done is not None and start_ms <= at_ms < end_ms:
                found = stretch.state.ec_us_cm + stretch.ec_jump
                yield Intervention(seed, at_ms, done, round(found, 1), *_changes(stretch))


def write_interventions(out: TextIO, seeds: Sequence[int], *, start_ms: int, end_ms: int) -> int:
    """Write a JSON line per intervention, tank after tank; gives their number."""
    count = 0
    for seed in seeds:
        for one in interventions(seed, start_ms=start_ms, end_ms=end_ms):
            out.write(json.dumps(asdict(one), separators=(",", ":")) + "\n")
            count += 1
    return count


def _done(index: int, stretch: Stretch) -> Done | None:
    """Tell what a look was for: the first of a week changes water, then top-ups and doses take turns."""
    if index == 0:
        return Done.WATER_CHANGE
    if abs(stretch.ec_jump) > _NOTHING_EC_US_CM:
        return Done.TOP_UP if index % 2 else Done.DOSE
    return Done.ACID if abs(stretch.ph_jump) > _NOTHING_PH else None


def _changes(stretch: Stretch) -> tuple[float, float]:
    # What still has to mix in is the old water less the new.
    return round(-stretch.ec_jump, 1) + 0.0, round(-stretch.ph_jump, 3) + 0.0

"""What is true about each simulated tank: its probes, its targets, and what is wrong with it."""

from dataclasses import dataclass
from enum import StrEnum, unique

from pi_reader.simulated.noise import Purpose, between

# DFRobot Gravity pH V2: 1500 mV at pH 7 and three times the Nernst slope at 25 °C, falling with pH (DFRobot_PH.cpp).
GRAVITY_PH7_MV = 1500.0
GRAVITY_SLOPE_MV_PER_PH = -177.48
# EC gains 2 % per °C of warming (DFRobot GravityTDS.cpp).
ALPHA_PER_C = 0.02


@unique
class Character(StrEnum):
    """The one thing that makes a tank worth looking at."""

    HEALTHY = "healthy"
    PH_HIGH = "ph_high"  # nobody doses acid: clearly out of range, always
    EC_LOW = "ec_low"  # nobody doses nutrients: starved towards the end of each week
    EC_CEILING = "ec_ceiling"  # so strong that the TDS board clips at 2.3 V
    HOT = "hot"  # the chiller has failed
    PH_DRIFTS = "ph_drifts"  # the electrode ages: 0.02 to 0.05 pH a day until it is cleaned
    PH_UNPLUGGED = "ph_unplugged"  # the BNC plug works loose for hours
    EC_STUCK = "ec_stuck"  # the board repeats one value for hours
    THERMOMETER_GONE = "thermometer_gone"  # the DS18B20 leaves its bus for hours
    DRY_TANK = "dry_tank"  # the pump fails, the probes hang in air
    GOES_SILENT = "goes_silent"  # the Pi loses power for hours


# Seeds repeat this pattern every 99, so that a fleet of any size has some of everything and stays mostly healthy.
_CHARACTERS = {
    3: Character.PH_HIGH,
    7: Character.PH_DRIFTS,
    11: Character.PH_UNPLUGGED,
    13: Character.GOES_SILENT,
    19: Character.HOT,
    23: Character.THERMOMETER_GONE,
    29: Character.EC_STUCK,
    37: Character.DRY_TANK,
    43: Character.EC_LOW,
    47: Character.EC_CEILING,
    53: Character.PH_DRIFTS,
    61: Character.GOES_SILENT,
    67: Character.PH_UNPLUGGED,
    71: Character.PH_DRIFTS,
    79: Character.DRY_TANK,
    89: Character.PH_DRIFTS,
}


@dataclass(frozen=True, slots=True)
class TankTruth:
    """Parameters that no probe reports: install ``ph7_mv``, ``slope_mv_per_ph`` and ``k_factor`` as the calibration.

    ``slope_mv_per_ph`` (negative) holds at 25 °C and scales with absolute temperature. ``ph_target`` and
    ``ec_target_us_cm`` (EC at 25 °C) are what the grower of this tank doses towards.
    """

    seed: int
    ph7_mv: float
    slope_mv_per_ph: float
    k_factor: float
    ph_target: float
    ec_target_us_cm: float
    character: Character


def tank_truth(seed: int) -> TankTruth:
    """Return the truth of one tank; the same seed gives the same tank in every process, for ever."""
    if seed < 1:
        raise ValueError(f"seed {seed} is not a tank; seeds count from 1")
    character = _CHARACTERS.get((seed - 1) % 99 + 1, Character.HEALTHY)
    return TankTruth(
        seed=seed,
        ph7_mv=round(between(GRAVITY_PH7_MV - 22, GRAVITY_PH7_MV + 22, seed, Purpose.PROBE, 0), 2),
        slope_mv_per_ph=round(GRAVITY_SLOPE_MV_PER_PH * between(0.93, 1.01, seed, Purpose.PROBE, 1), 3),
        k_factor=round(between(0.94, 1.12, seed, Purpose.PROBE, 2), 4),
        ph_target=_ph_target(seed, character),
        ec_target_us_cm=_ec_target(seed, character),
        character=character,
    )


def _ph_target(seed: int, character: Character) -> float:
    if character is Character.PH_HIGH:
        return 7.2
    return round(between(5.85, 6.15, seed, Purpose.TARGET, 0), 2)


def _ec_target(seed: int, character: Character) -> float:
    if character is Character.EC_LOW:
        return 850.0
    if character is Character.EC_CEILING:
        return 2750.0
    return round(between(1250.0, 1950.0, seed, Purpose.TARGET, 1), -1)

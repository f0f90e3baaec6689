"""The boards between probe and converter, and what they can put on their output pin."""

from collections.abc import Callable
from dataclasses import dataclass

# DFRobot_EC.cpp: mS/cm = 1000 x mV / 820 / 200 x K, compensated by 1.85 % per °C.
_EC_V2_US_CM_PER_MV = 1000.0 * 1000.0 / 820.0 / 200.0
_EC_V2_ALPHA_PER_C = 0.0185
_REFERENCE_C = 25.0


@dataclass(frozen=True, slots=True)
class Board:
    """A kind of board; above ``highest_mv`` its output cannot be: a plug, a wire or its supply is at fault.

    ``to_us_cm`` computes EC at 25 °C (mV, water in °C) for boards whose millivolts the server cannot calibrate.
    """

    name: str
    highest_mv: float
    to_us_cm: Callable[[float, float], float] | None = None


def ec_v2_us_cm(ec_mv: float, water_c: float) -> float:
    """Return EC at 25 °C in µS/cm for a DFRobot EC V2 board with a K=1 cell."""
    return ec_mv * _EC_V2_US_CM_PER_MV / (1.0 + _EC_V2_ALPHA_PER_C * (water_c - _REFERENCE_C))


# Gravity pH V2: 3 V at most (vendor); PH-4502C: up to its 5 V supply.
GRAVITY_PH_V2 = Board("gravity-v2", 3000.0)
PH_4502C = Board("ph-4502c", 5000.0)
# Gravity TDS: 2.3 V by the vendor; a tenth more before it is called a fault, for the server judges the probe's ceiling.
GRAVITY_TDS = Board("gravity-tds", 2530.0)
EC_V2 = Board("dfrobot-ec-v2", 3400.0, ec_v2_us_cm)

PH_BOARDS = {board.name: board for board in (GRAVITY_PH_V2, PH_4502C)}
EC_BOARDS = {board.name: board for board in (GRAVITY_TDS, EC_V2)}

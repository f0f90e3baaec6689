"""Other spellings of EC: ppm on a stated scale, mS/cm and CF. Everything inside stays in µS/cm at 25 °C.

1 mS/cm = 1000 µS/cm = 10 CF = 500, 640 or 700 ppm depending on the meter, which is why no function here takes
ppm without its scale. Functions accept and return a float or an array of any shape; NaN stays NaN.
"""

from enum import IntEnum, unique
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Number = TypeVar("Number", float, npt.NDArray[np.float64])

_US_PER_MS = 1000.0
_CF_PER_MS = 10.0


@unique
class PpmScale(IntEnum):
    """Meter scales, named by the ppm they show at 1 mS/cm.

    500 is the sodium chloride scale (DFRobot, Keyestudio, Hanna), 640 Eutech's, 700 the "442" scale (Myron L,
    Truncheon); the Indonesian crop tables use 700.
    """

    NACL_500 = 500
    EUTECH_640 = 640
    KCL_700 = 700


def ppm_from_ec(ec_us_cm: Number, scale: PpmScale) -> Number:
    """Convert EC in µS/cm to ppm on ``scale``."""
    return ec_us_cm * (scale / _US_PER_MS)


def ec_from_ppm(ppm: Number, scale: PpmScale) -> Number:
    """Convert ppm on ``scale`` to EC in µS/cm."""
    return ppm * (_US_PER_MS / scale)


def ms_cm_from_ec(ec_us_cm: Number) -> Number:
    """Convert EC in µS/cm to mS/cm (the same number in dS/m)."""
    return ec_us_cm / _US_PER_MS


def ec_from_ms_cm(ec_ms_cm: Number) -> Number:
    """Convert mS/cm to µS/cm."""
    return ec_ms_cm * _US_PER_MS


def cf_from_ec(ec_us_cm: Number) -> Number:
    """Convert EC in µS/cm to conductivity factor, 10 CF per mS/cm."""
    return ec_us_cm * (_CF_PER_MS / _US_PER_MS)


def ec_from_cf(cf: Number) -> Number:
    """Convert conductivity factor to EC in µS/cm."""
    return cf * (_US_PER_MS / _CF_PER_MS)

"""The physics between water and millivolts: what the pH board and the TDS board put on their output pins."""

import math

from pi_reader.simulated.truth import ALPHA_PER_C

# EC at sample temperature = (133.42 V^3 - 255.86 V^2 + 857.39 V) * K in µS/cm (DFRobot GravityTDS.cpp).
_CUBIC, _SQUARE, _LINEAR = 133.42, -255.86, 857.39
# The substitution V = x + _SHIFT gives x^3 + _P x + q = 0, whose only real root (P > 0) is a hyperbolic sine.
_SHIFT = -_SQUARE / (3 * _CUBIC)
_P = (3 * _CUBIC * _LINEAR - _SQUARE**2) / (3 * _CUBIC**2)
_Q_AT_ZERO = (2 * _SQUARE**3 - 9 * _CUBIC * _SQUARE * _LINEAR) / (27 * _CUBIC**3)
_ROOT_SCALE = -2000.0 * math.sqrt(_P / 3)  # in mV
_ROOT_ARGUMENT = 1.5 / _P * math.sqrt(3 / _P)
_SHIFT_MV = 1000.0 * _SHIFT

TDS_BOARD_CEILING_MV = 2300.0


def ec_board_mv(ec_us_cm: float, water_c: float, k_factor: float) -> float:
    """Return the TDS board's output, which ends at 2.3 V, for water of this EC (at 25 °C, µS/cm) and temperature."""
    ec_at_sample = ec_us_cm * (1.0 + ALPHA_PER_C * (water_c - 25.0))
    q = _Q_AT_ZERO - ec_at_sample / (k_factor * _CUBIC)
    return min(_SHIFT_MV + _ROOT_SCALE * math.sinh(math.asinh(_ROOT_ARGUMENT * q) / 3.0), TDS_BOARD_CEILING_MV)


def ph_board_mv(ph: float, water_c: float, ph7_mv: float, slope_mv_per_ph: float) -> float:
    """Return the pH board's output; the slope is given for 25 °C and grows with absolute temperature."""
    return ph7_mv + slope_mv_per_ph * (ph - 7.0) * (water_c + 273.15) / 298.15

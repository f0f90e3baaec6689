"""From the millivolts of the probe boards to pH and EC at 25 °C, and back.

pH electrode: the Nernst slope grows with absolute temperature around the isopotential point at pH 7, so only the
part of the board's voltage above its pH 7 output is scaled, never the board's offset.

TDS probe: the board's cubic gives the conductivity at the temperature of the water; the conversion to 25 °C comes
after it. The vendor's sample sketch compensates the voltage before the cubic, which is 8 % off at 35 °C.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

REFERENCE_C = 25.0
ZERO_CELSIUS_K = 273.15
ISOPOTENTIAL_PH = 7.0

# DFRobot GravityTDS.cpp: EC in µS/cm as a polynomial of volts; rises monotonically.
_CUBIC = (133.42, -255.86, 857.39)


@dataclass(frozen=True, slots=True)
class EcCalibration:
    """One-point calibration of a TDS board.

    ``k_factor`` multiplies the board's cubic; ``alpha`` is the relative change of conductivity per °C
    (0.02 in DFRobot's TDS library, 0.0185 in its EC library, 0.019 on Hanna meters).
    """

    k_factor: float = 1.0
    alpha: float = 0.02

    def __post_init__(self) -> None:
        if not 0 < self.k_factor < np.inf:
            raise ValueError(f"k_factor must be positive, got {self.k_factor}; nominal is 1.0")
        if not 0 <= self.alpha <= 0.06:
            raise ValueError(f"alpha must lie between 0 and 0.06 per °C, got {self.alpha}; usual is 0.02")


@dataclass(frozen=True, slots=True)
class PhCalibration:
    """Two- or three-point calibration of a pH board; the defaults are the nominal DFRobot Gravity V2 board.

    ``ph7_mv`` is the output at pH 7 and ``slope_mv_per_ph`` the change per pH, both at ``temperature_c``. A
    three-point calibration adds different slopes below and above ``joint_ph``, the middle buffer's pH; then
    ``slope_mv_per_ph`` is only the overall slope that health is judged by.
    """

    ph7_mv: float = 1500.0
    slope_mv_per_ph: float = -177.48
    temperature_c: float = 25.0
    acid_slope_mv_per_ph: float | None = None
    base_slope_mv_per_ph: float | None = None
    joint_ph: float = 7.0

    def __post_init__(self) -> None:
        slopes = (self.slope_mv_per_ph, *self.slopes)
        if not np.all(np.isfinite(slopes)) or len({np.sign(slope) for slope in slopes}) != 1 or 0 in slopes:
            raise ValueError(f"pH slopes must be finite, not zero and of one sign, got {slopes} mV/pH")
        if not np.isfinite(self.ph7_mv) or not -5 <= self.temperature_c <= 100:
            raise ValueError(f"pH 7 at {self.ph7_mv} mV and {self.temperature_c} °C is not a calibration")

    @property
    def slopes(self) -> tuple[float, float]:
        """Slopes on the acid and on the base side of the joint, in mV per pH."""
        acid = self.slope_mv_per_ph if self.acid_slope_mv_per_ph is None else self.acid_slope_mv_per_ph
        base = self.slope_mv_per_ph if self.base_slope_mv_per_ph is None else self.base_slope_mv_per_ph
        return acid, base

    @property
    def joint_mv(self) -> float:
        """Output at ``joint_ph`` and calibration temperature; pH 7 lies on one of the two segments."""
        acid, base = self.slopes
        side = base if self.joint_ph <= ISOPOTENTIAL_PH else acid
        return self.ph7_mv + side * (self.joint_ph - ISOPOTENTIAL_PH)


def ph_from_mv(ph_mv: npt.ArrayLike, water_c: npt.ArrayLike, calibration: PhCalibration) -> FloatArray:
    """Compute pH from the board's millivolts, compensated for the temperature of the water.

    Parameters
    ----------
    ph_mv
        Board output in mV, any shape. NaN gives NaN.
    water_c
        Water temperature in °C, broadcast against ``ph_mv``. NaN means unknown: the calibration temperature is
        assumed (between 15 and 35 °C this costs at most 0.05 pH for pH 5.5 to 8); the caller flags it.
    calibration
        Valid for these readings.

    Returns
    -------
    float64 array of pH; not limited to 0..14, see :func:`analytics.quality.check_single`.
    """
    millivolts = np.asarray(ph_mv, dtype=np.float64)
    scale = _nernst_ratio(water_c, calibration.temperature_c)
    at_calibration = calibration.ph7_mv + (millivolts - calibration.ph7_mv) / scale
    acid, base = calibration.slopes
    from_joint = at_calibration - calibration.joint_mv
    return calibration.joint_ph + np.where(from_joint / acid < 0, from_joint / acid, from_joint / base)


def ph_mv_for(ph: npt.ArrayLike, water_c: npt.ArrayLike, calibration: PhCalibration) -> FloatArray:
    """Compute the millivolts the board shows at a pH: the inverse of :func:`ph_from_mv`, same rules."""
    from_joint = np.asarray(ph, dtype=np.float64) - calibration.joint_ph
    acid, base = calibration.slopes
    at_calibration = calibration.joint_mv + np.where(from_joint < 0, acid * from_joint, base * from_joint)
    scale = _nernst_ratio(water_c, calibration.temperature_c)
    return calibration.ph7_mv + (at_calibration - calibration.ph7_mv) * scale


def ec_from_mv(ec_mv: npt.ArrayLike, water_c: npt.ArrayLike, calibration: EcCalibration) -> FloatArray:
    """Compute EC at 25 °C in µS/cm from the TDS board's millivolts.

    Parameters
    ----------
    ec_mv
        Board output in mV, any shape. NaN gives NaN. The board ends at 2300 mV (2242 µS/cm at ``k_factor`` 1).
    water_c
        Water temperature in °C, broadcast against ``ec_mv``. NaN means unknown: 25 °C is assumed, an error of
        2 % per °C; the caller flags it.
    calibration
        Valid for these readings.

    Returns
    -------
    float64 array in µS/cm; NaN where the temperature is too cold for the linear compensation (below -25 °C at
    2 %/°C).
    """
    at_water = _raw_ec(np.asarray(ec_mv, dtype=np.float64) / 1000.0) * calibration.k_factor
    return ec_at_25(at_water, water_c, alpha=calibration.alpha)


def ec_mv_for(ec_us_cm: npt.ArrayLike, water_c: npt.ArrayLike, calibration: EcCalibration) -> FloatArray:
    """Compute the millivolts the TDS board shows at an EC25: the inverse of :func:`ec_from_mv`, same rules.

    Solves the cubic by Newton's method to better than 1e-9 mV within the board's range.
    """
    at_water = ec_at_temperature(ec_us_cm, water_c, alpha=calibration.alpha)
    target = np.asarray(at_water / calibration.k_factor)
    volts = np.cbrt(target / _CUBIC[0]) * (np.abs(target) > 2000) + target / 1200.0 * (np.abs(target) <= 2000)
    for _ in range(40):
        slope = (3 * _CUBIC[0] * volts + 2 * _CUBIC[1]) * volts + _CUBIC[2]
        volts = volts - (_raw_ec(volts) - target) / slope
    return volts * 1000.0


def ec_at_25(ec_us_cm: npt.ArrayLike, water_c: npt.ArrayLike, *, alpha: float = 0.02) -> FloatArray:
    """Refer a conductivity measured at ``water_c`` to 25 °C: ``EC / (1 + alpha (T - 25))``; unknown T counts as 25."""
    return np.asarray(ec_us_cm, dtype=np.float64) / _ec_factor(water_c, alpha)


def ec_at_temperature(ec25_us_cm: npt.ArrayLike, water_c: npt.ArrayLike, *, alpha: float = 0.02) -> FloatArray:
    """Compute the conductivity at ``water_c`` of water whose EC at 25 °C is given; undoes :func:`ec_at_25`."""
    return np.asarray(ec25_us_cm, dtype=np.float64) * _ec_factor(water_c, alpha)


def nernst_slope_mv(temperature_c: float) -> float:
    """Ideal electrode slope in mV per pH, without sign: 59.16 at 25 °C (0.19842 mV per kelvin)."""
    return 0.19842 * (temperature_c + ZERO_CELSIUS_K)


def _raw_ec(volts: FloatArray) -> FloatArray:
    return ((_CUBIC[0] * volts + _CUBIC[1]) * volts + _CUBIC[2]) * volts


def _ec_factor(water_c: npt.ArrayLike, alpha: float) -> FloatArray:
    water = np.asarray(water_c, dtype=np.float64)
    factor = 1.0 + alpha * (np.where(np.isnan(water), REFERENCE_C, water) - REFERENCE_C)
    return np.where(factor > 0, factor, np.nan)


def _nernst_ratio(water_c: npt.ArrayLike, calibration_c: float) -> FloatArray:
    water = np.asarray(water_c, dtype=np.float64)
    known = np.where(np.isnan(water), calibration_c, water)
    return (known + ZERO_CELSIUS_K) / (calibration_c + ZERO_CELSIUS_K)

"""From probe readings in standards to a calibration, judged before anybody relies on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

import numpy as np

from analytics.calibration import (
    ISOPOTENTIAL_PH,
    ZERO_CELSIUS_K,
    EcCalibration,
    PhCalibration,
    ec_at_temperature,
    ec_from_mv,
    nernst_slope_mv,
    ph_from_mv,
)


@unique
class Judgement(StrEnum):
    """Whether a calibration may be used: at once, with a warning, or only if somebody insists with a reason."""

    ACCEPT = "accept"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class PhBoard:
    """What amplifies the electrode: output at pH 7 as designed, and millivolts out per millivolt in."""

    name: str
    ph7_mv: float
    gain: float


GRAVITY_V2 = PhBoard("DFRobot Gravity pH V2", 1500.0, 3.0)
PH_4502C = PhBoard("PH-4502C", 2500.0, 2.97)


@dataclass(frozen=True, slots=True)
class BufferReading:
    """The board's output in one buffer; ``ph`` is the buffer's value at ``temperature_c``."""

    millivolts: float
    ph: float
    temperature_c: float


@dataclass(frozen=True, slots=True)
class PhFit:
    """A fitted pH calibration and what it says about the electrode.

    ``slope_percent`` is relative to the ideal electrode on this board, ``offset_mv`` the electrode's own millivolts
    at pH 7 (the board's gain taken out), ``residual_ph`` how far the buffers lie off one straight line.
    """

    calibration: PhCalibration
    slope_percent: float
    offset_mv: float
    residual_ph: float
    judgement: Judgement
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EcFit:
    """A fitted EC calibration and whether it may be used."""

    calibration: EcCalibration
    judgement: Judgement
    reasons: tuple[str, ...]


def fit_ph(readings: Sequence[BufferReading], *, board: PhBoard = GRAVITY_V2) -> PhFit:
    """Fit a two- or three-point pH calibration.

    Each reading is taken at its own temperature; the calibration is stated at their mean. Two points give one
    line, three give two segments joined at the middle buffer.

    Judged by: slope accepted from 90 to 105 %, with a warning from 85 %, else refused; offset accepted to ±30 mV,
    with a warning to ±60 mV, else refused ("How to calculate offset and slope", limits also printed by Hanna).
    Buffers more than 5 °C apart and three points off the line by more than 0.1 pH give a warning.

    Raises
    ------
    ValueError
        If there are not two or three readings, or two of them are less than 1.5 pH or 30 mV apart, or the output
        does not run in one direction: then a probe stood in the wrong buffer.
    """
    points = sorted(readings, key=lambda one: one.ph)
    _require_separate(points)
    calibration_c = float(np.mean([one.temperature_c for one in points]))
    ratio = np.array([(p.temperature_c + ZERO_CELSIUS_K) / (calibration_c + ZERO_CELSIUS_K) for p in points])
    millivolts = np.array([p.millivolts for p in points])
    span = ratio * (np.array([p.ph for p in points]) - ISOPOTENTIAL_PH)
    slope, ph7_mv = (float(one) for one in np.polyfit(span, millivolts, 1))
    line = PhCalibration(ph7_mv, slope, calibration_c)
    expected = [float(ph_from_mv(p.millivolts, p.temperature_c, line)) for p in points]
    residual = float(np.max(np.abs(np.array(expected) - [p.ph for p in points])))
    calibration = line if len(points) == 2 else _two_segments(points, span, ratio, slope, calibration_c)

    percent = 100 * abs(slope) / (board.gain * nernst_slope_mv(calibration_c))
    offset = (calibration.ph7_mv - board.ph7_mv) / board.gain
    complaints = [*_slope_complaints(percent), *_offset_complaints(offset), *_procedure_complaints(points, residual)]
    return PhFit(calibration, percent, offset, residual, *_judge(complaints))


def fit_ec(millivolts: float, *, water_c: float, standard_us_cm: float, alpha: float = EcCalibration().alpha) -> EcFit:
    """Fit the one-point EC calibration of a TDS board in a standard whose EC at 25 °C is known.

    Refused where the vendor's own calibration refuses (GravityTDS.cpp): a standard of 2000 µS/cm or more at its
    temperature, or a factor outside 0.25 to 4. Warned about outside 0.7 to 1.4.

    Raises
    ------
    ValueError
        If the board shows no voltage, or temperature or standard are not usable numbers.
    """
    if not (millivolts > 0 and np.isfinite(water_c) and 0 < standard_us_cm < np.inf):
        raise ValueError(
            f"cannot calibrate EC with {millivolts} mV, {water_c} °C and a standard of {standard_us_cm} µS/cm; "
            "is the probe in the standard and the board powered?"
        )
    at_water = float(ec_at_temperature(standard_us_cm, water_c, alpha=alpha))
    shown = float(ec_from_mv(millivolts, water_c, EcCalibration(1.0, alpha)))
    factor = standard_us_cm / shown
    complaints: list[tuple[Judgement, str]] = []
    if not 0 < at_water < 2000:
        complaints.append(
            (Judgement.REFUSE, f"the standard has {at_water:.0f} µS/cm at {water_c:g} °C; the probe ends below 2000")
        )
    if not 0.25 < factor < 4.0:
        complaints.append(
            (Judgement.REFUSE, f"K would be {factor:.2f}, outside 0.25 to 4; wrong standard or dirty probe")
        )
    elif not 0.7 <= factor <= 1.4:
        complaints.append((Judgement.WARN, f"K is {factor:.2f}, outside 0.7 to 1.4; clean the probe and repeat"))
    return EcFit(EcCalibration(factor, alpha), *_judge(complaints))


def _require_separate(points: Sequence[BufferReading]) -> None:
    if len(points) not in (2, 3):
        raise ValueError(f"a pH calibration needs two or three buffers, got {len(points)}")
    steps = np.diff([one.millivolts for one in points])
    if np.diff([one.ph for one in points]).min() < 1.5:
        raise ValueError(f"buffers {[one.ph for one in points]} are too close together; they must differ by 1.5 pH")
    if np.abs(steps).min() < 30 or len(set(np.sign(steps))) > 1:
        shown = ", ".join(f"{one.millivolts:.0f} mV in pH {one.ph:.2f}" for one in points)
        raise ValueError(f"the output does not follow the buffers ({shown}); was the probe in the right ones, rinsed?")


def _two_segments(
    points: Sequence[BufferReading], span: np.ndarray, ratio: np.ndarray, slope: float, calibration_c: float
) -> PhCalibration:
    """Solve both segments exactly: first the one on which pH 7 lies, then the other from the joint outwards."""
    millivolts = np.array([one.millivolts for one in points])
    joint = points[1].ph
    seven = slice(1, 3) if joint <= ISOPOTENTIAL_PH else slice(0, 2)
    near, ph7_mv = np.polyfit(span[seven], millivolts[seven], 1)
    joint_mv = ph7_mv + near * (joint - ISOPOTENTIAL_PH)
    outer = 0 if joint <= ISOPOTENTIAL_PH else 2
    at_calibration = ph7_mv + (millivolts[outer] - ph7_mv) / ratio[outer]
    far = (at_calibration - joint_mv) / (points[outer].ph - joint)
    acid, base = (far, near) if outer == 0 else (near, far)
    return PhCalibration(float(ph7_mv), slope, calibration_c, float(acid), float(base), joint)


def _slope_complaints(percent: float) -> list[tuple[Judgement, str]]:
    if percent < 85:
        return [(Judgement.REFUSE, f"slope is {percent:.1f} % of ideal, below 85 %; the electrode is worn or dirty")]
    if percent > 105:
        return [
            (
                Judgement.REFUSE,
                f"slope is {percent:.1f} % of ideal, above 105 %; a buffer is wrong or the board differs",
            )
        ]
    if percent < 90:
        return [(Judgement.WARN, f"slope is {percent:.1f} % of ideal, below 90 %; clean the electrode, plan a new one")]
    return []


def _offset_complaints(offset_mv: float) -> list[tuple[Judgement, str]]:
    if abs(offset_mv) > 60:
        return [
            (
                Judgement.REFUSE,
                f"offset at pH 7 is {offset_mv:+.0f} mV, beyond ±60 mV; the electrode is dead or the board untrimmed",
            )
        ]
    if abs(offset_mv) > 30:
        return [(Judgement.WARN, f"offset at pH 7 is {offset_mv:+.0f} mV, beyond ±30 mV; the electrode is old")]
    return []


def _procedure_complaints(points: Sequence[BufferReading], residual_ph: float) -> list[tuple[Judgement, str]]:
    complaints = []
    temperatures = [one.temperature_c for one in points]
    if max(temperatures) - min(temperatures) > 5:
        complaints.append((Judgement.WARN, "the buffers are more than 5 °C apart; let them reach one temperature"))
    if residual_ph > 0.1:
        complaints.append(
            (Judgement.WARN, f"the three buffers are {residual_ph:.2f} pH off one line; one may be spoiled")
        )
    return complaints


def _judge(complaints: Sequence[tuple[Judgement, str]]) -> tuple[Judgement, tuple[str, ...]]:
    levels = {level for level, _ in complaints}
    judgement = next((one for one in (Judgement.REFUSE, Judgement.WARN) if one in levels), Judgement.ACCEPT)
    return judgement, tuple(reason for _, reason in complaints)

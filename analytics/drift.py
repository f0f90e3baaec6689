"""Corrections of history: what drifted between two visits is spread over the time between them.

Nothing here extrapolates: before the first visit and after the last one a reading is computed as it stands.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.calibration import (
    ISOPOTENTIAL_PH,
    ZERO_CELSIUS_K,
    EcCalibration,
    FloatArray,
    PhCalibration,
    ec_from_mv,
)
from analytics.times import utc_ns


def blend_ph(
    readings: pd.DataFrame, *, as_left: PhCalibration, as_found: PhCalibration, until: pd.Timestamp
) -> pd.Series:
    """Compute pH while the calibration moves from ``as_left`` (at the first visit) to ``as_found`` (at the next).

    The blend is made where the drift happens, in millivolts at pH 7 and slope, both linear in time (USGS TM1-D3
    spreads a drift that way), each referred to 25 °C.

    Parameters
    ----------
    readings
        Shape (n, columns). Index: increasing, timezone-aware ``DatetimeIndex``, beginning with the first visit: its
        first stamp is where ``as_left`` holds fully. Columns ``ph_mv`` and ``water_c`` in mV and °C; NaN as in
        :func:`analytics.calibration.ph_from_mv`.
    as_left, as_found
        What the electrode did right after the first and right before the second calibration.
    until
        Time of the second calibration, where ``as_found`` holds fully and after which it stays.

    Returns
    -------
    Series ``ph``, same index.

    Raises
    ------
    ValueError
        If ``until`` is not after the first stamp.
    """
    stamps = utc_ns(readings.index)
    if not stamps.size:
        return pd.Series([], index=readings.index, dtype=np.float64, name="ph")
    share = share_of_time(stamps, int(stamps[0]), until.as_unit("ns").value)
    ph = blended_ph(readings["ph_mv"], readings["water_c"], share, as_left=as_left, as_found=as_found)
    return pd.Series(ph, index=readings.index, name="ph")


def blended_ph(
    ph_mv: npt.ArrayLike,
    water_c: npt.ArrayLike,
    share: FloatArray,
    *,
    as_left: PhCalibration,
    as_found: PhCalibration,
) -> FloatArray:
    """Compute pH of readings that lie ``share`` of the way from one visit to the next; see :func:`blend_ph`.

    ``ph_mv`` (mV), ``water_c`` (°C) and ``share`` (0..1) have shape (n,), in any order; NaN as in
    :func:`analytics.calibration.ph_from_mv`. Gives float64 of shape (n,).
    """
    start, end = _at_25(as_left), _at_25(as_found)
    ph7, acid, base, joint = (first + (last - first) * share for first, last in zip(start, end, strict=True))
    water = np.asarray(water_c, dtype=np.float64)
    calibration_c = as_left.temperature_c + (as_found.temperature_c - as_left.temperature_c) * share
    kelvin = np.where(np.isnan(water), calibration_c, water) + ZERO_CELSIUS_K
    at_25 = ph7 + (np.asarray(ph_mv, dtype=np.float64) - ph7) * (25.0 + ZERO_CELSIUS_K) / kelvin
    joint_mv = ph7 + np.where(joint <= ISOPOTENTIAL_PH, base, acid) * (joint - ISOPOTENTIAL_PH)
    from_joint = at_25 - joint_mv
    return joint + np.where(from_joint / acid < 0, from_joint / acid, from_joint / base)


def blended_ec(
    ec_mv: npt.ArrayLike,
    water_c: npt.ArrayLike,
    share: FloatArray,
    *,
    as_left: EcCalibration,
    as_found: EcCalibration,
) -> FloatArray:
    """Compute EC at 25 °C in µS/cm of readings that lie ``share`` of the way from one visit to the next.

    Conductivity is proportional to the cell's factor, so moving the value is moving the factor. Shapes and NaN as in
    :func:`blended_ph` and :func:`analytics.calibration.ec_from_mv`.
    """
    left, found = (ec_from_mv(ec_mv, water_c, one) for one in (as_left, as_found))
    return left + (found - left) * share


def correct_drift(readings: pd.Series, *, start: pd.Timestamp, end: pd.Timestamp, gap: float) -> pd.Series:
    """Add a correction that grows linearly in time from nothing at ``start`` to ``gap`` at ``end``.

    For logs that hold finished values and no millivolts. Works on any quantity.

    Parameters
    ----------
    readings
        Shape (n,). Index: increasing, timezone-aware ``DatetimeIndex``. NaN stays NaN.
    start, end
        The visits; readings outside come back unchanged.
    gap
        True value minus reading at ``end``, in the unit of the readings.

    Raises
    ------
    ValueError
        If ``end`` is not after ``start``.
    """
    stamps = utc_ns(readings.index)
    first, last = start.as_unit("ns").value, end.as_unit("ns").value
    inside = (stamps >= first) & (stamps <= last)
    return readings.astype(np.float64) + gap * np.where(inside, share_of_time(stamps, first, last), 0.0)


def correct_drifts(readings: pd.Series, events: pd.DataFrame) -> pd.Series:
    """Apply many drift corrections; ``events`` has columns ``start_at``, ``end_at`` (aware) and ``gap``.

    A reading at the moment of a visit belongs to the stretch that ends there. Where stretches overlap, the one
    that began last counts: corrections are never added on top of each other.
    """
    values = readings.to_numpy(dtype=np.float64)
    corrected = values.copy()
    stamps = utc_ns(readings.index)
    in_order = events.sort_values("start_at", kind="stable")
    starts, ends = (pd.DatetimeIndex(in_order[name]).as_unit("ns").asi8 for name in ("start_at", "end_at"))
    for first, last, gap in zip(starts, ends, in_order["gap"].to_numpy(dtype=np.float64), strict=True):
        inside = (stamps > first) & (stamps <= last)
        corrected[inside] = values[inside] + gap * share_of_time(stamps[inside], int(first), int(last))
    return pd.Series(corrected, index=readings.index, name=readings.name)


def share_of_time(stamps: npt.NDArray[np.int64], first: int, last: int) -> FloatArray:
    """Give how far each stamp is on the way from ``first`` to ``last``, within 0..1; all in one unit.

    Raises
    ------
    ValueError
        If ``last`` is not after ``first``.
    """
    if last <= first:
        raise ValueError("a drift needs time to happen: the second visit must be after the first")
    return np.clip((stamps - first) / (last - first), 0.0, 1.0)


def _at_25(calibration: PhCalibration) -> tuple[float, float, float, float]:
    """Refer a calibration's slopes to 25 °C: output at pH 7, acid slope, base slope, joint."""
    factor = (25.0 + ZERO_CELSIUS_K) / (calibration.temperature_c + ZERO_CELSIUS_K)
    acid, base = calibration.slopes
    return calibration.ph7_mv, acid * factor, base * factor, calibration.joint_ph

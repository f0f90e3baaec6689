"""Quality tests that look at one reading alone; they run the moment a reading arrives."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analytics.flags import TOLD_TESTS, Flag, FlagArray, Test, TestArray, worst_flags
from analytics.quantities import QUANTITIES, THRESHOLDS, Medium, Quantity

FloatArray = npt.NDArray[np.float64]

# The ADS1115 sees nothing above its supply, 3.3 V on a Pi.
ADC_SUPPLY_MV = 3300.0
# The TDS board is specified from 0 to 2.3 V; close to its end the number is the board's, not the water's.
TDS_CEILING_SUSPECT_MV = 2200.0
TDS_CEILING_FAIL_MV = 2300.0


class Checked(NamedTuple):
    """Values with the impossible ones nulled (NaN), their flags and the tests behind each flag; equal shapes."""

    values: FloatArray
    flags: FlagArray
    tests: TestArray


class Verdict(NamedTuple):
    """Flags and the tests behind them, equal shapes."""

    flags: FlagArray
    tests: TestArray


def check_single(values: npt.ArrayLike, quantity: Quantity, medium: Medium) -> Checked:
    """Judge each value by physics and by what is plausible in its medium.

    Parameters
    ----------
    values
        Any shape, in the quantity's unit; NaN means the read failed or nothing was sent.
    quantity, medium
        Select the limits in :mod:`analytics.quantities`.

    Returns
    -------
    Checked
        NaN in gives flag 9 (``MISSING``). A value beyond the physical limits, infinite, or an error code such as
        85.0 °C becomes NaN with flag 4 (``IMPOSSIBLE``). Beyond the fail limits: value kept, flag 4
        (``GROSS_RANGE``); beyond the suspect limits: flag 3 (``GROSS_RANGE``); else flag 1. Limits themselves pass.
    """
    given = np.asarray(values, dtype=np.float64)
    info, limits = QUANTITIES[quantity], THRESHOLDS[quantity, medium]
    missing = np.isnan(given)
    impossible = (given < info.low) | (given > info.high) | np.isin(given, info.sentinels)
    failed = (given < limits.fail_low) | (given > limits.fail_high)
    suspect = (given < limits.suspect_low) | (given > limits.suspect_high)

    flags = np.full(given.shape, Flag.GOOD, dtype=np.uint8)
    tests = np.zeros(given.shape, dtype=np.uint16)
    for mask, flag, test in (  # the last one that holds decides
        (suspect, Flag.SUSPECT, Test.GROSS_RANGE),
        (failed, Flag.FAIL, Test.GROSS_RANGE),
        (impossible, Flag.FAIL, Test.IMPOSSIBLE),
        (missing, Flag.MISSING, Test.MISSING),
    ):
        flags[mask], tests[mask] = flag, test
    return Checked(np.where(impossible, np.nan, given), flags, tests)


def check_ph_mv(ph_mv: npt.ArrayLike, *, high_mv: float = ADC_SUPPLY_MV) -> Verdict:
    """Judge the millivolts of a pH board: 0, negative or at ``high_mv`` and above is a rail, flag 4 (``RAIL``).

    NaN gives flag 9 (``MISSING``). ``high_mv`` is the highest voltage the converter can see.
    """
    return _rail_verdict(np.asarray(ph_mv, dtype=np.float64), high_mv)


def check_ec_mv(ec_mv: npt.ArrayLike, *, high_mv: float = ADC_SUPPLY_MV) -> Verdict:
    """Judge the millivolts of a TDS board: rails as for pH, plus the probe's own ceiling (``CEILING``).

    Above 2200 mV is flag 3, above 2300 mV flag 4. NaN gives flag 9 (``MISSING``).
    """
    millivolts = np.asarray(ec_mv, dtype=np.float64)
    rails = _rail_verdict(millivolts, high_mv)
    ceiling = millivolts > TDS_CEILING_SUSPECT_MV
    level = np.where(millivolts > TDS_CEILING_FAIL_MV, Flag.FAIL, Flag.SUSPECT)
    flags = worst_flags(rails.flags, np.where(ceiling, level, rails.flags))
    return Verdict(flags, rails.tests | np.where(ceiling, np.uint16(Test.CEILING), np.uint16(0)))


def combine(*verdicts: Verdict | Checked) -> Verdict:
    """Merge verdicts on the same channel: all tests and the worst flag, but missing beats good and suspect.

    A channel whose millivolts are good and whose value could still not be computed is missing, not good.
    """
    worst = worst_flags(*(one.flags for one in verdicts))
    missing = np.logical_or.reduce([one.flags == Flag.MISSING for one in verdicts]) & (worst != Flag.FAIL)
    tests = np.bitwise_or.reduce([one.tests for one in verdicts])
    return Verdict(np.where(missing, np.uint8(Flag.MISSING), worst), tests)


def mark_suspect(verdict: Verdict, where: npt.ArrayLike, test: Test) -> Verdict:
    """Add ``test`` where the mask is true and raise these flags to 3, unless already 4 or missing."""
    mask = np.asarray(where, dtype=bool) & (verdict.flags != Flag.MISSING)
    flags = np.where(mask & (verdict.flags != Flag.FAIL), np.uint8(Flag.SUSPECT), verdict.flags)
    return Verdict(flags, np.where(mask, verdict.tests | np.uint16(test), verdict.tests))


def mark_told(verdict: Verdict, told: npt.ArrayLike) -> Verdict:
    """Doubt what was doubted when it was taken: masks of :data:`analytics.flags.TOLD_TESTS`, other tests left alone."""
    masks = np.asarray(told, dtype=np.uint16)
    for test in TOLD_TESTS:
        where = (masks & np.uint16(test)) != 0
        if where.any():
            verdict = mark_suspect(verdict, where, test)
    return verdict


def _rail_verdict(millivolts: FloatArray, high_mv: float) -> Verdict:
    missing = np.isnan(millivolts)
    rail = (millivolts <= 0) | (millivolts >= high_mv)
    flags = np.full(millivolts.shape, Flag.GOOD, dtype=np.uint8)
    tests = np.zeros(millivolts.shape, dtype=np.uint16)
    flags[rail], tests[rail] = Flag.FAIL, Test.RAIL
    flags[missing], tests[missing] = Flag.MISSING, Test.MISSING
    return Verdict(flags, tests)

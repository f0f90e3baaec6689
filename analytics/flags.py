"""Quality flags (QARTOD scheme) and the bitmask of tests behind them, with their packed storage form.

One reading has three channels: pH, EC and water temperature. Their flags are stored in one small integer and
their test masks in one big one, so that a table row stays narrow.
"""

from enum import IntEnum, IntFlag, unique
from functools import reduce

import numpy as np
import numpy.typing as npt

from analytics.quantities import Quantity

FlagArray = npt.NDArray[np.uint8]
TestArray = npt.NDArray[np.uint16]

CHANNELS = (Quantity.PH, Quantity.EC, Quantity.WATER)
_FLAG_BITS = 4
_TEST_BITS = 16


@unique
class Flag(IntEnum):
    """QARTOD primary flags (ioos_qc.qartod.QartodFlags uses the same numbers)."""

    GOOD = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


# Only these may enter a statistic.
USABLE_FLAGS = (Flag.GOOD, Flag.NOT_EVALUATED)


class Test(IntFlag):
    """Which tests a channel of a reading did not pass; stored numbers, so a member never changes its bit."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    MISSING = 1 << 0
    IMPOSSIBLE = 1 << 1
    RAIL = 1 << 2
    CEILING = 1 << 3
    GROSS_RANGE = 1 << 4
    SPIKE = 1 << 5
    RATE_OF_CHANGE = 1 << 6
    FLAT_LINE = 1 << 7
    ATTENUATED = 1 << 8
    GAP = 1 << 9
    SCATTERED = 1 << 10  # the samples behind one value lay far apart
    STALE_TEMPERATURE = 1 << 11
    OVERRIDE = 1 << 12
    NOISY = 1 << 13  # jumps about, or read between impossible values
    DRY_PROBE = 1 << 14
    SERVICE = 1 << 15


# Tests that look at one reading alone; the others need neighbours in time or in the fleet.
SINGLE_TESTS = Test.MISSING | Test.IMPOSSIBLE | Test.RAIL | Test.CEILING | Test.GROSS_RANGE | Test.STALE_TEMPERATURE
#: Said of a reading when it was taken; what is stored of it does not show it again.
TOLD_TESTS = (Test.SERVICE, Test.SCATTERED)

_RANK = np.zeros(16, dtype=np.uint8)
_RANK[[Flag.MISSING, Flag.NOT_EVALUATED, Flag.GOOD, Flag.SUSPECT, Flag.FAIL]] = [1, 2, 3, 4, 5]


def worst_flags(*flags: npt.ArrayLike) -> FlagArray:
    """Combine flag arrays of the same shape element by element, keeping the most serious.

    Precedence is fail > suspect > good > not evaluated > missing, as in ``ioos_qc.qartod.qartod_compare``:
    a test that could not run does not spoil one that passed.

    Raises
    ------
    ValueError
        If no array is given.
    """
    if not flags:
        raise ValueError("worst_flags needs at least one array of flags")
    arrays = [np.asarray(one, dtype=np.uint8) for one in flags]
    return reduce(lambda left, right: np.where(_RANK[right] > _RANK[left], right, left), arrays)


def usable(flags: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Tell which flags allow their value into a statistic (1 good and 2 not evaluated)."""
    given = np.asarray(flags)
    return (given == Flag.GOOD) | (given == Flag.NOT_EVALUATED)


def pack_flags(ph: npt.ArrayLike, ec: npt.ArrayLike, water: npt.ArrayLike) -> npt.NDArray[np.int16]:
    """Pack the flags of the three channels, 4 bits each, pH in the lowest.

    Raises
    ------
    ValueError
        If a flag is not one of :class:`Flag`.
    """
    channels = [np.asarray(one).astype(np.int64) for one in (ph, ec, water)]
    for channel in channels:
        # Negative numbers would wrap around; as unsigned ones they are far too big.
        unknown = channel[_RANK[np.minimum(channel.view(np.uint64), _RANK.size - 1)] == 0]
        if unknown.size:
            raise ValueError(f"{unknown[0]} is not a quality flag; use 1, 2, 3, 4 or 9")
    return _pack(channels, _FLAG_BITS).astype(np.int16)


def unpack_flags(packed: npt.ArrayLike) -> tuple[FlagArray, FlagArray, FlagArray]:
    """Undo :func:`pack_flags`: arrays of pH, EC and water temperature flags, in this order."""
    ph, ec, water = (one.astype(np.uint8) for one in _unpack(packed, _FLAG_BITS))
    return ph, ec, water


def pack_tests(ph: npt.ArrayLike, ec: npt.ArrayLike, water: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Pack the test masks of the three channels, 16 bits each, pH in the lowest; never negative.

    Raises
    ------
    ValueError
        If a mask does not fit 16 bits.
    """
    channels = [np.asarray(one).astype(np.int64) for one in (ph, ec, water)]
    for channel in channels:
        if np.any((channel < 0) | (channel >= 1 << _TEST_BITS)):
            raise ValueError(f"a test mask must fit 16 bits, got values from {channel.min()} to {channel.max()}")
    return _pack(channels, _TEST_BITS)


def unpack_tests(packed: npt.ArrayLike) -> tuple[TestArray, TestArray, TestArray]:
    """Undo :func:`pack_tests`: masks of pH, EC and water temperature, in this order."""
    ph, ec, water = (one.astype(np.uint16) for one in _unpack(packed, _TEST_BITS))
    return ph, ec, water


def names_of_tests(mask: int) -> list[str]:
    """List the tests in one channel's mask by their lower-case names, lowest bit first."""
    return [str(test.name).lower() for test in Test if test & mask]


def _pack(channels: list[npt.NDArray[np.int64]], bits: int) -> npt.NDArray[np.int64]:
    return channels[0] | channels[1] << bits | channels[2] << 2 * bits


def _unpack(packed: npt.ArrayLike, bits: int) -> list[npt.NDArray[np.int64]]:
    wide = np.asarray(packed).astype(np.int64)
    return [wide >> bits * position & (1 << bits) - 1 for position in range(3)]

"""pH calibration buffers: their values by temperature, and which one a probe probably stands in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType

import numpy as np

from analytics.calibration import ZERO_CELSIUS_K, PhCalibration, ph_from_mv


@unique
class Buffer(StrEnum):
    """One buffer solution, named by the value on its label (at 25 °C)."""

    PH_4_00 = "4.00"
    PH_4_01 = "4.01"
    PH_6_86 = "6.86"
    PH_7_00 = "7.00"
    PH_9_18 = "9.18"
    PH_10_01 = "10.01"


@unique
class BufferSet(StrEnum):
    """What is sold together; a sachet of the other set is 0.14 pH off in the middle."""

    NIST_POWDER = "4.01 / 6.86 / 9.18"
    TECHNICAL = "4.00 / 7.00 / 10.01"


BUFFERS_OF: Mapping[BufferSet, tuple[Buffer, ...]] = MappingProxyType(
    {
        BufferSet.NIST_POWDER: (Buffer.PH_4_01, Buffer.PH_6_86, Buffer.PH_9_18),
        BufferSet.TECHNICAL: (Buffer.PH_4_00, Buffer.PH_7_00, Buffer.PH_10_01),
    }
)

_CELSIUS = np.arange(0.0, 51.0, 5.0)
# Columns 4.00, 7.00, 10.01: Foxboro MI 611-211, table 7. 6.86 and 9.18: the same, table 8, up to 10 °C, above it
# the values of the National Bureau of Standards.
_PH_BY_TEMPERATURE: Mapping[Buffer, tuple[float, ...]] = MappingProxyType(
    {
        Buffer.PH_4_00: (4.00, 4.00, 4.00, 4.00, 4.00, 4.00, 4.01, 4.02, 4.03, 4.04, 4.06),
        Buffer.PH_6_86: (6.98, 6.95, 6.92, 6.90, 6.88, 6.86, 6.85, 6.84, 6.84, 6.83, 6.83),
        Buffer.PH_7_00: (7.12, 7.09, 7.06, 7.04, 7.02, 7.00, 6.99, 6.99, 6.98, 6.98, 6.97),
        Buffer.PH_9_18: (9.46, 9.40, 9.33, 9.28, 9.23, 9.18, 9.14, 9.10, 9.07, 9.04, 9.01),
        Buffer.PH_10_01: (10.32, 10.25, 10.18, 10.12, 10.06, 10.01, 9.97, 9.93, 9.89, 9.86, 9.83),
    }
)

# A probe may be this far off (in pH) and its buffer still be recognised; half the distance between two buffers.
_RECOGNISED_WITHIN = 1.0


@dataclass(frozen=True, slots=True)
class BufferGuess:
    """The buffer a probe probably stands in; ``error_ph`` is what the old calibration is off there."""

    buffer: Buffer
    buffer_ph: float
    error_ph: float


def buffer_ph(buffer: Buffer, temperature_c: float) -> float:
    """Give a buffer's pH at its own temperature, interpolated linearly between the 5 °C steps of the table.

    The NIST phthalate buffer (4.01) follows the formula of Hetzer 1977.

    Raises
    ------
    ValueError
        Outside 0 to 50 °C, where no table goes.
    """
    if not 0 <= temperature_c <= 50:
        raise ValueError(f"buffer values are known from 0 to 50 °C, not at {temperature_c} °C; measure the buffer")
    if buffer is Buffer.PH_4_01:
        kelvin = temperature_c + ZERO_CELSIUS_K
        return 2073.44 / kelvin - 13.3270 + 0.045199 * kelvin - 3.4846e-5 * kelvin**2
    return float(np.interp(temperature_c, _CELSIUS, _PH_BY_TEMPERATURE[buffer]))


def guess_buffer(
    ph_mv: float, temperature_c: float, buffers: BufferSet, *, calibration: PhCalibration
) -> BufferGuess | None:
    """Guess the buffer from the board's output and the calibration so far (the nominal one for a new probe).

    Returns None when the reading is more than 1 pH from every buffer of the set: then it is not a buffer, or the
    probe is too far gone to say.
    """
    reading = float(ph_from_mv(ph_mv, temperature_c, calibration))
    guesses = [
        BufferGuess(one, buffer_ph(one, temperature_c), reading - buffer_ph(one, temperature_c))
        for one in BUFFERS_OF[buffers]
    ]
    nearest = min(guesses, key=lambda guess: abs(guess.error_ph))
    return nearest if abs(nearest.error_ph) <= _RECOGNISED_WITHIN else None

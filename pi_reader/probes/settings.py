"""How the probes are wired and read; plain values, so that reading a configuration needs no driver."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pi_reader.probes.boards import GRAVITY_PH_V2, GRAVITY_TDS, Board

# Gain of the ADS1115 and the input that gives its highest code, in mV (TI SBAS444, full-scale range).
FULL_SCALE_MV = {2 / 3: 6144.0, 1: 4096.0, 2: 2048.0, 4: 1024.0, 8: 512.0, 16: 256.0}
# At its full resolution of 12 bits.
DS18B20_CONVERSION_S = 0.75
DATA_RATES = (8, 16, 32, 64, 128, 250, 475, 860)


@dataclass(frozen=True, slots=True)
class AdcSettings:
    """How to convert: 25 conversions at 8 a second take 3.1 s per channel and have the converter's lowest noise.

    ``gain_of_pin`` holds the inputs that are amplified otherwise than by ``gain``.
    """

    address: int = 0x48
    gain: float = 1
    data_rate: int = 8
    samples: int = 25
    supply_mv: float = 3300.0
    gain_of_pin: Mapping[int, float] = field(default_factory=dict)

    def gain_at(self, pin: int) -> float:
        """Return the gain of an input."""
        return self.gain_of_pin.get(pin, self.gain)

    def lsb_mv_at(self, pin: int) -> float:
        """Return the voltage of one count of an input, in mV."""
        return FULL_SCALE_MV[self.gain_at(pin)] / 32768


@dataclass(frozen=True, slots=True)
class Wiring:
    """Which input is what, and how long the boards need after the TDS board is switched.

    A divider of 2 halves the board's voltage before the converter; what is reported is the board's.
    """

    ph_pin: int = 0
    ec_pin: int = 1
    ph_board: Board = GRAVITY_PH_V2
    ec_board: Board = GRAVITY_TDS
    ph_divider: float = 1.0
    ec_divider: float = 1.0
    quiet_s: float = 1.0
    settle_s: float = 2.0

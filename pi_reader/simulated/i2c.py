"""An I2C bus and an ADS1115 on it, simulated down to the registers, for the real driver to talk to."""

import errno
import time
from collections.abc import Callable

_CONVERSION, _CONFIG, _LOW_THRESHOLD, _HIGH_THRESHOLD = range(4)
_RESET_CONFIG = 0x8583  # datasheet: idle, AIN0-AIN1, +-2.048 V, single shot, 128 conversions a second
_OS_BIT = 0x8000
_FULL_SCALE_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
_RATES = (8, 16, 32, 64, 128, 250, 475, 860)
_DIFFERENTIAL = ((0, 1), (0, 3), (1, 3), (2, 3))


class SimulatedAds1115:
    """The chip: four registers, input multiplexer, amplifier, and conversions that take their time.

    ``volts`` gives the voltage of an input at this moment. ``time_scale`` stretches conversion times: 1 is real,
    0 is immediate. ``hung`` is a chip whose conversion never ends.
    """

    def __init__(
        self,
        volts: Callable[[int], float],
        *,
        time_scale: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._volts = volts
        self._time_scale = time_scale
        self._monotonic = monotonic
        self._pointer = _CONVERSION
        self._registers = [0, _RESET_CONFIG, 0x8000, 0x7FFF]
        self._converted = 0
        self._done_at = 0.0
        self.hung = False

    def write(self, data: bytes) -> None:
        """Take a write transaction: a register number, and its two new bytes if they follow."""
        if not data:
            return
        self._pointer = data[0] & 0x03
        if len(data) < 3 or self._pointer == _CONVERSION:
            return
        value = data[1] << 8 | data[2]
        self._registers[self._pointer] = value
        if self._pointer == _CONFIG and value & _OS_BIT:
            self._start(value)

    def read(self, length: int) -> bytes:
        """Answer a read transaction of the register the last write chose."""
        value = self._registers[self._pointer]
        if self._pointer == _CONFIG:
            value = value & ~_OS_BIT if self._busy() else value | _OS_BIT
        elif self._pointer == _CONVERSION and not self._busy():
            value = self._registers[_CONVERSION] = self._converted
        return value.to_bytes(2, "big")[:length].ljust(length, b"\xff")

    def _start(self, config: int) -> None:
        self._converted = _code(self._input_volts(config >> 12 & 0x07), _FULL_SCALE_V[config >> 9 & 0x07])
        self._done_at = self._monotonic() + self._time_scale / _RATES[config >> 5 & 0x07]

    def _input_volts(self, mux: int) -> float:
        if mux >= 4:
            return self._volts(mux - 4)
        positive, negative = _DIFFERENTIAL[mux]
        return self._volts(positive) - self._volts(negative)

    def _busy(self) -> bool:
        return self.hung or self._monotonic() < self._done_at


class SimulatedI2CBus:
    """The bus as ``busio.I2C`` presents it. ``held`` is a bus that somebody else never releases."""

    def __init__(self, chips: dict[int, SimulatedAds1115]) -> None:
        self.chips = chips
        self.held = False

    def try_lock(self) -> bool:
        return not self.held

    def unlock(self) -> None:
        return None

    def scan(self) -> list[int]:
        return sorted(self.chips)

    def writeto(self, address: int, buffer: bytes, *, start: int = 0, end: int | None = None) -> None:
        self._chip(address).write(bytes(buffer[start:end]))

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        end = len(buffer) if end is None else end
        buffer[start:end] = self._chip(address).read(end - start)

    def writeto_then_readfrom(
        self,
        address: int,
        out_buffer: bytes,
        in_buffer: bytearray,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
    ) -> None:
        self.writeto(address, out_buffer, start=out_start, end=out_end)
        self.readfrom_into(address, in_buffer, start=in_start, end=in_end)

    def _chip(self, address: int) -> SimulatedAds1115:
        chip = self.chips.get(address)
        if chip is None:
            # What Linux reports when nobody acknowledges the address.
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        return chip


def _code(volts: float, full_scale_v: float) -> int:
    """Return the 16-bit two's complement code of a voltage, held at the ends of the range."""
    code = round(volts / full_scale_v * 32768)
    return max(-32768, min(32767, code)) & 0xFFFF

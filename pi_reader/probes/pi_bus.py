"""The Pi's own I2C bus, opened when it is first needed, so that the agent starts without it, too."""

import errno
import time
from typing import Any

# What the Adafruit libraries raise where a board has no such bus, or none that they know.
_NO_BUS = (ImportError, AttributeError, NotImplementedError, RuntimeError, ValueError)


class PiI2C:
    """``board.I2C()``, or an ``OSError`` that says what to do as long as there is none."""

    def __init__(self) -> None:
        self._bus: Any = None

    def try_lock(self) -> bool:
        return bool(self._open().try_lock())

    def unlock(self) -> None:
        if self._bus is not None:
            self._bus.unlock()

    def scan(self) -> list[int]:
        """List the addresses at which something answers."""
        bus = self._open()
        while not bus.try_lock():
            time.sleep(0.01)
        try:
            return list(bus.scan())
        finally:
            bus.unlock()

    def writeto(self, address: int, buffer: bytes, *, start: int = 0, end: int | None = None) -> None:
        self._open().writeto(address, buffer, start=start, end=end)

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        self._open().readfrom_into(address, buffer, start=start, end=end)

    def writeto_then_readfrom(
        self, address: int, out_buffer: bytes, in_buffer: bytearray, **limits: int | None
    ) -> None:
        self._open().writeto_then_readfrom(address, out_buffer, in_buffer, **limits)

    def _open(self) -> Any:
        if self._bus is None:
            try:
                # Only here: the module looks for the Pi's hardware already when imported.
                import board  # type: ignore[import-untyped]

                self._bus = board.I2C()
            except _NO_BUS as error:
                raise OSError(
                    errno.ENODEV, f"no I2C bus ({error}); switch it on: sudo raspi-config nonint do_i2c 0"
                ) from error
        return self._bus

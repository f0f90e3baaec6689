"""An I2C bus with a deadline.

The ADS1115 driver polls "is the conversion done?" in a loop without an end, and the lock in the same way: a chip that
hangs would hang the agent for ever. Every step of such a loop passes through the bus, so this is the place to stop it.
"""

import time
from collections.abc import Callable
from typing import Protocol

_CONFIG_REGISTER = 0x01
_NOT_BUSY = 0x80  # top bit of the config register's first byte


class I2CBus(Protocol):
    """The part of ``busio.I2C`` that the driver uses."""

    def try_lock(self) -> bool: ...

    def unlock(self) -> None: ...

    def writeto(self, address: int, buffer: bytes, *, start: int = 0, end: int | None = None) -> None: ...

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None: ...

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
    ) -> None: ...


class GuardedBus:
    """Pass everything on to ``bus``; raise ``TimeoutError`` once the deadline set by :meth:`allow` is over.

    A poll that finds the converter busy sleeps ``poll_pause_s``, because at 8 conversions a second the driver's
    loop would otherwise keep a whole core of the Pi at work.
    """

    def __init__(
        self,
        bus: I2CBus,
        *,
        poll_pause_s: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bus = bus
        self._poll_pause_s = poll_pause_s
        self._monotonic = monotonic
        self._sleep = sleep
        self._deadline = float("inf")

    def allow(self, seconds: float) -> None:
        """Let the transactions of the next ``seconds`` pass."""
        self._deadline = self._monotonic() + seconds

    def try_lock(self) -> bool:
        self._check()
        return self._bus.try_lock()

    def unlock(self) -> None:
        self._bus.unlock()

    def writeto(self, address: int, buffer: bytes, *, start: int = 0, end: int | None = None) -> None:
        self._check()
        self._bus.writeto(address, buffer, start=start, end=len(buffer) if end is None else end)

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        self._check()
        self._bus.readfrom_into(address, buffer, start=start, end=len(buffer) if end is None else end)

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
        self._check()
        self._bus.writeto_then_readfrom(
            address,
            out_buffer,
            in_buffer,
            out_start=out_start,
            out_end=len(out_buffer) if out_end is None else out_end,
            in_start=in_start,
            in_end=len(in_buffer) if in_end is None else in_end,
        )
        if out_buffer[out_start] == _CONFIG_REGISTER and not in_buffer[in_start] & _NOT_BUSY:
            self._sleep(self._poll_pause_s)

    def _check(self) -> None:
        if self._monotonic() > self._deadline:
            raise TimeoutError("the I2C bus or the converter on it did not finish in time")

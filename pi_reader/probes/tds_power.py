"""Power to the TDS board, which drives current through the water and disturbs the pH probe beside it."""

import errno
from typing import Any, Protocol

# What the Adafruit libraries raise where a board has no such pin.
_NO_PIN = (ImportError, AttributeError, NotImplementedError, RuntimeError, ValueError)


class TdsPower(Protocol):
    """A switch in the TDS board's supply."""

    def on(self) -> None: ...

    def off(self) -> None: ...


class GpioPower:
    """A transistor on a GPIO pin (3 to 6 mA are too much for the pin itself), taken when it is first switched.

    Without such a pin, switching raises ``OSError``.
    """

    def __init__(self, gpio: int) -> None:
        self._gpio = gpio
        self._pin: Any = None

    def on(self) -> None:
        self._take().value = True

    def off(self) -> None:
        self._take().value = False

    def _take(self) -> Any:
        if self._pin is None:
            try:
                # Only here: these modules need the Pi's hardware already when imported.
                import board  # type: ignore[import-untyped]
                import digitalio  # type: ignore[import-untyped]

                pin = digitalio.DigitalInOut(getattr(board, f"D{self._gpio}"))
                pin.direction = digitalio.Direction.OUTPUT
            except _NO_PIN as error:
                raise OSError(errno.ENODEV, f"GPIO {self._gpio} cannot be switched: {error}") from error
            self._pin = pin
        return self._pin

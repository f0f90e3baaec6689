"""Power to the TDS board, which drives current through the water and disturbs the pH probe beside it."""

from typing import Protocol


class TdsPower(Protocol):
    """A switch in the TDS board's supply."""

    def on(self) -> None: ...

    def off(self) -> None: ...


class GpioPower:
    """A transistor on a GPIO pin (3 to 6 mA are too much for the pin itself)."""

    def __init__(self, gpio: int) -> None:
        # Only here: these modules need the Pi's hardware already when imported.
        import board  # type: ignore[import-untyped]
        import digitalio  # type: ignore[import-untyped]

        self._pin = digitalio.DigitalInOut(getattr(board, f"D{gpio}"))
        self._pin.direction = digitalio.Direction.OUTPUT
        self._pin.value = False

    def on(self) -> None:
        self._pin.value = True

    def off(self) -> None:
        self._pin.value = False

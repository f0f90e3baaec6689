"""All probes of one tank, read in the order that keeps them out of each other's way."""

import time
from collections.abc import Callable
from typing import Protocol

from pi_reader.probes.settings import Wiring
from pi_reader.probes.tds_power import TdsPower
from pi_reader.sample import ChannelRead, Sample, sample_of


class Thermometer(Protocol):
    """Gives the water temperature in °C."""

    def read(self) -> ChannelRead: ...


class Adc(Protocol):
    """Gives the voltage of an input in mV."""

    def read_mv(self, pin: int) -> ChannelRead: ...


class Rig:
    """Temperature, pH and EC of one tank. Without ``power`` the boards are isolated and simply read in turn."""

    def __init__(
        self,
        thermometer: Thermometer,
        adc: Adc,
        wiring: Wiring,
        *,
        power: TdsPower | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._thermometer = thermometer
        self._adc = adc
        self._wiring = wiring
        self._power = power
        self._sleep = sleep

    def read(self) -> Sample:
        """Return one sample. Temperature comes first: it is closest to the moment the reading is stamped with."""
        water = self._thermometer.read()
        if self._power is None:
            ph = self._adc.read_mv(self._wiring.ph_pin)
            ec = self._adc.read_mv(self._wiring.ec_pin)
        else:
            ph, ec = self._read_by_turns(self._power)
        return sample_of(ph, ec, water)

    def _read_by_turns(self, power: TdsPower) -> tuple[ChannelRead, ChannelRead]:
        """Read pH while the TDS board has no power, then EC once the board has settled."""
        power.off()
        self._sleep(self._wiring.quiet_s)
        ph = self._adc.read_mv(self._wiring.ph_pin)
        power.on()
        try:
            self._sleep(self._wiring.settle_s)
            return ph, self._adc.read_mv(self._wiring.ec_pin)
        finally:
            power.off()

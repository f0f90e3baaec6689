"""All probes of one tank, read in the order that keeps them out of each other's way."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from pi_reader.probes.boards import Board
from pi_reader.probes.settings import Wiring
from pi_reader.probes.tds_power import TdsPower
from pi_reader.sample import ChannelRead, Reason, Sample, sample_of

log = logging.getLogger(__name__)

# Enough for a person who waits at a calibration; the usual 25 take three seconds a channel.
_HURRIED_SAMPLES = 4


class Thermometer(Protocol):
    """Gives the water temperature in °C."""

    def read(self) -> ChannelRead: ...


class Adc(Protocol):
    """Gives the voltage of an input in mV, from the usual number of conversions or another."""

    def read_mv(self, pin: int, samples: int | None = None) -> ChannelRead: ...


class Rig:
    """Temperature, pH and EC of one tank. Without ``power`` the boards are isolated and simply read in turn.

    ``is_hurried`` looks say less precisely, but sooner, what the probes see.
    """

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
        self.wiring = wiring
        self._power = power
        self._sleep = sleep
        self.is_hurried = False

    @property
    def can_switch(self) -> bool:
        """Tell whether the TDS board can be switched off."""
        return self._power is not None

    def read(self) -> Sample:
        """Return one sample. Temperature comes first: it is closest to the moment the reading is stamped with."""
        water = self._thermometer.read()
        samples = _HURRIED_SAMPLES if self.is_hurried else None
        if self._power is None:
            return sample_of(self._read_ph(samples), self._read_ec(samples), water)
        self._switch(self._power.off)
        self._sleep(self.wiring.quiet_s)
        ph = self._read_ph(samples)
        return sample_of(ph, self._read_powered(self._power, lambda: self._read_ec(samples)), water)

    def read_ph_beside_tds(self, samples: int, *, tds_on: bool) -> ChannelRead:
        """Return pH with the TDS board's power on or off: how much the one disturbs the other."""
        if self._power is None:
            raise RuntimeError("nothing switches the TDS board of this rig")
        if tds_on:
            return self._read_powered(self._power, lambda: self._read_ph(samples))
        self._switch(self._power.off)
        self._sleep(self.wiring.quiet_s)
        return self._read_ph(samples)

    def _read_ph(self, samples: int | None) -> ChannelRead:
        wiring = self.wiring
        return _at_board(self._adc.read_mv(wiring.ph_pin, samples), wiring.ph_board, wiring.ph_divider)

    def _read_ec(self, samples: int | None) -> ChannelRead:
        wiring = self.wiring
        return _at_board(self._adc.read_mv(wiring.ec_pin, samples), wiring.ec_board, wiring.ec_divider)

    def _read_powered(self, power: TdsPower, read: Callable[[], ChannelRead]) -> ChannelRead:
        """Read once the TDS board has power and has settled; its power goes off again whatever happens."""
        if not self._switch(power.on):
            return ChannelRead(None, Reason.TDS_POWER)
        try:
            self._sleep(self.wiring.settle_s)
            return read()
        finally:
            self._switch(power.off)

    def _switch(self, turn: Callable[[], None]) -> bool:
        try:
            turn()
        except OSError as error:
            log.warning("the TDS board cannot be switched: %s", error)
            return False
        return True


def _at_board(read: ChannelRead, board: Board, divider: float) -> ChannelRead:
    """Return what a board puts out, from what the converter saw behind a divider."""
    noise = None if read.noise is None else read.noise * divider
    if read.value is None:
        return replace(read, noise=noise)
    mv = read.value * divider
    if mv > board.highest_mv:
        return ChannelRead(None, Reason.BOARD_RANGE, noise, read.used)
    return ChannelRead(mv, None, noise, read.used)

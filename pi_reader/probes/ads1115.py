"""The analogue channels through the Adafruit ADS1115 driver."""

import logging
import time
from collections.abc import Callable

from adafruit_ads1x15 import ADS1115, AnalogIn

from pi_reader.probes.guarded_bus import GuardedBus, I2CBus
from pi_reader.probes.robust import robust_median
from pi_reader.probes.settings import AdcSettings
from pi_reader.sample import ChannelRead, Reason

log = logging.getLogger(__name__)

_HIGHEST_CODE = 32767
# Within this distance of the supply an input is lying at the rail, not measuring.
_RAIL_MARGIN_MV = 20.0
# A grounded input may read a few counts below zero; more than this is a ground fault.
_NEGATIVE_MV = -1.0
_SPARE_TIME_S = 2.0


class Ads1115:
    """Reads channels; a chip that vanishes gives reasons, not exceptions, and is taken up again when it returns."""

    def __init__(
        self,
        bus: I2CBus,
        settings: AdcSettings,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self._bus = GuardedBus(bus, poll_pause_s=1 / settings.data_rate / 8, monotonic=monotonic, sleep=sleep)
        self._driver: ADS1115 | None = None

    def budget_s(self, samples: int | None = None) -> float:
        """Return the time after which a read is given up."""
        # One conversion more than counted (the discarded one), and the chip's rate may be 10 % off (datasheet).
        return ((samples or self.settings.samples) + 1) * 1.1 * 1.25 / self.settings.data_rate + _SPARE_TIME_S

    def read_mv(self, pin: int, samples: int | None = None) -> ChannelRead:
        """Return the median of many conversions of input ``pin`` (0 to 3) in mV, with the spread as noise.

        ``samples`` conversions are made, or as many as the settings say.
        """
        self._bus.allow(self.budget_s(samples))
        try:
            codes = self._convert(pin, samples or self.settings.samples)
        except TimeoutError:
            return self._lost(Reason.ADC_TIMEOUT, pin)
        except OSError as error:
            return self._lost(Reason.ADC_IO, pin, error)
        except ValueError as error:  # the driver found nobody at the address
            return self._lost(Reason.ADC_ABSENT, pin, error)
        return self._judge(codes, pin)

    def _convert(self, pin: int, samples: int) -> list[int]:
        if self._driver is None:
            settings = self.settings
            self._driver = ADS1115(
                self._bus, gain=settings.gain, data_rate=settings.data_rate, address=settings.address
            )
        gain = self.settings.gain_at(pin)
        if self._driver.gain != gain:
            self._driver.gain = gain
        channel = AnalogIn(self._driver, pin)
        # The first conversion after a change of input still carries charge of the previous one.
        _ = channel.value
        return [channel.value for _ in range(samples)]

    def _judge(self, codes: list[int], pin: int) -> ChannelRead:
        lsb_mv = self.settings.lsb_mv_at(pin)
        code, mad, used = robust_median(codes)
        mv = code * lsb_mv
        noise = mad * lsb_mv
        if code >= _HIGHEST_CODE or mv >= self.settings.supply_mv - _RAIL_MARGIN_MV:
            return ChannelRead(None, Reason.RAIL, noise, used)
        if mv < _NEGATIVE_MV:
            return ChannelRead(None, Reason.NEGATIVE, noise, used)
        return ChannelRead(max(mv, 0.0), None, noise, used)

    def _lost(self, reason: Reason, pin: int, error: Exception | None = None) -> ChannelRead:
        self._driver = None
        log.warning("ADS1115 0x%02x input %d: %s %s", self.settings.address, pin, reason, error or "")
        return ChannelRead(None, reason)

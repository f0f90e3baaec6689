"""The water thermometer through the w1thermsensor driver."""

import logging
import os
from functools import cache
from pathlib import Path

import stamina

from pi_reader.sample import ChannelRead, Reason

# Without this the driver's import runs modprobe; on a Pi the device tree overlay has loaded the modules long before.
os.environ.setdefault("W1THERMSENSOR_NO_KERNEL_MODULE", "1")
from w1thermsensor import (  # type: ignore[import-untyped]
    NoSensorFoundError,
    ResetValueError,
    Sensor,
    SensorNotReadyError,
    W1ThermSensor,
)

log = logging.getLogger(__name__)

SYSFS_DEVICES = Path("/sys/bus/w1/devices")
_ATTEMPTS = 3
# What the sensor can measure. Outside of it lies -127, what a broken line reads as.
_LOWEST_C, _HIGHEST_C = -55.0, 125.0
# OSError: no device tree at all. IndexError, ValueError: a half-written answer makes the driver fail in its parsing.
_SENSOR_FAULTS = (NoSensorFoundError, SensorNotReadyError, ResetValueError, OSError, IndexError, ValueError)


class Ds18b20:
    """Reads one DS18B20: the one with ``sensor_id`` (12 hex digits), or the first found when it is None."""

    def __init__(
        self, sensor_id: str | None = None, *, devices: Path = SYSFS_DEVICES, retry_pause_s: float = 1.0
    ) -> None:
        self.sensor_id = sensor_id
        self._driver_class = _driver_class(devices)
        self._retry_pause_s = retry_pause_s
        self._driver: W1ThermSensor | None = None
        # A conversion takes 0.75 s; the kernel may try an answer with a wrong checksum again before it gives up.
        self.patience_s = _ATTEMPTS * 1.5 + (_ATTEMPTS - 1) * retry_pause_s

    def read(self) -> ChannelRead:
        """Return the temperature in °C, or the reason after three attempts; 85.0 °C and -127 °C are never values."""
        try:
            return ChannelRead(self._read_patiently(), used=1)
        except _SENSOR_FAULTS as error:
            self._driver = None
            reason = _reason_of(error)
            log.warning("DS18B20 %s: %s (%s)", self.sensor_id or "(first found)", reason, error)
            return ChannelRead(None, reason)

    def _read_patiently(self) -> float:
        pause_s = self._retry_pause_s
        attempts = stamina.retry_context(
            on=_SENSOR_FAULTS,
            attempts=_ATTEMPTS,
            timeout=None,
            wait_initial=pause_s,
            wait_max=pause_s,
            wait_jitter=0.0,
            wait_exp_base=1.0,
        )
        for attempt in attempts:
            with attempt:
                return self._read_once()
        raise AssertionError("the retry loop returns or raises")

    def _read_once(self) -> float:
        if self._driver is None:
            self._driver = self._driver_class(Sensor.DS18B20, self.sensor_id)
        celsius = float(self._driver.get_temperature())
        if not _LOWEST_C <= celsius <= _HIGHEST_C:
            raise OSError(f"{celsius:g} °C is no temperature this sensor can measure")
        return celsius


@cache
def _driver_class(devices: Path) -> type[W1ThermSensor]:
    """Return the driver bound to one device tree; a subclass, so that several trees live in one process."""
    return type("BoundW1ThermSensor", (W1ThermSensor,), {"BASE_DIRECTORY": devices})


def _reason_of(fault: Exception) -> Reason:
    if isinstance(fault, ResetValueError):
        return Reason.SENSOR_RESET
    if isinstance(fault, NoSensorFoundError | OSError):
        return Reason.SENSOR_ABSENT
    return Reason.SENSOR_CRC

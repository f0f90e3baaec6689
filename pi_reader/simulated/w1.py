"""The kernel's 1-Wire device tree with simulated DS18B20 sensors in it, for the real driver to read."""

import shutil
from pathlib import Path

_POWER_ON_C = 85.0


class W1Tree:
    """A directory that looks like ``/sys/bus/w1/devices``; many sensors, each with its own 12-digit id."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, sensor_id: str, celsius: float) -> None:
        """Show a finished conversion of this temperature, in the sensor's steps of 0.0625 °C."""
        self._write(sensor_id, celsius, damaged=False)

    def put_damaged(self, sensor_id: str, celsius: float) -> None:
        """Show an answer whose checksum does not fit."""
        self._write(sensor_id, celsius, damaged=True)

    def put_power_on_value(self, sensor_id: str) -> None:
        """Show 85.0 °C, what the sensor holds before its first conversion."""
        self._write(sensor_id, _POWER_ON_C, damaged=False)

    def remove(self, sensor_id: str) -> None:
        """Take the sensor off the bus."""
        shutil.rmtree(self._folder(sensor_id), ignore_errors=True)

    def _folder(self, sensor_id: str) -> Path:
        return self.root / f"28-{sensor_id}"

    def _write(self, sensor_id: str, celsius: float, *, damaged: bool) -> None:
        steps = round(celsius * 16) & 0xFFFF
        scratchpad = bytes([steps & 0xFF, steps >> 8, 0x4B, 0x46, 0x7F, 0xFF, 0x10 - (steps & 0x0F), 0x10])
        crc = _crc8(scratchpad)
        verdict = "NO" if damaged else "YES"
        raw = (scratchpad + bytes([crc ^ 0xFF if damaged else crc])).hex(" ")
        milli = round(celsius * 16) * 1000 // 16
        folder = self._folder(sensor_id)
        folder.mkdir(exist_ok=True)
        (folder / "w1_slave").write_text(f"{raw} : crc={crc:02x} {verdict}\n{raw} t={milli}\n", encoding="ascii")


def _crc8(data: bytes) -> int:
    """Return the Dallas 1-Wire checksum (polynomial x^8 + x^5 + x^4 + 1, least significant bit first)."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8C if crc & 1 else crc >> 1
    return crc

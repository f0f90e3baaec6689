"""How fast history is derived again: ``python tests/benchmarks/rederive.py``.

Prints readings per second of the calculation alone, for 99 Pis x 30 days at one reading a minute, and of a blend.
Times depend on the machine and on what else it does.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingest_api.calibrations import Calibrations
from ingest_api.rederivation import derive_again
from models.read.calibrations import CalibrationRow
from models.read.devices import DeviceRecord

START = datetime(2026, 10, 1, tzinfo=UTC)
PIS, READINGS = 99, 30 * 1440
DEVICE = DeviceRecord(1, "pi-1", None, None, None, 500, None, "active", "nutrient", False, 60, START, "agent")


def main() -> None:
    frame = history()
    for transition in ("step", "blend"):
        calibrations = Calibrations.of(versions(transition))
        began = time.perf_counter()
        for _ in range(PIS):
            derive_again(frame, DEVICE, calibrations)
        seconds = time.perf_counter() - began
        print(
            f"{transition}: {PIS * READINGS:,} readings in {seconds:.1f} s, {PIS * READINGS / seconds:,.0f} per second"
        )


def history() -> pd.DataFrame:
    """Make 30 days of one Pi as they are read to be derived again."""
    index = pd.date_range(START, periods=READINGS, freq="min", unit="ms")
    wave = np.sin(np.arange(READINGS) / 200)
    frame = pd.DataFrame({"ph_mv": 1677.5 + 9 * wave, "ec_mv": 1500.0 + 40 * wave, "water_c": 22.0 + wave}, index=index)
    frame = frame.assign(ph_sent=np.nan, ec_sent=np.nan, ph=6.0, ec_us_cm=1200.0, quality=0x111)
    return frame.assign(tests=0, ph_calibration_id=0, ec_calibration_id=0)


def versions(transition: str) -> list[CalibrationRow]:
    later = START + timedelta(days=29)
    return [
        CalibrationRow(1, 1, "ph", "two-point", START, {"ph7_mv": 1500.0}, "step", None),
        CalibrationRow(2, 1, "ph", "two-point", later, {"ph7_mv": 1520.0}, transition, None),
    ]


if __name__ == "__main__":
    main()

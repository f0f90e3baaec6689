"""Where the page's data come from."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from analytics.buffers import BUFFERS_OF, BufferSet, guess_buffer
from analytics.calibration import PhCalibration
from analytics.quantities import Quantity
from analytics.stability import WINDOW_S, Stability, judge_stability
from app.jobs.rederive import KIND
from app.pages.page import PageContext
from models.db import session_scope
from models.read.calibrations import CalibrationRecord, find_calibration, list_calibrations
from models.read.devices import DeviceRecord, find_device, list_devices
from models.read.jobs import JobRecord, list_jobs
from models.read.readings import newest_at, readings_frame, seen_at

#: The last minute is drawn; a slow rig needs more to be judged.
_LOOK_BACK = timedelta(seconds=150)
_SHOWN = pd.Timedelta(seconds=60)
_MILLIVOLTS = {Quantity.PH: "ph_mv", Quantity.EC: "ec_mv"}
# So many readings have to lie in the window that is judged; a Pi with many conversions takes seconds for each.
_WANTED_READINGS = 10


@dataclass(frozen=True, slots=True)
class Signal:
    """What a probe shows now. ``shown`` is the last minute in millivolts; ``celsius`` is None without thermometer."""

    shown: pd.Series
    stability: Stability
    celsius: float | None
    newest_at: datetime

    @property
    def millivolts(self) -> float:
        """The median of the judged window: what is captured."""
        return self.stability.millivolts


class CalibrationSource:
    """Answers from the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def names(self) -> list[str]:
        """Name the devices that can be calibrated, in natural order."""
        with session_scope(self._engine) as session:
            return [one.name for one in list_devices(session) if one.status == "active" and one.origin != "import"]

    def device(self, name: str | None) -> DeviceRecord | None:
        """Find a device; None if there is none of this name."""
        with session_scope(self._engine) as session:
            return find_device(session, name) if name else None

    def seen_at(self, device: DeviceRecord) -> datetime | None:
        """Tell when a device posted last, on the clock of the server; None if it never did."""
        with session_scope(self._engine) as session:
            return seen_at(session, device.id)

    def signal(self, device: DeviceRecord, quantity: Quantity) -> Signal | None:
        """Give what a probe shows now; None if it has sent no millivolts lately."""
        column = _MILLIVOLTS[quantity]
        with session_scope(self._engine) as session:
            newest = newest_at(session, device.id)
            if newest is None:
                return None
            frame = readings_frame(session, device.id, newest - _LOOK_BACK, None, (column, "water_c"))
        return _signal(frame[column], frame["water_c"])

    def shown(self, device: DeviceRecord, quantity: Quantity) -> float | None:
        """Give the finished value that pages show now: the median of the newest; None if there is none lately."""
        with session_scope(self._engine) as session:
            newest = newest_at(session, device.id)
            if newest is None:
                return None
            values = readings_frame(session, device.id, newest - _LOOK_BACK, None, (str(quantity),))[str(quantity)]
        return None if values.isna().all() else float(values.median())

    def history(self, device: DeviceRecord, quantity: Quantity) -> list[CalibrationRecord]:
        """List the visits to one probe, newest first: calibrations, and checks with a meter."""
        with session_scope(self._engine) as session:
            return list_calibrations(session, device.id, str(quantity))

    def calibration(self, number: int) -> CalibrationRecord:
        """Read one calibration."""
        with session_scope(self._engine) as session:
            return find_calibration(session, number)

    def repairs(self, device: DeviceRecord) -> list[JobRecord]:
        """List the repairs of a device's history, oldest first."""
        with session_scope(self._engine) as session:
            return list_jobs(session, KIND, {"device_id": device.id})


def zone_of(device: DeviceRecord | None, context: PageContext) -> str:
    """Name the time zone of a device's site, or the one to use where there is none."""
    return (device.site_time_zone if device else None) or context.time_zone


def guessed_row(signal: Signal, buffers: BufferSet, history: list[CalibrationRecord]) -> str | None:
    """Name the row of the buffer that the probe probably stands in; None if it is none of the set."""
    celsius = 25.0 if signal.celsius is None else signal.celsius
    if not (0 <= celsius <= 50 and np.isfinite(signal.millivolts)):
        return None
    calibrations = [one for one in history if one.method != "offset"]
    guess = guess_buffer(signal.millivolts, celsius, buffers, calibration=_latest(calibrations))
    return None if guess is None else str(BUFFERS_OF[buffers].index(guess.buffer) + 1)


def _latest(history: list[CalibrationRecord]) -> PhCalibration:
    if not history:
        return PhCalibration()
    known: dict[str, Any] = {name: value for name, value in history[0].parameters.items() if value is not None}
    return PhCalibration(**known)


def _signal(millivolts: pd.Series, water_c: pd.Series) -> Signal | None:
    if millivolts.notna().sum() == 0:
        return None
    stamps = pd.DatetimeIndex(millivolts.index)
    step_s = float(np.median(np.diff(stamps.as_unit("ms").asi8))) / 1000 if len(stamps) > 1 else 1.0
    window_s = min(max(WINDOW_S, _WANTED_READINGS * step_s), _LOOK_BACK.total_seconds())
    warm = water_c.dropna()
    newest = stamps[-1]
    return Signal(
        millivolts[millivolts.index > newest - _SHOWN],
        judge_stability(millivolts, window_s=window_s),
        None if warm.empty else float(warm.iloc[-1]),
        newest.to_pydatetime().astimezone(UTC),
    )

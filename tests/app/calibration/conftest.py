"""A tank with two weeks of millivolts, a desk to calibrate at, and people with and without the right to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from analytics.buffers import Buffer, BufferSet
from app.calibration.desk import CalibrationDesk
from app.calibration.visits import Circumstances, InBuffer, PhVisit
from app.jobs.rederive import finish_rederivations
from app.principal import Principal, Role
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.read.devices import DeviceRecord
from models.read.readings import readings_frame
from models.write.devices import register_device
from models.write.people import create_user

COLUMNS = (
    *("ph_mv", "ec_mv", "water_c", "ph_sent", "ec_sent", "ph", "ec_us_cm", "ph_as_measured", "ec_as_measured"),
    *("ph_calibration_id", "ec_calibration_id", "ph_measured", "quality", "tests"),
)


@dataclass
class Tank:
    """One device at work; times are days before the moment of the test."""

    engine: Engine
    now: datetime
    device: DeviceRecord
    desk: CalibrationDesk
    agronomist: Principal

    def at(self, days_ago: float) -> datetime:
        return self.now - timedelta(days=days_ago)

    def send(self, *, days: float = 16, until: float = 0.0, every_s: int = 600, **columns: object) -> None:
        """Let the device send readings, evenly, up to ``until`` days ago."""
        count = round((days - until) * 86_400 / every_s)
        ts_ms = int(self.at(until).timestamp() * 1000) - 1000 * every_s * np.arange(count)[::-1]
        given = columns or {"ph_mv": 1677.5, "ec_mv": 1500.0, "water_c": 25.0}
        with session_scope(self.engine) as session:
            take_in(
                session, {self.device.id: self.device}, SentReadings.of(self.device.id, ts_ms, **given), now=self.now
            )

    def readings(self) -> pd.DataFrame:
        with session_scope(self.engine) as session:
            return readings_frame(session, self.device.id, columns=COLUMNS)

    def repair(self) -> pd.DataFrame:
        """Do the ordered repairs; gives the readings after it."""
        finish_rederivations(self.engine, now=self.now)
        return self.readings()


def visit(
    at: datetime,
    low_mv: float = 2032.4,
    mid_mv: float = 1500.0,
    buffers: tuple[Buffer, Buffer] = (Buffer.PH_4_00, Buffer.PH_7_00),
    **around: object,
) -> PhVisit:
    """Two buffers at 25 °C; by default those of a new electrode on its nominal board."""
    readings = (InBuffer(buffers[0], low_mv, 25.0), InBuffer(buffers[1], mid_mv, 25.0))
    return PhVisit(Circumstances(at, **around), BufferSet.TECHNICAL, readings)  # type: ignore[arg-type]


@pytest.fixture
def make_visit() -> Callable[..., PhVisit]:
    return visit


@pytest.fixture
def tank(engine: Engine, now: datetime) -> Tank:
    """pi-17, with an agronomist called Sari; no readings yet."""
    with session_scope(engine) as session:
        person = create_user(session, "sari", "agronomist", None)
        device = register_device(session, "pi-17", interval_s=600, now=now - timedelta(days=60))
    desk = CalibrationDesk(engine, lambda: now)
    return Tank(engine, now, device, desk, Principal(person.id, "sari", Role.AGRONOMIST))

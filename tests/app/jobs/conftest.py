"""Devices with readings, and what was computed from them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.read.devices import DeviceRecord
from models.read.readings import readings_frame
from models.read.rollups import days_frame, hours_frame
from models.write.devices import register_device

BEGINNING, END = datetime(2000, 1, 1), datetime(2099, 1, 1)

Computed = dict[str, pd.DataFrame]


@pytest.fixture
def register(engine: Engine, now: datetime) -> Callable[..., DeviceRecord]:
    """Register a device; by default in a nutrient tank, every 5 minutes, with history."""

    def register_one(name: str, **options: Any) -> DeviceRecord:
        with session_scope(engine) as session:
            given = {"has_history": True, "interval_s": 300, "now": now, **options}
            return register_device(session, name, **given)

    return register_one


@pytest.fixture
def send(engine: Engine, now: datetime) -> Callable[..., None]:
    """Store readings: times and columns as :class:`SentReadings` takes them."""

    def send_readings(device: DeviceRecord, ts_ms: np.ndarray, **columns: Any) -> None:
        with session_scope(engine) as session:
            take_in(session, {device.id: device}, SentReadings.of(device.id, ts_ms, **columns), now=now)

    return send_readings


@pytest.fixture
def computed(engine: Engine) -> Callable[[DeviceRecord], Computed]:
    """Read everything that was computed about a device, without its id."""

    def read(device: DeviceRecord) -> Computed:
        with session_scope(engine) as session:
            return {
                "flags": readings_frame(session, device.id, columns=("quality", "tests")),
                "hours": hours_frame(session, [device.id], BEGINNING, END).drop(columns="device_id"),
                "days": days_frame(session, [device.id], BEGINNING, END).drop(columns="device_id"),
            }

    return read


@pytest.fixture
def assert_same() -> Callable[[Computed, Computed], None]:
    """Compare what was computed about two devices, column by column."""

    def compare(left: Computed, right: Computed) -> None:
        pd.testing.assert_frame_equal(left["flags"], right["flags"])
        for table in ("hours", "days"):
            histograms = [name for name in left[table] if name.endswith("_hist")]
            pd.testing.assert_frame_equal(
                left[table].drop(columns=histograms), right[table].drop(columns=histograms), rtol=1e-12
            )
            for name in histograms:
                assert [list(one) for one in left[table][name]] == [list(one) for one in right[table][name]]

    return compare

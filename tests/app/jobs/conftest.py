"""Devices with readings, and what was computed from them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, text

from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.read.devices import DeviceRecord
from models.read.readings import readings_frame
from models.read.rollups import days_frame, hours_frame
from models.write.devices import register_device

BEGINNING, END = datetime(2000, 1, 1), datetime(2099, 1, 1)

Computed = dict[str, pd.DataFrame]

# 2026-11-01 00:00 UTC, a Sunday.
_START_MS = 1_793_491_200_000
_MINUTE_MS = 60_000


def log_of_a_tank(days: int, seed: int = 7) -> dict[str, np.ndarray]:
    """Readings of a tank with noise, two gaps, a stuck probe, spikes, a doubtful thermometer and error codes."""
    random = np.random.default_rng(seed)
    ts_ms = _START_MS + np.arange(days * 288) * 5 * _MINUTE_MS + random.integers(0, 4000, days * 288)
    day = (ts_ms - _START_MS) / 86_400_000
    ph_mv = 1680 + 25 * np.sin(day * 5) + random.normal(0, 0.6, day.size)
    ec_mv = 1700 + 40 * np.sin(day * 2) + random.normal(0, 0.6, day.size)
    water_c = np.round((22 + 2 * np.sin(day * 6.28) + random.normal(0, 0.05, day.size)) * 16) / 16
    ph_mv[100:260] = 1671.25
    ph_mv[180] = 1690.0
    ph_mv[random.integers(0, day.size, 12)] += 200
    ec_mv[random.integers(0, day.size, 5)] = 3300
    water_c[random.integers(0, day.size, 8)] = 85.0
    water_c[400:420] = np.nan
    kept = np.ones(day.size, dtype=bool)
    kept[300:330] = kept[500:503] = False
    columns = {"ts_ms": ts_ms, "ph_mv": ph_mv, "ec_mv": ec_mv, "water_c": water_c}
    return {name: column[kept] for name, column in columns.items()}


@pytest.fixture
def tank_log() -> Callable[..., dict[str, np.ndarray]]:
    return log_of_a_tank


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
def send_rows(send: Callable[..., None]) -> Callable[..., None]:
    """Store some rows of what :func:`tank_log` gives."""

    def send_some(device: DeviceRecord, columns: dict[str, np.ndarray], rows: Any) -> None:
        send(device, columns["ts_ms"][rows], **{name: columns[name][rows] for name in ("ph_mv", "ec_mv", "water_c")})

    return send_some


@pytest.fixture
def dirty(engine: Engine) -> Callable[[], int]:
    """Count the dirty hours."""

    def count() -> int:
        with engine.connect() as connection:
            return connection.execute(text("SELECT count(*) FROM dirty_hours")).scalar_one()

    return count


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

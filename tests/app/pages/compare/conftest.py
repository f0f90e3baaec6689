"""Tanks that are compared: three that go along with each other, one that is out of range, one without a plant."""

from base64 import b64decode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from app.components import ConductivityUnit, Look
from app.jobs.rollups import refresh_dirty_hours
from app.pages.compare.callbacks import CompareAnswers
from app.pages.compare.source import CompareSource
from app.pages.page import PageContext
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.write.devices import ensure_site, plant, register_device

DAYS = 6
SLOT_S = 600


def numbers(packed: dict[str, str]) -> np.ndarray:
    """Give the numbers of a trace."""
    flat = np.frombuffer(b64decode(packed["bdata"]), dtype=packed["dtype"])
    return flat.reshape([int(one) for one in packed["shape"].split(",")]) if "shape" in packed else flat


@pytest.fixture
def send(engine: Engine, now: datetime) -> Callable[..., int]:
    """Give a function with which a device sends a reading every ten minutes of the last days."""

    def send(
        name: str, ph: float, *, ec: float = 1500.0, days: float = DAYS, ago: timedelta = timedelta(), **about: Any
    ) -> int:
        with session_scope(engine) as session:
            device = register_device(session, name, interval_s=SLOT_S, now=now - timedelta(days=90), **about)
            count = round(days * 86_400 / SLOT_S)
            ts_ms = round((now - ago).timestamp() * 1000) - 1000 * SLOT_S * np.arange(count, 0, -1)
            # A day's wave in all of them, and never quite still.
            wave = 0.1 * np.sin(ts_ms / 86_400_000 * 2 * np.pi) + np.arange(count) % 7 / 1000
            sent = SentReadings.of(
                device.id, ts_ms.astype(np.int64), ph=ph + wave, ec_us_cm=ec - 500 * wave, water_c=21.0 + 10 * wave
            )
            take_in(session, {device.id: device}, sent, now=now)
        refresh_dirty_hours(engine, now=now)
        return device.id

    return send


@pytest.fixture
def tanks(engine: Engine, now: datetime, send: Callable[..., int]) -> None:
    """pi-1 to pi-3 around pH 6 with lettuce, pi-10 at 7 without a plant; the band is 5.5 to 6.5."""
    with session_scope(engine) as session:
        ensure_site(session, "Lembang", time_zone="Asia/Jakarta", ppm_scale=500)
    for name, ph in (("pi-1", 5.9), ("pi-2", 6.0), ("pi-3", 6.1)):
        device_id = send(name, ph, site="Lembang", zone="GH 1")
        with session_scope(engine) as session:
            started = now - timedelta(days=5)
            plant(session, device_id, "lettuce", started_at=started, transplanted_on=started.date())
    send("pi-10", 7.0, site="Lembang", zone="GH 2")


@pytest.fixture
def answers(engine: Engine, now: datetime) -> CompareAnswers:
    return CompareAnswers(CompareSource(engine, lambda: now), PageContext(engine, lambda: now))


@pytest.fixture
def source(engine: Engine, now: datetime) -> CompareSource:
    return CompareSource(engine, lambda: now)


@pytest.fixture
def look() -> Look:
    """A wide, light screen that reads µS/cm."""
    return Look(ConductivityUnit.US_CM)

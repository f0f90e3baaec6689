"""Three tanks, an hour each: what the map is drawn from."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from app.components import ConductivityUnit, Look
from app.jobs.rollups import refresh_dirty_hours
from app.pages.heatmap.callbacks import HeatmapAnswers
from app.pages.heatmap.source import HeatmapSource
from app.pages.page import PageContext
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.write.devices import ensure_site, register_device

LOOK = Look(ConductivityUnit.US_CM)


@pytest.fixture
def send(engine: Engine, now: datetime) -> Callable[..., None]:
    """Give a function with which a tank sends a pH value a minute, the last one ``ago`` minutes ago."""

    def send(name: str, ph: list[float], *, ago: int = 1, **about: Any) -> None:
        with session_scope(engine) as session:
            device = register_device(session, name, interval_s=60, now=now - timedelta(days=30), **about)
            minutes = np.arange(-len(ph), 0) + 1 - ago
            ts_ms = int(now.timestamp() * 1000) + 60_000 * minutes
            sent = SentReadings.of(device.id, ts_ms.astype(np.int64), ph=np.array(ph), ec_us_cm=1500.0, water_c=21.0)
            take_in(session, {device.id: device}, sent, now=now)
        refresh_dirty_hours(engine, now=now)

    return send


@pytest.fixture
def tanks(engine: Engine, send: Callable[..., None]) -> None:
    """From 23:30 to 00:30, pi-2 and pi-10 half above 6.5, pi-10 a little longer; a river log that nobody judges."""
    with session_scope(engine) as session:
        ensure_site(session, "Lembang", time_zone="Asia/Jakarta", ppm_scale=500)
        ensure_site(session, "Subang", time_zone="Asia/Jakarta", ppm_scale=500)
    send("pi-2", [6.0] * 30 + [7.0] * 30, site="Lembang", zone="GH 1")
    send("pi-10", [6.0] * 15 + [7.0] * 45, site="Subang", zone="GH 2")
    send("river", [8.0] * 60, origin="import", medium="natural", has_history=True)


@pytest.fixture
def source(engine: Engine, now: datetime) -> HeatmapSource:
    return HeatmapSource(engine, lambda: now)


@pytest.fixture
def answers(engine: Engine, source: HeatmapSource, now: datetime) -> HeatmapAnswers:
    return HeatmapAnswers(source, PageContext(engine, lambda: now))


@pytest.fixture
def look() -> Look:
    """A wide, light screen that reads µS/cm."""
    return LOOK

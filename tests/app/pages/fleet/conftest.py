"""A fleet of two devices without a database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd
import pytest

from app.silence import Outage


def device_record(name: str, **changes: object) -> dict:
    record = {
        "device_id": int(name.rpartition("-")[2]),
        "name": name,
        "site": "Lembang",
        "site_time_zone": "Asia/Jakarta",
        "zone": "GH 10",
        "crop": "lettuce",
        "stage": "adult",
        "status": "active",
        "origin": "agent",
        "interval_s": 60.0,
        "last_seen_at": pd.Timestamp("2026-11-23T00:29:40Z"),
        "ts": pd.Timestamp("2026-11-23T00:29:30Z"),
        "ph": 6.1,
        "ec_us_cm": 1700.0,
        "water_c": 22.0,
        "quality": 0x111,
        "tests": 0,
        "skew_ms": 0,
        "config_damaged": False,
        "agent": "1.0",
        "ph_low": 5.5,
        "ph_high": 6.5,
        "ec_low": 1000.0,
        "ec_high": 2400.0,
        "water_low": 18.0,
        "water_high": 26.0,
    }
    return record | changes


def empty_hours() -> pd.DataFrame:
    frame = pd.DataFrame({"device_id": [], "hour": [], "n": [], "ph": [], "ec_us_cm": [], "water_c": []}, dtype=float)
    return frame.assign(hour=pd.DatetimeIndex([], tz="UTC"))


@dataclass
class FakeFleet:
    """Answers the page's questions from two frames."""

    records: list[dict]
    means: pd.DataFrame = field(default_factory=empty_hours)
    away: Outage | None = None

    def devices(self, now: datetime) -> pd.DataFrame:
        return pd.DataFrame(self.records)

    def hours(self, now: datetime) -> pd.DataFrame:
        return self.means

    def crops(self) -> Mapping[str, tuple[str, str]]:
        return {"lettuce": ("Lettuce", "Selada")}

    def outage(self) -> Outage | None:
        return self.away


@pytest.fixture
def fleet() -> FakeFleet:
    """pi-2 in range and pi-10 with a high pH."""
    return FakeFleet([device_record("pi-2"), device_record("pi-10", ph=6.94, zone="GH 2")])


@pytest.fixture
def make_record() -> Callable[..., dict]:
    """Make what the database says about one device, by name, with changes."""
    return device_record


@pytest.fixture
def no_hours() -> pd.DataFrame:
    """No hourly means at all."""
    return empty_hours()

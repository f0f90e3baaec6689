"""A fleet of a few tanks without a database, and what the last round of checks kept of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from analytics.quantities import Quantity
from app.insights.findings import Check, Outcome, Result, Urgency
from app.pages.fleet.rows import Device, judged
from app.pages.today.entries import Worklist
from app.pages.today.source import Look
from app.pages.today.worklist import Known, build_worklist

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
_NO_HOURS = pd.DataFrame({"device_id": [], "hour": pd.DatetimeIndex([], tz="UTC"), "n": []}).assign(
    ph=0.0, ec_us_cm=0.0, water_c=0.0
)
_SECONDS = [f"{one}_{part}_short" for one in ("ph", "ec", "water") for part in ("covered", "outside")]


def record(number: int, **changes: Any) -> dict[str, Any]:
    """What the database says of pi-<number>: all its values are inside and it spoke 20 s ago."""
    spoke_at = pd.Timestamp(NOW - timedelta(seconds=20))
    known = {
        "device_id": number, "name": f"pi-{number}", "site": "Lembang", "site_time_zone": "Asia/Jakarta",
        "zone": "GH 1", "crop": "lettuce", "stage": "adult", "status": "active", "origin": "agent", "interval_s": 60.0,
        "last_seen_at": spoke_at, "ts": spoke_at, "ph": 6.1, "ec_us_cm": 1700.0, "water_c": 22.0, "quality": 0x111,
        "tests": 0, "skew_ms": 0, "agent": "1.0", "ph_low": 5.5, "ph_high": 6.5, "ec_low": 1000.0, "ec_high": 2400.0,
        "water_low": 18.0, "water_high": 26.0, "config_damaged": False,
    }  # fmt: skip
    return known | changes


def found(number: int, check: Check, evidence: Any, *, quantity: Quantity = Quantity.PH, **changes: Any) -> Result:
    """A result of the last round of checks."""
    known: dict[str, Any] = {"outcome": Outcome.FOUND, "urgency": Urgency.NOW, "evidence": evidence}
    start = NOW - timedelta(days=14)
    return Result(number, f"pi-{number}", check, quantity, start=start, end=NOW, **{**known, **changes})


@dataclass
class Fleet:
    """Answers the page's one question from records and results."""

    records: list[dict[str, Any]]
    results: Sequence[Result] = ()
    calibrated: Mapping[tuple[int, Quantity], datetime | None] = field(default_factory=dict)
    checked_at: datetime | None = NOW

    def devices(self) -> list[Device]:
        return judged(pd.DataFrame(self.records), _NO_HOURS, NOW)

    def worklist(self) -> Worklist:
        by_device: dict[int, list[Result]] = {}
        for result in self.results:
            by_device.setdefault(result.device_id, []).append(result)
        return build_worklist(Known(self.devices(), by_device, self.calibrated), NOW)

    def look(self, now: datetime) -> Look:
        ids = [one["device_id"] for one in self.records]
        seconds = pd.DataFrame(0.0, index=ids, columns=_SECONDS)
        seconds[["ph_covered_short", "ph_outside_short"]] = [80_000.0, 8_000.0]
        readings = pd.Series(400, index=ids)
        return Look(self.devices(), self.worklist(), readings, seconds, self.checked_at)


@pytest.fixture
def make() -> Callable[..., dict[str, Any]]:
    """Make the record of one device."""
    return record


@pytest.fixture
def result() -> Callable[..., Result]:
    """Make a result of the last round of checks."""
    return found


@pytest.fixture
def fleet() -> type[Fleet]:
    """The class of fleets, to build one from records."""
    return Fleet

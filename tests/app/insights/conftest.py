"""Tanks in memory, as the checks look at them: a fortnight of hours side by side."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.insights.scene import Hours, Scene

END = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
START = datetime(2026, 11, 9, 0, 0, tzinfo=UTC)
STARTS = pd.date_range(START, periods=14 * 24 + 1, freq="h", unit="ms")
USUAL = {"ph": 6.0, "ec": 1500.0, "water": 22.0}
NO_ELECTRODES = pd.DataFrame(
    {
        "device_id": pd.Series(dtype="int64"),
        "valid_from": pd.DatetimeIndex([], tz="UTC"),
        "slope_percent": pd.Series(dtype="float64"),
        "offset_mv": pd.Series(dtype="float64"),
    }
)


def tank(number: int, **changes: Any) -> dict[str, Any]:
    """A tank of full-grown lettuce whose newest reading, 20 s old, is inside all its bands."""
    known = {
        "device_id": number, "name": f"pi-{number}", "site_time_zone": "Asia/Jakarta", "origin": "agent",
        "crop": "lettuce", "stage": "adult", "ts": pd.Timestamp(END - timedelta(seconds=20)), "quality": 0x111,
        "ph": 6.0, "ec_us_cm": 1500.0, "water_c": 22.0, "ph_low": 5.5, "ph_high": 6.5,
        "ec_low": 1000.0, "ec_high": 1800.0, "water_low": 18.0, "water_high": 26.0,
    }  # fmt: skip
    return known | changes


def hours(count: int, seed: int = 4) -> dict[str, pd.DataFrame]:
    """A fortnight of ``count`` tanks: the usual values, wandering as little as probes do, covered by readings."""
    rng = np.random.default_rng(seed)
    shape, names = (len(STARTS), count), list(range(1, count + 1))
    frames = {}
    for prefix, usual in USUAL.items():
        wandering = usual * (1 + 0.002 * rng.standard_normal(shape))
        parts = {"n": 12.0, "covered_s": 3600.0, "below_s": 0.0, "above_s": 0.0}
        for part, value in parts.items():
            frames[f"{prefix}_{part}"] = pd.DataFrame(np.full(shape, value), index=STARTS, columns=names)
        frames[f"{prefix}_sum"] = pd.DataFrame(12 * wandering, index=STARTS, columns=names)
    return frames


def set_means(frames: dict[str, pd.DataFrame], prefix: str, number: int, means: Any) -> None:
    """Let a tank's hours have these means."""
    frames[f"{prefix}_sum"][number] = 12 * np.asarray(means, dtype=float)


def scene(
    *tanks: dict[str, Any],
    frames: dict[str, pd.DataFrame] | None = None,
    asked: list[int] | None = None,
    changed_at: dict[int, datetime] | None = None,
    electrodes: pd.DataFrame = NO_ELECTRODES,
) -> Scene:
    """Put tanks together; asked about is the first one."""
    known = {one["device_id"]: one for one in tanks}
    changed = pd.Series({key: pd.Timestamp(at) for key, at in (changed_at or {}).items()}, dtype=object)
    side_by_side = Hours(frames or hours(len(tanks)))
    return Scene(asked or [tanks[0]["device_id"]], known, side_by_side, changed, electrodes, START, END)


@pytest.fixture
def make() -> SimpleNamespace:
    """The makers of this file, for tests: a folder without packages cannot import them."""
    makers = (tank, hours, set_means, scene)
    return SimpleNamespace(START=START, END=END, STARTS=STARTS, **{one.__name__: one for one in makers})

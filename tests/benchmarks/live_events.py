"""What finding events adds to computing the hours of a tank that is read every ten seconds.

Usage: python -m tests.benchmarks.live_events; prints milliseconds for a span with its context (29 h).
"""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from analytics.flags import CHANNELS, unpack_flags, usable
from analytics.quantities import Medium
from app.jobs.events import events_of, excused, steps_in
from app.jobs.judging import judge


def live_tank() -> pd.DataFrame:
    """Give 29 h of stored readings with a dose."""
    random, count = np.random.default_rng(1), 29 * 360
    index = pd.date_range("2026-11-01", periods=count, freq="10s", tz="UTC").as_unit("ms")
    hours = np.arange(count) / 360
    ec = 1500 + 240 * (1 - np.exp(-np.clip(hours - 20, 0, None) * 12)) + random.normal(0, 3, count)
    columns = {"ph": 6 + random.normal(0, 0.01, count), "ec_us_cm": ec, "water_c": 22 + random.normal(0, 0.05, count)}
    board = {"ph_mv": 1680 + random.normal(0, 1, count), "ec_mv": 1700 + random.normal(0, 1, count)}
    return pd.DataFrame({**columns, **board, "quality": 0x111, "tests": 0}, index=index)


def milliseconds(work: Callable[[], object]) -> float:
    """Give the best of seven."""
    times = []
    for _ in range(7):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times) * 1000


def main() -> None:
    """Measure judging alone, and the search for events beside it."""
    frame = live_tank()
    index = pd.DatetimeIndex(frame.index)
    steps = steps_in(frame, Medium.NUTRIENT, interval_s=10)
    near = excused(index, steps)
    quality, _ = judge(frame, Medium.NUTRIENT, interval_s=10, steps={}, near_event=near)
    masks = {one: usable(flags) for one, flags in zip(CHANNELS, unpack_flags(quality), strict=True)}
    judging = milliseconds(lambda: judge(frame, Medium.NUTRIENT, interval_s=10, steps={}, near_event=near))
    searching = milliseconds(lambda: excused(index, steps_in(frame, Medium.NUTRIENT, interval_s=10)))
    telling = milliseconds(lambda: events_of(steps, masks, index=index))
    print(f"judging {judging:.1f} ms, searching for steps {searching:.1f} ms, telling events {telling:.1f} ms")


if __name__ == "__main__":
    main()

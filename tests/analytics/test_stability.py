import math

import numpy as np
import pandas as pd
import pytest

from analytics.stability import judge_stability, settling_seconds

NOISE = np.random.default_rng(4).normal(0, 0.3, 400)


def live(values: np.ndarray, step_s: float = 1.0) -> pd.Series:
    return pd.Series(
        values, index=pd.Timestamp("2026-05-01T08:00Z") + pd.to_timedelta(np.arange(len(values)) * step_s, unit="s")
    )


def test_a_still_signal_is_settled_at_its_median() -> None:
    state = judge_stability(live(1500 + NOISE[:60]))

    assert state.settled
    assert state.millivolts == pytest.approx(1500, abs=0.2)
    assert state.noise_mv == pytest.approx(0.3, abs=0.15)


def test_an_electrode_on_its_way_is_not_settled() -> None:
    state = judge_stability(live(1500 + 0.2 * np.arange(60) + NOISE[:60]))

    assert not state.settled
    assert state.drift_mv_per_min == pytest.approx(12, abs=1)
    assert "drifting +1" in state.reason


def test_a_noisy_signal_is_not_settled() -> None:
    state = judge_stability(live(1500 + 12 * NOISE[:60]))

    assert not state.settled
    assert "noise" in state.reason


@pytest.mark.parametrize("count", [0, 5, 20])
def test_a_signal_too_short_is_not_judged(count: int) -> None:
    state = judge_stability(live(1500 + NOISE[:count]))

    assert not state.settled
    assert state.reason == "needs 30 s of readings"


def test_one_wild_reading_does_not_unsettle() -> None:
    values = 1500 + NOISE[:60]
    values[45] = 3300.0

    assert judge_stability(live(values)).settled


def test_settling_is_timed_from_the_first_reading() -> None:
    seconds = np.arange(180)
    values = 1500 + 300 * np.exp(-seconds / 15.0)

    assert settling_seconds(live(values)) == 76.0  # 300 exp(-t/15) falls below 2 mV after 75.2 s


def test_the_end_of_a_short_signal_is_not_known() -> None:
    assert math.isnan(settling_seconds(live(1500 + NOISE[:50])))

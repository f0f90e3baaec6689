import numpy as np
import pandas as pd
import pytest

from analytics.cohort import cohort_residuals, cohort_scores, left_the_fleet, slow_drifts
from analytics.quantities import Quantity
from analytics.scale_check import wrong_scales
from analytics.units import PpmScale

RNG = np.random.default_rng(12)


def fleet(days: float, devices: int = 8) -> pd.DataFrame:
    index = pd.date_range("2026-04-01", periods=int(days * 144), freq="10min", tz="UTC")
    level = 6.0 + 0.2 * np.sin(np.arange(len(index)) / 144 * 2 * np.pi)
    own = RNG.normal(0, 0.03, devices)
    return pd.DataFrame(
        level[:, None] + own + RNG.normal(0, 0.02, (len(index), devices)),
        index=index,
        columns=[f"pi-{number}" for number in range(devices)],
    )


def test_a_score_is_the_distance_in_robust_deviations() -> None:
    row = pd.DataFrame([[6.0, 6.1, 6.2, 6.3, 7.2]], index=pd.DatetimeIndex(["2026-04-01"], tz="UTC"))

    # median 6.2, absolute deviations 0.2 0.1 0 0.1 1.0 -> MAD 0.1
    assert cohort_scores(row, Quantity.PH).iloc[0].tolist() == pytest.approx(
        [-1.349, -0.6745, 0, 0.6745, 6.745], abs=1e-3
    )


def test_a_fleet_that_agrees_perfectly_accuses_nobody_of_a_hundredth() -> None:
    row = pd.DataFrame([[6.0, 6.0, 6.0, 6.0, 6.01]], index=pd.DatetimeIndex(["2026-04-01"], tz="UTC"))

    assert cohort_scores(row, Quantity.PH).iloc[0, 4] == pytest.approx(0.2)


def test_four_devices_are_no_cohort() -> None:
    values = fleet(1, devices=4)
    values["pi-1"] += 3

    assert cohort_residuals(values).isna().all().all()
    assert not left_the_fleet(values, Quantity.PH).any().any()


def test_a_departure_is_marked_once_it_has_lasted_two_hours() -> None:
    values = fleet(2)
    values.iloc[100:140, 3] += 1.0

    marked = left_the_fleet(values, Quantity.PH)

    assert np.flatnonzero(marked["pi-3"]).tolist() == list(range(112, 140))
    assert not marked.drop(columns="pi-3").any().any()


def test_a_departure_at_the_very_beginning_must_last_as_long() -> None:
    values = fleet(1)
    values["pi-3"] += 1.0

    assert np.flatnonzero(left_the_fleet(values, Quantity.PH)["pi-3"])[0] == 12


def test_a_failed_read_does_not_end_a_departure() -> None:
    values = fleet(1)
    values.iloc[20:100, 3] += 1.0
    values.iloc[50, 3] = np.nan

    marked = left_the_fleet(values, Quantity.PH)["pi-3"]

    assert not marked.iloc[50]
    assert marked.iloc[51]


def test_a_change_of_the_whole_fleet_is_no_departure() -> None:
    values = fleet(2)
    values.iloc[100:] += 1.0

    assert not left_the_fleet(values, Quantity.PH).any().any()


def test_a_probe_that_creeps_is_found() -> None:
    values = fleet(10)
    values["pi-3"] += 0.02 * np.arange(len(values)) / 144

    drifts = slow_drifts(values, Quantity.PH)

    assert drifts.index[drifts["drifting"]].tolist() == ["pi-3"]
    assert drifts.loc["pi-3", "per_day"] == pytest.approx(0.02, abs=0.002)
    assert drifts.loc["pi-3", "low"] < 0.02 < drifts.loc["pi-3", "high"]
    assert drifts.loc["pi-3", "days"] == 10


def test_four_days_are_too_few_for_a_creep() -> None:
    drifts = slow_drifts(fleet(4), Quantity.PH)

    assert drifts["per_day"].isna().all()
    assert not drifts["drifting"].any()


def test_a_device_without_readings_is_listed_without_a_slope() -> None:
    values = fleet(6)
    values["pi-3"] = np.nan

    assert slow_drifts(values, Quantity.PH).loc["pi-3", "days"] == 0


LEVELS = pd.Series([1400.0, 1390, 1420, 1410, 1380, 1405], index=[f"pi-{n}" for n in range(6)])


@pytest.mark.parametrize(
    ("factor", "sent_on", "read_as"),
    [
        (1.4, PpmScale.KCL_700, PpmScale.NACL_500),
        (1 / 1.4, PpmScale.NACL_500, PpmScale.KCL_700),
        (1.28, PpmScale.EUTECH_640, PpmScale.NACL_500),
    ],
)
def test_the_ratio_of_two_scales_gives_a_meter_away(factor: float, sent_on: PpmScale, read_as: PpmScale) -> None:
    levels = LEVELS.copy()
    levels["pi-9"] = 1400.0 * factor

    found = wrong_scales(levels)

    assert found.index.tolist() == ["pi-9"]
    assert (found["sent_on"].iloc[0], found["read_as"].iloc[0]) == (sent_on, read_as)
    assert found["ratio"].iloc[0] == pytest.approx(factor, rel=0.01)


@pytest.mark.parametrize("factor", [1.0, 1.1, 1.2, 1.6, 2.0, 0.5])
def test_other_ratios_accuse_nobody(factor: float) -> None:
    levels = LEVELS.copy()
    levels["pi-9"] = 1400.0 * factor

    assert wrong_scales(levels).empty


def test_a_fleet_that_disagrees_accuses_nobody() -> None:
    assert wrong_scales(pd.Series([500.0, 900, 1400, 1960, 2500, 3100])).empty


def test_four_devices_accuse_nobody() -> None:
    assert wrong_scales(pd.Series([1400.0, 1400, np.nan, 1400, 1960])).empty


def test_the_drift_of_one_device_is_the_same_when_only_it_is_asked_for() -> None:
    index = pd.date_range("2026-11-01", periods=10 * 24, freq="h", tz="UTC", unit="ms")
    values = pd.DataFrame(np.random.default_rng(3).normal(6, 0.05, (len(index), 7)), index=index)
    values[4] += np.linspace(0, 0.5, len(index))

    alone = slow_drifts(values, Quantity.PH, devices=[4])

    pd.testing.assert_frame_equal(alone, slow_drifts(values, Quantity.PH).loc[[4]])
    assert bool(alone["drifting"].iloc[0])

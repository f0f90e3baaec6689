import math

import numpy as np
import pandas as pd
import pytest

from analytics.compensation import Compensation, check_compensation

RNG = np.random.default_rng(8)


def log(days: float, alpha_left: float) -> pd.DataFrame:
    """EC of a fed tank that falls by 8 µS/cm a day, with ``alpha_left`` per °C of the temperature still in it."""
    count = int(days * 288)
    index = pd.date_range("2026-04-01", periods=count, freq="5min", tz="UTC")
    day = np.arange(count) / 288
    water = 22 + 2 * np.sin(2 * np.pi * day) + 0.5 * day
    ec25 = 1430 - 8 * day + RNG.normal(0, 1, count)
    return pd.DataFrame({"ec_us_cm": ec25 * (1 + alpha_left * (water - 25)), "water_c": water}, index=index)


@pytest.mark.parametrize(
    ("alpha_left", "verdict"), [(0.02, "uncompensated"), (0.0, "compensated"), (-0.02, "compensated twice")]
)
def test_the_temperature_left_in_ec_is_recognised(alpha_left: float, verdict: str) -> None:
    assert check_compensation(log(5, alpha_left)).verdict == verdict


def test_an_uncompensated_log_moves_two_per_cent_per_degree() -> None:
    check = check_compensation(log(5, 0.02))

    assert check.slope_percent_per_c == pytest.approx(2.08, abs=0.1)  # of an EC taken 1 to 5 °C below 25
    assert check.correlation > 0.98


def test_a_dose_is_not_mistaken_for_temperature() -> None:
    readings = log(6, 0.0)
    readings.iloc[800:, 0] += 150

    assert check_compensation(readings).verdict == Compensation.COMPENSATED


def test_two_days_are_too_few() -> None:
    check = check_compensation(log(2, 0.02))

    assert check.verdict == Compensation.UNKNOWN
    assert math.isnan(check.slope_percent_per_c)


def test_water_that_keeps_its_temperature_tells_nothing() -> None:
    readings = log(5, 0.0)
    readings["water_c"] = 22.0

    assert check_compensation(readings).verdict == Compensation.UNKNOWN


def test_rows_without_a_value_are_left_out() -> None:
    readings = log(5, 0.02)
    readings.iloc[::7, 0] = np.nan
    readings.iloc[3::11, 0] = 0.0

    assert check_compensation(readings).verdict == Compensation.UNCOMPENSATED
    assert check_compensation(readings.iloc[:0]).days == 0.0

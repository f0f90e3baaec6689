import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.calibration import PhCalibration, ph_from_mv
from analytics.drift import blend_ph, correct_drift, correct_drifts

START = pd.Timestamp("2026-05-01T00:00Z")
END = START + pd.Timedelta("10h")


def hours(*at: float) -> pd.DatetimeIndex:
    return START + pd.to_timedelta(list(at), unit="h")


def test_a_correction_grows_with_time_and_not_with_the_number_of_rows() -> None:
    readings = pd.Series([6.0, 6.0, 6.0, 6.0], index=hours(0, 1, 9, 10))

    corrected = correct_drift(readings, start=START, end=END, gap=-0.2)

    assert corrected.tolist() == pytest.approx([6.0, 5.98, 5.82, 5.8])


def test_readings_outside_the_stretch_are_not_touched() -> None:
    readings = pd.Series([6.0, 6.0, np.nan], index=hours(-1, 11, 12))

    np.testing.assert_equal(correct_drift(readings, start=START, end=END, gap=1.0).to_numpy(), [6.0, 6.0, np.nan])


def test_visits_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="after the first"):
        correct_drift(pd.Series([6.0], index=hours(0)), start=END, end=START, gap=1.0)


def test_a_reading_at_a_visit_belongs_to_the_stretch_that_ends_there() -> None:
    events = pd.DataFrame({"start_at": hours(0, 10), "end_at": hours(10, 20), "gap": [3.6, 5.0]})

    corrected = correct_drifts(pd.Series(100.0, index=hours(0, 5, 10, 15, 20)), events)

    assert corrected.tolist() == pytest.approx([100.0, 101.8, 103.6, 102.5, 105.0])


def test_overlapping_stretches_are_not_added_up() -> None:
    events = pd.DataFrame({"start_at": hours(4, 0), "end_at": hours(12, 10), "gap": [8.0, 10.0]})

    assert correct_drifts(pd.Series(0.0, index=hours(2, 8)), events).tolist() == pytest.approx([2.0, 4.0])


AS_LEFT = PhCalibration(1500.0, -177.0, 25.0)
AS_FOUND = PhCalibration(1530.0, -170.0, 20.0)


def tank(at: list[float], millivolts: float = 1700.0, water: float = 22.0) -> pd.DataFrame:
    return pd.DataFrame({"ph_mv": millivolts, "water_c": water}, index=hours(*at))


def test_a_blend_starts_as_left_and_ends_as_found() -> None:
    ph = blend_ph(tank([0, 10, 30]), as_left=AS_LEFT, as_found=AS_FOUND, until=END)

    found = float(ph_from_mv(1700.0, 22.0, AS_FOUND))
    assert ph.tolist() == pytest.approx([float(ph_from_mv(1700.0, 22.0, AS_LEFT)), found, found])


def test_half_way_a_blend_is_between_the_two_in_millivolts() -> None:
    ph = blend_ph(
        tank([0, 5], 1515.0, 25.0),
        as_left=PhCalibration(1500.0, -177.0),
        as_found=PhCalibration(1530.0, -171.0),
        until=END,
    )

    assert ph.iloc[1] == pytest.approx(7.0)  # 1515 mV is the output at pH 7 by then
    assert ph.iloc[0] == pytest.approx(7 - 15 / 177)


def test_an_unknown_temperature_is_taken_as_that_of_the_calibration() -> None:
    ph = blend_ph(tank([0], water=np.nan), as_left=AS_LEFT, as_found=AS_FOUND, until=END)

    assert ph.iloc[0] == pytest.approx(float(ph_from_mv(1700.0, 25.0, AS_LEFT)))


@given(st.floats(700, 2300), st.floats(5, 40), st.floats(0, 10))
def test_blending_a_calibration_with_itself_changes_nothing(millivolts: float, water: float, at: float) -> None:
    three = PhCalibration(1505.0, -175.0, 21.0, -178.0, -171.0, 6.86)

    ph = blend_ph(tank([0, at + 0.001], millivolts, water), as_left=three, as_found=three, until=END)

    assert ph.iloc[1] == pytest.approx(float(ph_from_mv(millivolts, water, three)), abs=1e-9)


def test_nothing_to_blend_gives_nothing() -> None:
    assert blend_ph(tank([]), as_left=AS_LEFT, as_found=AS_FOUND, until=END).empty


def test_a_blend_needs_time_between_the_calibrations() -> None:
    with pytest.raises(ValueError, match="after the first"):
        blend_ph(tank([0]), as_left=AS_LEFT, as_found=AS_FOUND, until=START)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.calibration import (
    EcCalibration,
    PhCalibration,
    ec_at_25,
    ec_at_temperature,
    ec_from_mv,
    ec_mv_for,
    nernst_slope_mv,
    ph_from_mv,
    ph_mv_for,
)

NOMINAL_EC = EcCalibration()
NOMINAL_PH = PhCalibration()
THREE_POINT = PhCalibration(
    ph7_mv=1500.0,
    slope_mv_per_ph=-176.0,
    acid_slope_mv_per_ph=-178.0,
    base_slope_mv_per_ph=-172.0,
    joint_ph=6.86,
)


@pytest.mark.parametrize(
    ("millivolts", "ec"), [(500, 381.4), (1000, 734.95), (1500, 1160.7), (2000, 1758.7), (2300, 2241.8)]
)
def test_the_nominal_tds_board_at_25_degrees(millivolts: float, ec: float) -> None:
    assert ec_from_mv(millivolts, 25.0, NOMINAL_EC) == pytest.approx(ec, abs=0.05)


def test_the_usual_standard_solution_gives_1734_mv() -> None:
    assert ec_mv_for(1413.0, 25.0, NOMINAL_EC) == pytest.approx(1734.0, abs=0.05)


# How far the vendor's sketch, which compensates the voltage, is off in per cent; ours must be off by nothing.
@pytest.mark.parametrize(
    ("water_c", "ec25", "sketch_error"),
    [
        (15, 700, -0.7), (15, 1413, 8.8), (15, 2000, 17.2),
        (20, 700, -0.2), (20, 1413, 4.5), (20, 2000, 8.0),
        (30, 700, -0.1), (30, 1413, -4.3), (30, 2000, -6.9),
        (35, 700, -0.6), (35, 1413, -8.4), (35, 2000, -12.9),
    ],
)  # fmt: skip
def test_temperature_is_compensated_after_the_cubic(water_c: float, ec25: float, sketch_error: float) -> None:
    ec_of_the_water = ec25 * (1 + 0.02 * (water_c - 25))
    millivolts = ec_mv_for(ec_of_the_water, 25.0, NOMINAL_EC)

    ours = ec_from_mv(millivolts, water_c, NOMINAL_EC)
    sketch = ec_from_mv(millivolts / (1 + 0.02 * (water_c - 25)), 25.0, NOMINAL_EC)

    assert ours == pytest.approx(ec25, rel=1e-12)
    assert 100 * (sketch / ec25 - 1) == pytest.approx(sketch_error, abs=0.05)


def test_k_multiplies_the_cubic() -> None:
    assert ec_from_mv(1000.0, 25.0, EcCalibration(k_factor=1.2)) == pytest.approx(881.94, abs=0.005)


def test_alpha_is_the_change_per_degree() -> None:
    assert ec_at_25(1000.0, 35.0, alpha=0.0185) == pytest.approx(843.88, abs=0.005)
    assert ec_at_temperature(1000.0, 15.0, alpha=0.019) == pytest.approx(810.0)


def test_unknown_temperature_counts_as_25_degrees_for_ec() -> None:
    assert ec_from_mv(1000.0, np.nan, NOMINAL_EC) == pytest.approx(734.95)


def test_water_too_cold_for_the_formula_gives_no_ec() -> None:
    assert np.isnan(ec_from_mv(1000.0, -127.0, NOMINAL_EC))


def test_missing_millivolts_give_missing_values() -> None:
    assert np.isnan(ec_from_mv([np.nan], [25.0], NOMINAL_EC)).all()
    assert np.isnan(ph_from_mv([np.nan], [25.0], NOMINAL_PH)).all()


@pytest.mark.parametrize(("millivolts", "ph"), [(1500.0, 7.0), (2032.44, 4.0), (967.56, 10.0)])
def test_the_nominal_ph_board_at_25_degrees(millivolts: float, ph: float) -> None:
    assert ph_from_mv(millivolts, 25.0, NOMINAL_PH) == pytest.approx(ph, abs=1e-9)


def test_the_4502c_readings_of_a_known_user() -> None:
    # 3.04 V in pH 4.01 and 2.54 V in pH 6.86 (raspberrypi.stackexchange.com 96653)
    slope = (2540.0 - 3040.0) / (6.86 - 4.01)
    calibration = PhCalibration(ph7_mv=2540.0 + slope * 0.14, slope_mv_per_ph=slope)

    assert ph_from_mv([3040.0, 2540.0], 25.0, calibration) == pytest.approx([4.01, 6.86])
    assert slope == pytest.approx(-175.4, abs=0.05)


# Hand calculation: 7 + (V - 1500) / (-177.48 * (T + 273.15) / 298.15), V from an electrode that follows Nernst.
@pytest.mark.parametrize("water_c", [15.0, 35.0])
def test_ph_is_compensated_around_ph_7_and_not_around_zero_volts(water_c: float) -> None:
    acid_mv = 1500.0 + 3 * 177.48 * (water_c + 273.15) / 298.15

    assert ph_from_mv(acid_mv, water_c, NOMINAL_PH) == pytest.approx(4.0, abs=1e-9)
    assert ph_from_mv(1500.0, water_c, NOMINAL_PH) == pytest.approx(7.0, abs=1e-9)


@pytest.mark.parametrize(("ph", "error"), [(4.0, 0.10), (5.5, 0.05), (6.0, 0.03)])
def test_leaving_ph_uncompensated_at_15_degrees_costs_what_is_published(ph: float, error: float) -> None:
    millivolts = ph_mv_for(ph, 15.0, NOMINAL_PH)

    assert ph_from_mv(millivolts, 25.0, NOMINAL_PH) - ph == pytest.approx(error, abs=0.005)


def test_unknown_temperature_counts_as_calibration_temperature_for_ph() -> None:
    calibration = PhCalibration(temperature_c=20.0)

    assert ph_from_mv(2032.44, np.nan, calibration) == pytest.approx(4.0)


def test_three_points_have_their_own_slope_on_each_side() -> None:
    joint_mv = 1500.0 + 0.14 * 172.0  # pH 6.86 lies on the base segment, 0.14 pH from pH 7

    readings = ph_from_mv([joint_mv + 178.0, joint_mv, joint_mv - 172.0, 1500.0], 25.0, THREE_POINT)

    assert readings == pytest.approx([5.86, 6.86, 7.86, 7.0])


@pytest.mark.parametrize(
    ("celsius", "slope"), [(0, 54.20), (10, 56.18), (20, 58.17), (25, 59.16), (30, 60.15), (40, 62.14)]
)
def test_nernst_slope_agrees_with_the_printed_table(celsius: float, slope: float) -> None:
    assert nernst_slope_mv(celsius) == pytest.approx(slope, abs=0.006)


@pytest.mark.parametrize("fields", [{"k_factor": 0.0}, {"k_factor": np.nan}, {"alpha": 2.0}])
def test_an_absurd_ec_calibration_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"usual|nominal"):
        EcCalibration(**fields)


@pytest.mark.parametrize(
    "fields", [{"slope_mv_per_ph": 0.0}, {"acid_slope_mv_per_ph": 170.0}, {"ph7_mv": np.nan}, {"temperature_c": 300.0}]
)
def test_an_absurd_ph_calibration_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="pH"):
        PhCalibration(**fields)


@given(st.floats(0, 2241), st.floats(0, 45), st.floats(0.3, 3.5))
def test_ec_to_millivolts_and_back(ec25: float, water_c: float, k_factor: float) -> None:
    calibration = EcCalibration(k_factor=k_factor)

    assert ec_from_mv(ec_mv_for(ec25, water_c, calibration), water_c, calibration) == pytest.approx(ec25, abs=1e-7)


@given(st.floats(0, 14), st.floats(0, 50), st.sampled_from([NOMINAL_PH, THREE_POINT]))
def test_ph_to_millivolts_and_back(ph: float, water_c: float, calibration: PhCalibration) -> None:
    assert ph_from_mv(ph_mv_for(ph, water_c, calibration), water_c, calibration) == pytest.approx(ph, abs=1e-9)


@given(st.lists(st.integers(0, 2300), min_size=2, unique=True).map(sorted), st.floats(0, 45))
def test_more_millivolts_always_mean_more_ec(millivolts: list[int], water_c: float) -> None:
    assert (np.diff(ec_from_mv(millivolts, water_c, NOMINAL_EC)) > 0).all()


@given(st.lists(st.integers(0, 3300), min_size=2, unique=True).map(sorted), st.floats(0, 45))
def test_more_millivolts_always_mean_less_ph(millivolts: list[int], water_c: float) -> None:
    assert (np.diff(ph_from_mv(millivolts, water_c, THREE_POINT)) < 0).all()

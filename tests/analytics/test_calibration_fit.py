import pytest

from analytics.calibration import PhCalibration, ph_from_mv, ph_mv_for
from analytics.calibration_fit import GRAVITY_V2, PH_4502C, BufferReading, Judgement, fit_ec, fit_ph


def two_points(slope_percent: float = 100.0, offset_mv: float = 0.0) -> list[BufferReading]:
    """Readings of a Gravity board whose electrode has this slope and offset, in pH 7.00 and 4.00 at 25 °C."""
    at_seven = 1500.0 + 3 * offset_mv
    return [
        BufferReading(at_seven, 7.00, 25.0),
        BufferReading(at_seven + 3 * 177.48 * slope_percent / 100, 4.00, 25.0),
    ]


def test_an_ideal_electrode_gives_the_nominal_calibration() -> None:
    fit = fit_ph(two_points())

    assert fit.calibration.ph7_mv == pytest.approx(1500.0)
    assert fit.calibration.slope_mv_per_ph == pytest.approx(-177.48)
    assert fit.slope_percent == pytest.approx(100.0, abs=0.01)
    assert fit.offset_mv == pytest.approx(0.0, abs=1e-9)
    assert (fit.judgement, fit.reasons) == (Judgement.ACCEPT, ())


@pytest.mark.parametrize(
    ("percent", "judgement"),
    [(84.9, "refuse"), (85.1, "warn"), (89.9, "warn"), (90.1, "accept"), (104.9, "accept"), (105.1, "refuse")],
)
def test_the_slope_decides(percent: float, judgement: str) -> None:
    fit = fit_ph(two_points(slope_percent=percent))

    assert fit.judgement == judgement
    assert bool(fit.reasons) == (judgement != "accept")


@pytest.mark.parametrize(
    ("offset", "judgement"),
    [(29.9, "accept"), (-29.9, "accept"), (30.1, "warn"), (-59.9, "warn"), (60.1, "refuse"), (-60.1, "refuse")],
)
def test_the_offset_of_the_electrode_decides_with_the_gain_taken_out(offset: float, judgement: str) -> None:
    assert fit_ph(two_points(offset_mv=offset)).judgement == judgement


def test_refusals_say_the_number_and_the_limit() -> None:
    assert fit_ph(two_points(slope_percent=80)).reasons == (
        "slope is 80.0 % of ideal, below 85 %; the electrode is worn or dirty",
    )


def test_a_4502c_is_judged_by_its_own_gain_and_zero() -> None:
    readings = [BufferReading(3040.0, 4.01, 25.0), BufferReading(2540.0, 6.86, 25.0)]

    fit = fit_ph(readings, board=PH_4502C)

    assert fit.slope_percent == pytest.approx(175.44 / (2.97 * 59.16) * 100, abs=0.02)
    assert fit.offset_mv == pytest.approx((2540 - 0.14 * 175.44 - 2500) / 2.97, abs=0.01)
    assert fit.judgement == Judgement.ACCEPT


def test_the_order_of_the_buffers_does_not_matter() -> None:
    assert fit_ph(two_points()) == fit_ph(two_points()[::-1])


def test_a_cold_calibration_is_judged_by_the_slope_of_cold_water() -> None:
    # 10 °C: an ideal slope is 3 * 56.18 mV; buffers are 7.06 and 4.00 there.
    readings = [BufferReading(1500 - 0.06 * 168.54, 7.06, 10.0), BufferReading(1500 + 3 * 168.54, 4.00, 10.0)]

    fit = fit_ph(readings)

    assert fit.slope_percent == pytest.approx(100.0, abs=0.02)
    assert fit.calibration.temperature_c == 10.0


def test_buffers_at_two_temperatures_are_each_taken_at_their_own() -> None:
    truth = PhCalibration(1510.0, -172.0, 22.0)
    readings = [BufferReading(float(ph_mv_for(ph, t, truth)), ph, t) for ph, t in ((7.01, 20.0), (4.00, 24.0))]

    fit = fit_ph(readings)

    assert float(ph_from_mv(ph_mv_for(5.8, 28.0, truth), 28.0, fit.calibration)) == pytest.approx(5.8, abs=1e-6)


@pytest.mark.parametrize("buffers", [(4.01, 6.86, 9.18), (4.00, 7.00, 10.01), (4.00, 7.12, 10.32)])
def test_three_points_are_all_met_exactly(buffers: tuple[float, float, float]) -> None:
    readings = [
        BufferReading(millivolts, ph, celsius)
        for millivolts, ph, celsius in zip((2020.0, 1512.0, 1000.0), buffers, (23.0, 24.0, 26.0), strict=True)
    ]

    calibration = fit_ph(readings).calibration

    for one in readings:
        assert float(ph_from_mv(one.millivolts, one.temperature_c, calibration)) == pytest.approx(one.ph, abs=1e-6)


def test_three_points_off_one_line_are_warned_about() -> None:
    readings = [BufferReading(2032.0, 4.0, 25), BufferReading(1500.0, 7.0, 25), BufferReading(1040.0, 10.01, 25)]

    fit = fit_ph(readings)

    assert fit.judgement == Judgement.WARN
    assert "0.1" in fit.reasons[-1]
    assert fit.residual_ph == pytest.approx(0.14, abs=0.02)


def test_buffers_of_very_different_temperature_are_warned_about() -> None:
    readings = [BufferReading(1500.0, 7.0, 18.0), BufferReading(2032.0, 4.0, 26.0)]

    assert "5 °C apart" in fit_ph(readings).reasons[0]


@pytest.mark.parametrize(
    ("readings", "message"),
    [
        ([BufferReading(1500.0, 7.0, 25)], r"two or three buffers, got 1"),
        ([BufferReading(1500.0, 7.0, 25), BufferReading(1520.0, 6.86, 25)], r"too close"),
        ([BufferReading(1500.0, 7.0, 25), BufferReading(1510.0, 4.0, 25)], r"does not follow the buffers"),
        ([BufferReading(2000.0, 4.0, 25), BufferReading(1400.0, 7.0, 25), BufferReading(1500.0, 10.01, 25)], r"rinsed"),
    ],
)
def test_readings_that_are_no_calibration_are_refused(readings: list[BufferReading], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_ph(readings, board=GRAVITY_V2)


def test_the_recommended_standard_gives_k_one_on_a_nominal_board() -> None:
    fit = fit_ec(1734.0, water_c=25.0, standard_us_cm=1413.0)

    assert fit.calibration.k_factor == pytest.approx(1.0, abs=0.0005)
    assert fit.judgement == Judgement.ACCEPT


def test_the_standard_is_taken_at_its_temperature() -> None:
    # 1413 µS/cm at 20 °C is 1271.7; the nominal board shows 1160.7 at 1.5 V
    fit = fit_ec(1500.0, water_c=20.0, standard_us_cm=1413.0)

    assert fit.calibration.k_factor == pytest.approx(1271.7 / 1160.69, abs=1e-4)


@pytest.mark.parametrize(
    ("millivolts", "standard", "judgement", "word"),
    [
        (2200.0, 2001.0, "refuse", "2001"),
        (300.0, 1413.0, "refuse", "K would be 5.9"),
        (1500.0, 1413.0, "accept", ""),
        (1000.0, 1413.0, "warn", "K is 1.92"),
        (2300.0, 1413.0, "warn", "K is 0.63"),
        (2300.0, 500.0, "refuse", "K would be 0.22"),
    ],
)
def test_an_ec_factor_is_judged(millivolts: float, standard: float, judgement: str, word: str) -> None:
    fit = fit_ec(millivolts, water_c=25.0, standard_us_cm=standard)

    assert fit.judgement == judgement
    assert word in " ".join(fit.reasons)


@pytest.mark.parametrize(("millivolts", "water"), [(0.0, 25.0), (-5.0, 25.0), (1500.0, float("nan"))])
def test_an_ec_calibration_needs_a_signal_and_a_temperature(millivolts: float, water: float) -> None:
    with pytest.raises(ValueError, match="probe in the standard"):
        fit_ec(millivolts, water_c=water, standard_us_cm=1413.0)

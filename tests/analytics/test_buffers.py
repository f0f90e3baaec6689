import pytest

from analytics.buffers import Buffer, BufferSet, buffer_ph, guess_buffer
from analytics.calibration import PhCalibration

NOMINAL = PhCalibration()


@pytest.mark.parametrize(
    ("buffer", "celsius", "ph"),
    [
        (Buffer.PH_7_00, 25, 7.00), (Buffer.PH_7_00, 10, 7.06), (Buffer.PH_10_01, 30, 9.97),
        (Buffer.PH_6_86, 0, 6.98), (Buffer.PH_9_18, 35, 9.10), (Buffer.PH_4_00, 50, 4.06),
        (Buffer.PH_10_01, 27.5, 9.99),
    ],
)  # fmt: skip
def test_a_buffer_follows_its_printed_table(buffer: Buffer, celsius: float, ph: float) -> None:
    assert buffer_ph(buffer, celsius) == pytest.approx(ph)


def test_the_phthalate_buffer_follows_its_formula() -> None:
    assert buffer_ph(Buffer.PH_4_01, 25) == pytest.approx(4.006, abs=0.0005)


@pytest.mark.parametrize("celsius", [-0.1, 50.1, float("nan")])
def test_outside_the_tables_a_buffer_has_no_value(celsius: float) -> None:
    with pytest.raises(ValueError, match="0 to 50"):
        buffer_ph(Buffer.PH_7_00, celsius)


def test_a_tired_probe_is_still_recognised_in_its_buffer() -> None:
    guess = guess_buffer(1560.0, 25.0, BufferSet.TECHNICAL, calibration=NOMINAL)

    assert guess is not None
    assert guess.buffer is Buffer.PH_7_00
    assert guess.error_ph == pytest.approx(-60 / 177.48)


def test_the_set_decides_between_two_neutral_buffers() -> None:
    guess = guess_buffer(1500.0, 25.0, BufferSet.NIST_POWDER, calibration=NOMINAL)

    assert guess is not None
    assert guess.buffer is Buffer.PH_6_86


def test_tank_water_is_no_buffer() -> None:
    assert guess_buffer(1500 + 177.48 * 1.5, 25.0, BufferSet.TECHNICAL, calibration=NOMINAL) is None

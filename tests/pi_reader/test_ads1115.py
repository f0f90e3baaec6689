"""The real Adafruit driver on a simulated bus."""

import time

import pytest

from pi_reader.probes.ads1115 import Ads1115
from pi_reader.probes.guarded_bus import GuardedBus
from pi_reader.probes.settings import AdcSettings
from pi_reader.sample import Reason
from pi_reader.simulated.i2c import SimulatedAds1115, SimulatedI2CBus


class Bench:
    """A converter with adjustable inputs."""

    def __init__(self, settings: AdcSettings | None = None, *, time_scale: float = 0.0) -> None:
        self.volts = [0.0, 0.0, 0.0, 0.0]
        self.settings = settings or AdcSettings(samples=5)
        self.chip = SimulatedAds1115(lambda pin: self.volts[pin], time_scale=time_scale)
        self.bus = SimulatedI2CBus({self.settings.address: self.chip})
        self.adc = Ads1115(self.bus, self.settings)


@pytest.mark.parametrize("pin", [0, 1, 2, 3])
def test_each_input_gives_its_own_voltage(pin: int) -> None:
    bench = Bench()
    bench.volts = [0.5, 1.0, 1.5, 2.0]

    assert bench.adc.read_mv(pin).value == pytest.approx([500.0, 1000.0, 1500.0, 2000.0][pin], abs=0.0625)


@pytest.mark.parametrize(
    ("gain", "volts", "expected_mv"),
    [(2 / 3, 3.0, 3000.0), (1, 1.234, 1234.0), (2, 1.234, 1234.0), (4, 0.9, 900.0), (8, 0.5, 500.0), (16, 0.25, 250.0)],
)
def test_voltage_is_right_at_every_gain(gain: float, volts: float, expected_mv: float) -> None:
    bench = Bench(AdcSettings(gain=gain, samples=3))
    bench.volts[0] = volts

    assert bench.adc.read_mv(0).value == pytest.approx(expected_mv, abs=0.1)


def test_resolution_at_gain_1_is_an_eighth_of_a_millivolt() -> None:
    bench = Bench()
    bench.volts[0] = 1.000070

    # 1000.07 mV lies between 8000 counts (1000.000 mV) and 8001 counts (1000.125 mV), nearer to the second.
    assert bench.adc.read_mv(0).value == 1000.125


def test_saturated_input_is_null_with_its_reason() -> None:
    bench = Bench(AdcSettings(samples=3, supply_mv=5000.0))
    bench.volts[0] = 4.5

    assert (bench.adc.read_mv(0).value, bench.adc.read_mv(0).reason) == (None, Reason.RAIL)


def test_input_at_the_supply_is_null_although_the_code_is_not_the_highest() -> None:
    bench = Bench()
    bench.volts[0] = 3.295

    assert (bench.adc.read_mv(0).value, bench.adc.read_mv(0).reason) == (None, Reason.RAIL)


def test_negative_input_is_null_with_its_reason() -> None:
    bench = Bench()
    bench.volts[0] = -0.050

    assert (bench.adc.read_mv(0).value, bench.adc.read_mv(0).reason) == (None, Reason.NEGATIVE)


def test_a_few_counts_below_ground_are_zero() -> None:
    bench = Bench()
    bench.volts[0] = -0.0005

    assert bench.adc.read_mv(0).value == 0.0


def test_noise_is_the_spread_of_the_conversions() -> None:
    bench = Bench(AdcSettings(samples=4))
    # One discarded conversion, then four around 1000 mV whose median distance from the middle is 4 mV.
    voltages = iter([0.0, 0.996, 1.004, 0.996, 1.004])
    bench.chip = SimulatedAds1115(lambda pin: next(voltages), time_scale=0)
    bench.bus.chips[0x48] = bench.chip

    read = bench.adc.read_mv(0)

    assert (read.value, read.noise) == (1000.0, 4.0)


def test_first_conversion_after_a_change_of_input_is_thrown_away() -> None:
    bench = Bench(AdcSettings(samples=1))
    voltages = iter([3.0, 1.0])
    bench.bus.chips[0x48] = SimulatedAds1115(lambda pin: next(voltages), time_scale=0)

    assert bench.adc.read_mv(0).value == 1000.0


def test_absent_chip_is_a_reason_and_its_return_is_noticed() -> None:
    bench = Bench()
    bench.volts[0] = 1.0
    chip = bench.bus.chips.pop(0x48)

    absent = bench.adc.read_mv(0)
    bench.bus.chips[0x48] = chip
    back = bench.adc.read_mv(0)

    assert (absent.value, absent.reason, back.value) == (None, Reason.ADC_ABSENT, 1000.0)


def test_chip_lost_between_two_reads_is_an_io_error() -> None:
    bench = Bench()
    bench.adc.read_mv(0)

    del bench.bus.chips[0x48]

    assert bench.adc.read_mv(0).reason is Reason.ADC_IO


class FastClock:
    """A monotonic clock that jumps ahead at every look, so that time-outs need no waiting."""

    def __init__(self, step_s: float) -> None:
        self.now = 0.0
        self.step_s = step_s

    def __call__(self) -> float:
        self.now += self.step_s
        return self.now


def test_conversion_that_never_ends_is_stopped() -> None:
    bench = Bench()
    bench.chip.hung = True
    adc = Ads1115(bench.bus, bench.settings, monotonic=FastClock(0.05), sleep=lambda seconds: None)

    assert adc.read_mv(0).reason is Reason.ADC_TIMEOUT


def test_bus_that_somebody_holds_is_given_up() -> None:
    bench = Bench()
    bench.bus.held = True
    adc = Ads1115(bench.bus, bench.settings, monotonic=FastClock(0.05))

    assert adc.read_mv(0).reason is Reason.ADC_TIMEOUT


def test_reads_go_on_after_a_hang() -> None:
    bench = Bench()
    bench.volts[0] = 1.0
    adc = Ads1115(bench.bus, bench.settings, monotonic=FastClock(0.001), sleep=lambda seconds: None)
    bench.chip.hung = True
    adc.read_mv(0)

    bench.chip.hung = False

    assert adc.read_mv(0).value == 1000.0


def test_real_conversion_times_are_waited_for() -> None:
    bench = Bench(AdcSettings(samples=3, data_rate=128), time_scale=1.0)
    bench.volts[0] = 1.0
    began = time.monotonic()

    value = bench.adc.read_mv(0).value

    # Four conversions of 1/128 s can never take less.
    assert value == 1000.0
    assert time.monotonic() - began >= 4 / 128


def test_polling_a_busy_converter_sleeps_instead_of_spinning() -> None:
    naps: list[float] = []
    now = 0.0

    def nap(seconds: float) -> None:
        nonlocal now
        naps.append(seconds)
        now += seconds

    chip = SimulatedAds1115(lambda pin: 1.0, time_scale=1.0, monotonic=lambda: now)
    bus = SimulatedI2CBus({0x48: chip})
    adc = Ads1115(bus, AdcSettings(samples=1, data_rate=8), monotonic=lambda: now, sleep=nap)

    adc.read_mv(0)

    # Two conversions of 125 ms in naps of 1/64 s: 8 each.
    assert naps == [1 / 64] * 16


def test_differential_input_is_the_difference_of_two_inputs() -> None:
    from adafruit_ads1x15 import ADS1115, AnalogIn

    bench = Bench()
    bench.volts = [1.0, 2.266, 0.0, 0.0]
    driver = ADS1115(GuardedBus(bench.bus, poll_pause_s=0), gain=1)

    assert AnalogIn(driver, 0, 1).voltage == pytest.approx(-1.266, abs=0.0001)

"""The boards between probe and converter: dividers, gains, ranges, and EC boards the server cannot calibrate."""

import json

import pytest

from pi_reader.outbox_rows import StoredReading
from pi_reader.probes.ads1115 import Ads1115
from pi_reader.probes.boards import EC_V2, PH_4502C, ec_v2_us_cm
from pi_reader.probes.rig import Rig
from pi_reader.probes.settings import AdcSettings, Wiring
from pi_reader.protocol import Envelope, encode_batch
from pi_reader.sample import Channel, ChannelRead, Reason
from pi_reader.simulated.i2c import SimulatedAds1115, SimulatedI2CBus


class Lukewarm:
    """A thermometer at 25 °C."""

    def read(self) -> ChannelRead:
        return ChannelRead(25.0)


def look(volts: list[float], wiring: Wiring, settings: AdcSettings | None = None):
    settings = settings or AdcSettings(samples=3)
    bus = SimulatedI2CBus({settings.address: SimulatedAds1115(lambda pin: volts[pin], time_scale=0)})
    return Rig(Lukewarm(), Ads1115(bus, settings), wiring).read()


def test_a_divided_voltage_is_reported_as_the_board_put_it_out() -> None:
    # A PH-4502C at pH 6.86 gives 2.54 V; two equal resistors halve it.
    sample = look([1.27, 1.0, 0, 0], Wiring(ph_board=PH_4502C, ph_divider=2.0))

    assert (sample.ph_mv, sample.ec_mv) == (2540.0, 1000.0)


def test_more_than_a_board_can_put_out_is_null_with_its_reason() -> None:
    # A Gravity pH board ends at 3.0 V, a TDS board at 2.3 V.
    sample = look([3.1, 2.6, 0, 0], Wiring())

    assert (sample.ph_mv, sample.ec_mv) == (None, None)
    assert sample.reasons == {Channel.PH_MV: Reason.BOARD_RANGE, Channel.EC_MV: Reason.BOARD_RANGE}


def test_a_probe_at_its_ceiling_is_still_a_value_for_the_server_to_judge() -> None:
    assert look([1.5, 2.3, 0, 0], Wiring()).ec_mv == pytest.approx(2300.0, abs=0.1)


def test_each_input_has_its_own_gain() -> None:
    settings = AdcSettings(samples=3, gain_of_pin={0: 2, 1: 4})

    sample = look([1.00006, 0.50003, 0, 0], Wiring(), settings)

    # One step of 62.5 µV above 1 V at gain 2, one of 31.25 µV above 0.5 V at gain 4; gain 1 steps by 125 µV.
    assert (sample.ph_mv, sample.ec_mv) == (1000.0625, 500.03125)


@pytest.mark.parametrize(
    ("ec_mv", "water_c", "us_cm"),
    # DFRobot_EC.cpp: 1.413 mS/cm is 231.7 mV at 25 °C, and 10 K warmer the same water gives 18.5 % more.
    [(231.732, 25.0, 1413.0), (274.602, 35.0, 1413.0), (2112.32, 25.0, 12880.0)],
)
def test_ec_v2_follows_the_vendor_s_formula(ec_mv: float, water_c: float, us_cm: float) -> None:
    assert ec_v2_us_cm(ec_mv, water_c) == pytest.approx(us_cm, rel=1e-4)


@pytest.mark.parametrize(
    ("ec_mv", "water_c", "sent"), [(231.732, 25.0, 1413.0), (231.732, None, None), (None, 25.0, None)]
)
def test_ec_of_a_board_the_server_cannot_calibrate_is_sent_finished(
    ec_mv: float | None, water_c: float | None, sent: float | None
) -> None:
    reading = StoredReading(1, "a" * 32, 1_795_400_000_000, "synced", 1500.0, ec_mv, water_c, {})

    body, _ = encode_batch([reading], Envelope(0, 0, 10.0, EC_V2.to_us_cm))

    (item,) = json.loads(body)["readings"]
    assert "ec_mv" not in item
    assert item["ec_us_cm"] == sent
    assert item["ph_mv"] == 1500.0

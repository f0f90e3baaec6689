"""Buses that hang in the kernel: nothing can stop such a call, and everything else goes on."""

import threading
from pathlib import Path

from pi_reader.clock import Clock
from pi_reader.outbox import Outbox
from pi_reader.probes.ads1115 import Ads1115
from pi_reader.probes.ds18b20 import Ds18b20
from pi_reader.probes.rig import Rig
from pi_reader.probes.settings import AdcSettings, Wiring
from pi_reader.probes.watched import Watch, WatchedAdc, WatchedThermometer
from pi_reader.sample import Channel, ChannelRead, Reason
from pi_reader.sampler import Sampler
from pi_reader.simulated.i2c import SimulatedAds1115, SimulatedI2CBus
from pi_reader.simulated.w1 import W1Tree


class StuckBus(SimulatedI2CBus):
    """A bus whose clock line is held low: a transaction does not come back until it is released."""

    def __init__(self) -> None:
        super().__init__({0x48: SimulatedAds1115(lambda pin: 1.0, time_scale=0)})
        self.released = threading.Event()

    def writeto(self, address: int, buffer: bytes, *, start: int = 0, end: int | None = None) -> None:
        self.released.wait()
        super().writeto(address, buffer, start=start, end=end)


class Hasty:
    """A converter that is given up at once when it does not answer."""

    def __init__(self, adc: Ads1115) -> None:
        self.read_mv = adc.read_mv

    def budget_s(self, samples: int | None = None) -> float:
        return -3.9


def stuck_rig(tmp_path: Path) -> tuple[Rig, StuckBus]:
    tree, bus = W1Tree(tmp_path / "w1"), StuckBus()
    tree.put("0000000000a1", 21.5)
    thermometer = WatchedThermometer(
        Ds18b20(None, devices=tree.root, retry_pause_s=0), Watch("1-Wire bus", Reason.SENSOR_TIMEOUT)
    )
    adc = WatchedAdc(Hasty(Ads1115(bus, AdcSettings(samples=3))), Watch("I2C bus", Reason.ADC_TIMEOUT))
    return Rig(thermometer, adc, Wiring()), bus


def test_a_stuck_bus_stops_neither_the_other_probes_nor_the_readings(tmp_path: Path) -> None:
    rig, bus = stuck_rig(tmp_path)
    outbox = Outbox(tmp_path / "outbox.db")
    sampler = Sampler(rig.read, outbox, Clock(trusted=True), interval_s=1.0, on_stored=lambda reading: None)

    for _ in range(3):
        sampler.take_one()

    stored = outbox.batch(10, with_newest=False)
    assert [(reading.ph_mv, reading.ec_mv, reading.water_c) for reading in stored] == [(None, None, 21.5)] * 3
    assert stored[0].reasons == {"ph_mv": "adc-timeout", "ec_mv": "adc-timeout"}
    bus.released.set()
    outbox.close()


def test_a_bus_that_comes_back_is_read_again(tmp_path: Path) -> None:
    rig, bus = stuck_rig(tmp_path)
    rig.read()
    threads = threading.active_count()
    for _ in range(20):
        rig.read()
    assert threading.active_count() <= threads  # no thread is left behind for each try

    bus.released.set()
    deadline = threading.Event()
    for _ in range(400):
        sample = rig.read()
        if sample.ph_mv is not None:
            break
        deadline.wait(0.05)

    assert sample.ph_mv == 1000.0


def test_a_thermometer_that_hangs_is_null_with_its_reason() -> None:
    release = threading.Event()

    class Stuck:
        patience_s = -3.9

        def read(self) -> ChannelRead:
            release.wait()
            return ChannelRead(20.0)

    read = WatchedThermometer(Stuck(), Watch("1-Wire bus", Reason.SENSOR_TIMEOUT)).read()

    assert (read.value, read.reason) == (None, Reason.SENSOR_TIMEOUT)
    release.set()


def test_a_gpio_that_cannot_be_switched_costs_ec_alone() -> None:
    class Broken:
        def on(self) -> None:
            raise OSError("no such pin")

        off = on

    class Fixed:
        def read(self) -> ChannelRead:
            return ChannelRead(20.0)

        def read_mv(self, pin: int, samples: int | None = None) -> ChannelRead:
            return ChannelRead(1500.0)

    sample = Rig(Fixed(), Fixed(), Wiring(), power=Broken(), sleep=lambda seconds: None).read()

    assert (sample.ph_mv, sample.ec_mv, sample.water_c) == (1500.0, None, 20.0)
    assert sample.reasons == {Channel.EC_MV: Reason.TDS_POWER}


def test_an_answer_that_came_too_late_is_never_taken_for_a_reading() -> None:
    release, done = threading.Event(), threading.Event()
    watch = Watch("I2C bus", Reason.ADC_TIMEOUT)

    def late() -> ChannelRead:
        release.wait()
        done.set()
        return ChannelRead(1.0)

    assert watch.read(late, 0.01).reason is Reason.ADC_TIMEOUT
    release.set()
    done.wait()
    values = {watch.read(lambda: ChannelRead(2.0), 10.0).value for _ in range(50)}

    assert 1.0 not in values
    assert 2.0 in values

"""A rig whose drivers are real and whose water is not."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pi_reader.probes.ads1115 import Ads1115
from pi_reader.probes.ds18b20 import Ds18b20
from pi_reader.probes.rig import Rig
from pi_reader.probes.settings import AdcSettings, Wiring
from pi_reader.sample import ChannelRead
from pi_reader.simulated.i2c import SimulatedAds1115, SimulatedI2CBus
from pi_reader.simulated.noise import Purpose, hash64
from pi_reader.simulated.w1 import W1Tree
from pi_reader.simulated.water import Tank

# What the TDS board's current adds to a pH probe in the same tank while both share a ground.
CROSS_TALK_MV = 35.0
_CONVERSION_NOISE_MV = 0.4


@dataclass(frozen=True, slots=True)
class SimulationSettings:
    """Which tank, where its 1-Wire tree lies, and how much of a real conversion's time to spend (0 = none)."""

    seed: int
    tree: Path
    time_scale: float = 0.0
    isolated: bool = True


class SimulatedPower:
    """A switch that remembers its position."""

    def __init__(self, *, powered: bool) -> None:
        self.powered = powered

    def on(self) -> None:
        self.powered = True

    def off(self) -> None:
        self.powered = False


class SimulatedThermometer:
    """Lets the simulated sensor convert the tank's temperature, then reads it with the real driver."""

    def __init__(self, tank: Tank, tree: W1Tree, now: Callable[[], float], *, retry_pause_s: float) -> None:
        self.sensor_id = sensor_id_of(tank.truth.seed)
        self._tank = tank
        self._tree = tree
        self._now = now
        self._driver = Ds18b20(self.sensor_id, devices=tree.root, retry_pause_s=retry_pause_s)

    def read(self) -> ChannelRead:
        celsius = self._tank.signals(self._now()).water_c
        if math.isnan(celsius):
            self._tree.remove(self.sensor_id)
        else:
            self._tree.put(self.sensor_id, celsius)
        return self._driver.read()


class BoardOutputs:
    """The voltages on the converter's inputs."""

    def __init__(self, tank: Tank, wiring: Wiring, power: SimulatedPower, *, isolated: bool) -> None:
        self._tank = tank
        self._wiring = wiring
        self._power = power
        self._cross_talk_mv = 0.0 if isolated else CROSS_TALK_MV
        self._conversions = 0
        self.now: Callable[[], float] = time.time

    def volts(self, pin: int) -> float:
        """Return the voltage of one input now; inputs without a board are grounded."""
        signals = self._tank.signals(self.now())
        self._conversions += 1
        noise = hash64(self._tank.truth.seed, Purpose.CONVERSION, self._conversions) / 2.0**64 - 0.5
        if pin == self._wiring.ph_pin:
            mv = signals.ph_mv + (self._cross_talk_mv if self._power.powered else 0.0)
        elif pin == self._wiring.ec_pin:
            mv = signals.ec_mv if self._power.powered else 0.0
        else:
            mv = 0.0
        return (mv + _CONVERSION_NOISE_MV * noise) / 1000.0


def simulated_rig(
    settings: SimulationSettings, adc: AdcSettings, wiring: Wiring, *, now: Callable[[], float] = time.time
) -> Rig:
    """Build the rig of one simulated tank: real drivers on a simulated bus and a simulated device tree."""
    return simulated_bench(settings, adc, wiring, now=now)[0]


def simulated_bench(
    settings: SimulationSettings, adc: AdcSettings, wiring: Wiring, *, now: Callable[[], float] = time.time
) -> tuple[Rig, SimulatedI2CBus]:
    """Build the rig of one simulated tank, and give the bus it is on as well."""
    tank = Tank(settings.seed)
    power = SimulatedPower(powered=settings.isolated)
    outputs = BoardOutputs(tank, wiring, power, isolated=settings.isolated)
    outputs.now = now
    chip = SimulatedAds1115(outputs.volts, time_scale=settings.time_scale)
    thermometer = SimulatedThermometer(tank, W1Tree(settings.tree), now, retry_pause_s=settings.time_scale)
    bus = SimulatedI2CBus({adc.address: chip})
    rig = Rig(
        thermometer,
        Ads1115(bus, adc),
        wiring,
        power=None if settings.isolated else power,
        sleep=lambda seconds: time.sleep(seconds * settings.time_scale),
    )
    return rig, bus


def sensor_id_of(seed: int) -> str:
    """Return the 12-digit 1-Wire id of a simulated tank's thermometer."""
    return f"{seed:012x}"

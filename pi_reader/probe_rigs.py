"""The rigs of a Pi's tanks, put together from the configuration: on the Pi's own bus, or simulated."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from pi_reader.config import AgentConfig
from pi_reader.probe_config import Bus, ProbeSettings
from pi_reader.probes.rig import Rig
from pi_reader.roots import Roots
from pi_reader.sample import Sample


class ScannedBus(Protocol):
    """A bus that tells who is on it."""

    def scan(self) -> list[int]: ...


class TankProbes:
    """The probes of one tank. Tanks of one Pi share its bus, so only one is looked at at a time (``turn``)."""

    def __init__(
        self,
        rig: Rig,
        bus: ScannedBus,
        turn: threading.Lock,
        *,
        look_s: float,
        has_power: Callable[[], bool] = lambda: True,
    ) -> None:
        self.rig = rig
        self._bus = bus
        self._turn = turn
        self._look_s = look_s
        self._has_power = has_power

    def read(self) -> Sample | None:
        """Look at the probes once; None while a simulated Pi is without power."""
        with self._turn:
            return self.rig.read() if self._has_power() else None

    def scan(self) -> list[int]:
        """List the addresses at which something answers on the I2C bus; ``OSError`` when there is no bus."""
        with self._turn:
            return self._bus.scan()

    def keep_pace(self, interval_s: float) -> None:
        """Look more hastily when the probes could not be read in time otherwise."""
        self.rig.is_hurried = interval_s < self._look_s


def build_probes(tanks: Sequence[tuple[AgentConfig, Roots]]) -> list[TankProbes]:
    """Put the probes of every tank together, on one bus."""
    turn = threading.Lock()
    if tanks[0][0].probes.bus is Bus.SIMULATED:
        return [_simulated(config, turn) for config, _ in tanks]
    return _on_the_pi(tanks, turn)


def _on_the_pi(tanks: Sequence[tuple[AgentConfig, Roots]], turn: threading.Lock) -> list[TankProbes]:
    from pi_reader.probes.ads1115 import Ads1115
    from pi_reader.probes.ds18b20 import Ds18b20
    from pi_reader.probes.pi_bus import PiI2C
    from pi_reader.probes.tds_power import GpioPower
    from pi_reader.probes.watched import Watch, WatchedAdc, WatchedThermometer
    from pi_reader.sample import Reason

    bus, i2c, one_wire = PiI2C(), Watch("I2C bus", Reason.ADC_TIMEOUT), Watch("1-Wire bus", Reason.SENSOR_TIMEOUT)
    switches: dict[int, GpioPower] = {}

    def power(probes: ProbeSettings) -> GpioPower | None:
        gpio = probes.tds_power_gpio
        # One transistor may feed the boards of several tanks: a pin is taken once.
        return None if gpio is None or probes.isolated else switches.setdefault(gpio, GpioPower(gpio))

    return [
        TankProbes(
            Rig(
                WatchedThermometer(Ds18b20(config.probes.ds18b20_id, devices=roots.w1_devices), one_wire),
                WatchedAdc(Ads1115(bus, config.probes.adc), i2c),
                config.probes.wiring,
                power=power(config.probes),
            ),
            bus,
            turn,
            look_s=config.probes.look_s,
        )
        for config, roots in tanks
    ]


def _simulated(config: AgentConfig, turn: threading.Lock) -> TankProbes:
    from pi_reader.simulated.rig import SimulationSettings, simulated_bench
    from pi_reader.simulated.water import Tank

    probes = config.probes
    settings = SimulationSettings(
        probes.seed, config.state_dir / "w1", time_scale=probes.time_scale, isolated=probes.isolated
    )
    rig, bus = simulated_bench(settings, probes.adc, probes.wiring)
    tank = Tank(probes.seed)
    return TankProbes(rig, bus, turn, look_s=probes.look_s, has_power=lambda: not tank.silent_at(time.time()))

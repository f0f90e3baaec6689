"""One Pi put together from its configuration."""

import logging
import random
import time
from collections.abc import Callable

from pi_reader.clock import Clock
from pi_reader.config import AgentConfig, Bus, ProbeSettings
from pi_reader.identity import read_token, serial_number
from pi_reader.loop import Agent, AgentParts
from pi_reader.outbox import Outbox
from pi_reader.sample import Channel, Sample
from pi_reader.transport import Transport, tls_trust

log = logging.getLogger(__name__)

OUTBOX_NAME = "outbox.db"
# A spread above this means the probe, its cable or its ground is disturbed, whatever the median says.
_NOISY_MV = 5.0
_UNITS = {Channel.PH_MV: "mV", Channel.EC_MV: "mV", Channel.WATER_C: "°C"}


def build_agent(config: AgentConfig) -> Agent:
    """Put an agent together; raises :class:`TokenError` when this Pi has no token yet."""
    token = read_token(config.token_file)
    server = config.server
    parts = AgentParts(
        name="agent",
        read=build_reader(config),
        outbox=Outbox(config.state_dir / OUTBOX_NAME, max_readings=config.delivery.outbox_max),
        clock=Clock(trusted=config.delivery.trust_clock),
        transport=Transport(server.url, token, tls_trust(server.url, server.ca_file), serial=serial_number()),
        on_stored=lambda reading: log.debug("reading %s", reading),
    )
    # Pis that get their power back together must not all read and post in the same second.
    return Agent(parts, config.delivery, phase_s=random.uniform(0.0, min(config.delivery.interval_s, 10.0)))


def build_reader(config: AgentConfig) -> Callable[[], Sample | None]:
    """Return the function that looks at the probes once."""
    return _hardware(config.probes) if config.probes.bus is Bus.HARDWARE else _simulated(config)


def describe(sample: Sample) -> str:
    """Return a sample for a person at a terminal, one line per channel."""
    lines = []
    for channel in Channel:
        value = getattr(sample, channel.value)
        noise = sample.noise_mv.get(channel)
        text = f"no value: {sample.reasons[channel]}" if value is None else f"{value:.3f} {_UNITS[channel]}"
        spread = "" if noise is None else f"   noise {noise:.3f} mV" + (" (disturbed)" if noise > _NOISY_MV else "")
        lines.append(f"{channel.value:8} {text}{spread}")
    return "\n".join(lines)


def _hardware(probes: ProbeSettings) -> Callable[[], Sample | None]:
    # Only here: these modules look for the Pi's hardware already when imported.
    import board  # type: ignore[import-untyped]

    from pi_reader.probes.ads1115 import Ads1115
    from pi_reader.probes.ds18b20 import Ds18b20
    from pi_reader.probes.rig import Rig
    from pi_reader.probes.tds_power import GpioPower

    power = None if probes.tds_power_gpio is None or probes.isolated else GpioPower(probes.tds_power_gpio)
    return Rig(Ds18b20(probes.ds18b20_id), Ads1115(board.I2C(), probes.adc), probes.wiring, power=power).read


def _simulated(config: AgentConfig) -> Callable[[], Sample | None]:
    from pi_reader.simulated.rig import SimulationSettings, simulated_rig
    from pi_reader.simulated.water import Tank

    probes = config.probes
    settings = SimulationSettings(
        probes.seed, config.state_dir / "w1", time_scale=probes.time_scale, isolated=probes.isolated
    )
    rig = simulated_rig(settings, probes.adc, probes.wiring)
    tank = Tank(probes.seed)
    return lambda: None if tank.silent_at(time.time()) else rig.read()

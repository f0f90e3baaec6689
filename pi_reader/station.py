"""One Pi put together from its configuration."""

import logging
import random
import time
from collections.abc import Callable
from pathlib import Path

from pi_reader.board import Board
from pi_reader.clock import Clock
from pi_reader.config import AgentConfig, Bus, ProbeSettings, ServerSettings
from pi_reader.identity import sync_folder
from pi_reader.join_sources import JoinSources
from pi_reader.keyring import MEMORY_NAME, board_that_left, open_keyring
from pi_reader.loop import Agent, AgentParts
from pi_reader.membership import Membership, MembershipParts
from pi_reader.outbox import Outbox
from pi_reader.roots import Roots
from pi_reader.sample import Channel, Sample
from pi_reader.transport import Transport, tls_trust

log = logging.getLogger(__name__)

OUTBOX_NAME = "outbox.db"
# A spread above this means the probe, its cable or its ground is disturbed, whatever the median says.
_NOISY_MV = 5.0
_UNITS = {Channel.PH_MV: "mV", Channel.EC_MV: "mV", Channel.WATER_C: "°C"}


def build_agent(config: AgentConfig, server: ServerSettings, roots: Roots) -> Agent:
    """Put an agent together; raises :class:`TokenError` when it has no token and nothing tells how to get one."""
    clock = Clock(trusted=config.delivery.trust_clock)
    membership, transport = build_membership(config, server, roots, clock)
    parts = AgentParts(
        name="agent",
        read=build_reader(config),
        outbox=Outbox(config.state_dir / OUTBOX_NAME, max_readings=config.delivery.outbox_max),
        clock=clock,
        transport=transport,
        on_stored=lambda reading: log.debug("reading %s", reading),
        membership=membership,
    )
    # Pis that get their power back together must not all read and post in the same second.
    return Agent(parts, config.delivery, phase_s=random.uniform(0.0, min(config.delivery.interval_s, 10.0)))


def build_membership(
    config: AgentConfig, server: ServerSettings, roots: Roots, clock: Clock
) -> tuple[Membership, Transport]:
    """Open the credentials of this card, made on its first start, and the connection that uses them.

    Readings that were taken on another board stay behind: they are of another tank.
    """
    sources = JoinSources(roots, config.state_dir)
    left = board_that_left(config.token_file, roots)
    if left is not None:
        _set_outbox_aside(config.state_dir, left)
    # A card that once held a token may have lost it to damage: it goes on reading, and waits for a key.
    had_token = config.token_file.with_name(MEMORY_NAME).exists()
    may_make_token = had_token or sources.find_key(server.url) is not None
    keyring = open_keyring(config.token_file, roots, may_make_token=may_make_token)
    trust = tls_trust(server.url, server.ca_file, server.ca_pem)
    transport = Transport(server.url, keyring.token, trust, serial=keyring.board.serial)
    parts = MembershipParts(
        keyring,
        transport,
        clock,
        find_key=lambda: sources.find_key(server.url),
        about=_about(roots, clock),
        on_joined=sources.note_joined,
    )
    return Membership(parts), transport


def _about(roots: Roots, clock: Clock) -> dict[str, str]:
    """Describe this Pi for the person who lets it in."""
    said = {"hostname": _first_line(roots.host_name), "model": _first_line(roots.device_tree_model)}
    return {name: text for name, text in {**said, "boot_id": clock.boot_id}.items() if text}


def _first_line(file: Path) -> str:
    try:
        text = file.read_text(encoding="ascii", errors="ignore")
    except OSError:
        return ""
    return "".join(letter for letter in text.split("\n")[0] if letter.isprintable())[:120]


def _set_outbox_aside(state_dir: Path, board: Board) -> None:
    for file in state_dir.glob(f"{OUTBOX_NAME}*"):
        if ".of-" not in file.name:
            file.replace(file.with_name(file.name.replace(OUTBOX_NAME, f"{OUTBOX_NAME}.of-{board.serial}")))
    if state_dir.is_dir():
        sync_folder(state_dir)


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

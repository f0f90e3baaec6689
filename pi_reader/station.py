"""One Pi put together from its configuration."""

import logging
import random
from collections.abc import Sequence
from pathlib import Path

from pi_reader.board import Board
from pi_reader.clock import Clock
from pi_reader.config import AgentConfig, ServerSettings
from pi_reader.identity import sync_folder
from pi_reader.join_sources import JoinSources
from pi_reader.keyring import MEMORY_NAME, board_that_left, open_keyring
from pi_reader.loop import Agent, AgentParts
from pi_reader.membership import Membership, MembershipParts
from pi_reader.outbox import Outbox
from pi_reader.probe_rigs import TankProbes, build_probes
from pi_reader.roots import Roots
from pi_reader.transport import Transport, tls_trust

log = logging.getLogger(__name__)

OUTBOX_NAME = "outbox.db"


def build_agents(config: AgentConfig, server: ServerSettings, roots: Roots) -> list[Agent]:
    """Put together an agent for every tank of this Pi, its own first.

    Raises
    ------
    TokenError
        When one has no token and nothing tells how to get one.
    """
    tanks = config.each_tank(roots)
    clock = Clock(trusted=config.delivery.trust_clock)
    waiting = [tank.token_file for tank, _ in tanks]
    return [
        _build_agent(tank, server, place, clock, probes, waiting)
        for (tank, place), probes in zip(tanks, build_probes(tanks), strict=True)
    ]


def _build_agent(
    config: AgentConfig, server: ServerSettings, roots: Roots, clock: Clock, probes: TankProbes, all_tokens: list[Path]
) -> Agent:
    membership, transport = build_membership(config, server, roots, clock, all_tokens)
    parts = AgentParts(
        name=tank_name(roots),
        read=probes.read,
        on_pace=probes.keep_pace,
        finish_ec=config.probes.wiring.ec_board.to_us_cm,
        outbox=Outbox(config.state_dir / OUTBOX_NAME, max_readings=config.delivery.outbox_max),
        clock=clock,
        transport=transport,
        on_stored=lambda reading: log.debug("reading %s", reading),
        membership=membership,
        config_damaged=config.is_last_good,
    )
    # Pis that get their power back together must not all read and post in the same second.
    return Agent(parts, config.delivery, phase_s=random.uniform(0.0, min(config.delivery.interval_s, 10.0)))


def tank_name(roots: Roots) -> str:
    """Return what a tank of this Pi is called on the Pi itself."""
    return f"tank {roots.tank}" if roots.tank else "agent"


def build_membership(
    config: AgentConfig, server: ServerSettings, roots: Roots, clock: Clock, all_tokens: Sequence[Path] = ()
) -> tuple[Membership, Transport]:
    """Open the credentials of this card, made on its first start, and the connection that uses them.

    Readings that were taken on another board stay behind: they are of another tank. The key stays on the card until
    every tank of ``all_tokens`` has joined.
    """
    sources = JoinSources(roots, config.state_dir, all_tokens)
    left = board_that_left(config.token_file, roots)
    if left is not None:
        _set_outbox_aside(config.state_dir, left)
    # A card that once held a token may have lost it to damage: it goes on reading, and waits for a key.
    had_token = config.token_file.with_name(MEMORY_NAME).exists()
    # A tank added to a Pi at work must not stop the tank that works: it reads, too, and waits.
    may_make_token = had_token or bool(roots.tank) or sources.find_key(server.url) is not None
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

"""A Pi whose configuration is damaged: what its light, and the server, tell of it until it is mended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Engine

from models.db import session_scope
from models.read.fleet import fleet_frame
from pi_reader.last_good import load_or_last_good

Write = Callable[..., "Card"]  # type: ignore[name-defined]  # noqa: F821 - in conftest, which cannot be imported
DEADLINE_S = 60.0


@contextmanager
def agent_of(card) -> Iterator[None]:
    command = [sys.executable, "-m", "pi_reader", "run", "--root", str(card.roots.root)]
    # Of systemd only the watchdog, so that it looks after its light several times a second.
    agent = subprocess.Popen(command, env=os.environ | {"WATCHDOG_USEC": "300000"}, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        agent.send_signal(signal.SIGTERM)
        agent.wait(30)


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline, f"waited {DEADLINE_S:g} s in vain for {what}"
        time.sleep(0.05)


def told(engine: Engine) -> list[bool]:
    """What the server knows of every Pi that it has heard of."""
    with session_scope(engine) as session:
        fleet = fleet_frame(session, now=datetime.now(UTC))
    return fleet["config_damaged"][fleet["ts"].notna()].tolist()


def flashes(light) -> int:
    """How often the light flashes between two pauses."""
    bursts, was_bright, changed_at = [0], False, time.monotonic()
    deadline = time.monotonic() + DEADLINE_S
    while len(bursts) < 3 and time.monotonic() < deadline:
        is_bright, now = light.read_text().startswith("255"), time.monotonic()
        if is_bright and not was_bright:
            if now - changed_at > 1.0:
                bursts.append(0)
            bursts[-1] += 1
        if is_bright != was_bright:
            was_bright, changed_at = is_bright, now
        time.sleep(0.005)
    return bursts[1] if len(bursts) == 3 else 0


def test_an_older_configuration_is_told_until_it_is_mended(farm, write_card: Write):
    card = write_card("a1a1a1a1")
    card.join()
    file, light = card.roots.at("/etc/hydrofleet/pi.toml"), card.roots.leds / "ACT"
    light.mkdir(parents=True)
    for name in ("trigger", "brightness"):
        (light / name).write_text("0  ")
    file.write_text('led = "ACT"\n' + file.read_text())
    load_or_last_good(file, card.roots)
    good = file.read_bytes()
    file.write_bytes(good[: len(good) // 2])

    with agent_of(card):
        wait_until(lambda: told(farm.engine) == [True], "the server to hear of the damage")
        seen = flashes(light / "brightness")
    file.write_bytes(good)
    with agent_of(card):
        wait_until(lambda: told(farm.engine) == [False], "the server to hear that it was mended")

    assert seen == 6

"""R23: the agent is frozen, killed, and its sampling thread deadlocked, under a keeper that does what systemd does.

The keeper follows the unit file's WatchdogSec and RestartSec by the protocol of sd_notify. Within 60 s the Pi reads
again, whatever happened to it, and no reading that was on disk is lost. The deadlocked agent says itself that it hangs,
and one that lives is left alone. In the short size keeper and agent both lose patience after 3 s, and everything has to
happen in 15 s.
"""

import configparser
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.drills.agent import AgentProcess, compare, stored_of, write_card
from tests.drills.farm import farm
from tests.drills.frame import Figures, at_most, exactly, none
from tests.drills.pis import wait_for
from tests.drills.server import ROOT

NAME = "R23"
_UNIT = ROOT / "pi_reader" / "systemd" / "hydrofleet-pi.service"
#: With the unit's patience of 30 s, and with 3 s.
_READS_AGAIN_WITHIN_S = {False: 15.0, True: 60.0}
_INTERVAL_S = 0.5
_SHORT_WATCHDOG_S, _SHORT_RESTART_S = 3.0, 0.2
_GIVE_UP_S = 150.0
#: So many times its patience the keeper looks on before any harm is done: an agent that lives has to say so.
_CALM = 1.5


class Keeper(threading.Thread):
    """Starts the agent, listens to it, and starts it again when it ends, falls silent or says that it hangs."""

    def __init__(self, card: Path, sign: Path, *, watchdog_s: float, restart_s: float, patience: str) -> None:
        super().__init__(name="keeper", daemon=True)
        self._watchdog_s, self._restart_s = watchdog_s, restart_s
        self._card, address = card, card.parent / "notify"
        self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ear.bind(str(address))
        self._ear.settimeout(0.05)
        run = ["-m", "pi_reader", "--verbose", "run", "--root", str(card)]
        self._command = [sys.executable, "-m", "tests.drills.hanging_agent", str(sign), patience, *run[2:]]
        told = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": str(round(watchdog_s * 1e6))}
        self._environment = {**os.environ, **told}
        self._ended = threading.Event()
        self.agent = self._start()
        self.starts, self.triggers = 1, 0

    def run(self) -> None:
        """Keep it alive until told to end."""
        while not self._ended.is_set():
            if self._hangs() or self.agent.process.poll() is not None:
                self.agent.end(signal.SIGKILL)
                time.sleep(self._restart_s)
                self.agent = self._start()
                self.starts += 1

    def finish(self) -> None:
        """End the agent and stop keeping it."""
        self._ended.set()
        self.join()
        self.agent.end()
        self._ear.close()

    def _start(self) -> AgentProcess:
        self._heard_s = time.monotonic()
        return AgentProcess(self._card, self._command, self._environment)

    def _hangs(self) -> bool:
        try:
            said = self._ear.recv(4096).decode().splitlines()
        except TimeoutError:
            said = []
        if "WATCHDOG=1" in said or "READY=1" in said:
            self._heard_s = time.monotonic()
        self.triggers += "WATCHDOG=trigger" in said
        return "WATCHDOG=trigger" in said or time.monotonic() - self._heard_s > self._watchdog_s


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Do each of the three to it, and measure until it reads again."""
    watchdog_s, restart_s = _of_the_unit() if full else (_SHORT_WATCHDOG_S, _SHORT_RESTART_S)
    patience, within_s = "-" if full else str(watchdog_s), _READS_AGAIN_WITHIN_S[full]
    sign = folder / "deadlock"
    with farm(folder, pis=1) as on:
        card = folder / "card"
        write_card(card, on.server.url, token=on.pis[0].token, interval_s=_INTERVAL_S)
        keeper = Keeper(card, sign, watchdog_s=watchdog_s, restart_s=restart_s, patience=patience)
        with _kept(keeper):
            wait_for(lambda: len(keeper.agent.kept()) > 3, within_s=60, what="the agent reads")
            time.sleep(_CALM * watchdog_s)
            for_nothing = keeper.starts - 1
            frozen_s = _until_it_reads_again(keeper, lambda: keeper.agent.send(signal.SIGSTOP))
            killed_s = _until_it_reads_again(keeper, lambda: keeper.agent.send(signal.SIGKILL))
            sign.touch()
            deadlocked_s = _until_it_reads_again(keeper, lambda: None, mended=sign)
            kept = keeper.agent.kept()
            wait_for(
                lambda: {one.seq for one in kept} <= {row.seq for row in stored_of(on.engine, on.pis[0].name)},
                within_s=60,
                what="everything is delivered",
            )
        return {
            **compare(kept, stored_of(on.engine, on.pis[0].name), least=6),
            "frozen_reads_again_s": at_most(frozen_s, within_s),
            "killed_reads_again_s": at_most(killed_s, within_s),
            "deadlocked_reads_again_s": at_most(deadlocked_s, within_s),
            "starts": exactly(keeper.starts, 4),
            "started_again_for_nothing": none(for_nothing),
            "said_that_it_hangs": exactly(keeper.triggers, 1),
        }


@contextmanager
def _kept(keeper: Keeper) -> Iterator[Keeper]:
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.finish()


def _until_it_reads_again(keeper: Keeper, harm: Callable[[], None], *, mended: Path | None = None) -> float:
    """Do harm; give the seconds until the next start of the agent has kept a reading."""
    began, starts = time.monotonic(), keeper.starts
    harm()
    wait_for(lambda: keeper.starts > starts, within_s=_GIVE_UP_S, what="it is started again")
    if mended is not None:
        mended.unlink()
    before = len(keeper.agent.kept())
    wait_for(lambda: len(keeper.agent.kept()) > before, within_s=_GIVE_UP_S, what="it reads again")
    return time.monotonic() - began


def _of_the_unit() -> tuple[float, float]:
    """Read how patient systemd is, and how long it waits before it starts the agent again."""
    unit = configparser.ConfigParser(strict=False)
    unit.read(_UNIT)
    return float(unit["Service"]["WatchdogSec"]), float(unit["Service"]["RestartSec"])

"""R7: the power of a Pi is cut again and again, from its first start on, while it joins, reads, delivers and deletes.

The card is an ext4 file system on a loop device. A cut freezes the agent and copies the device as it is at that moment:
what the file system has not written out yet is not in it, as after a real cut. The copy is repaired as at a start,
mounted, and the next agent runs on it. For a third of the time the server is away, and everything stays on the card.
No reading that was committed is lost, the queue opens after every cut, token and configuration are never torn, and the
Pi joins once. What a real card does with writes that it has acknowledged, no program can show.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from models.db import session_scope
from models.read.devices import list_devices
from models.read.enrollment import find_key
from models.tokens import TokenKind, make_token
from models.write.enrollment_keys import add_key
from pi_reader.identity import is_token
from pi_reader.outbox_rows import StoredReading
from pi_reader.roots import Roots
from tests.drills.agent import STATE, AgentProcess, compare, stored_of, write_card
from tests.drills.farm import Farm, farm
from tests.drills.frame import Figures, Impossible, at_least, exactly, none, told
from tests.drills.pis import wait_for

NAME = "R7"
_CUTS = {False: 20, True: 200}
_INTERVAL_S = 0.2
_LONGEST_LIFE_S = 2.5
_CARD_MIB = 48
_DELIVERED_WITHIN_S = 120.0
_PROGRAMS = ("mkfs.ext4", "e2fsck", "mount", "umount")
#: e2fsck: nothing was wrong, or it is now mended.
_REPAIRED = (0, 1)


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Cut the power of one Pi at random moments, then let it deliver all that it has."""
    _check_machine()
    rng, seen = random.Random(seed), Counter[str]()
    with farm(folder, pis=0) as on:
        key, where = make_token(TokenKind.ENROLLMENT), folder / "card"
        now = datetime.now(UTC)
        with session_scope(on.engine) as session:
            add_key(session, key, max_uses=5, expires_at=now + timedelta(days=1), now=now)
        image, was_away = _new_card(folder, where, on.server.url, key.text), False
        for cut in range(1, _CUTS[full] + 1):
            # The first start finds no server to join; for a third of the time what is read stays on the card.
            is_away = cut == 1 or _CUTS[full] // 3 <= cut < 2 * _CUTS[full] // 3
            if is_away is not was_away:
                (on.server.kill if is_away else on.server.start)()
                was_away = is_away
            life_s = rng.uniform(0.05, _LONGEST_LIFE_S)
            image = _live_and_be_cut(image, where, folder / f"card-{cut}.img", life_s, seen)
            with session_scope(on.engine) as session:
                seen["before_it_had_joined"] += not list_devices(session)
        kept = _finish(image, where, on)
        with session_scope(on.engine) as session:
            devices, record = list_devices(session), find_key(session, key.id)
        rows = stored_of(on.engine, devices[0].name)
    return {
        **compare(kept, rows, least=_CUTS[full]),
        "cuts": exactly(seen["cuts"], _CUTS[full]),
        "cuts_before_it_had_joined": at_least(seen["before_it_had_joined"], 1),
        "cards_that_could_not_be_repaired": none(seen["unrepaired"]),
        "queues_set_aside": none(seen["set_aside"]),
        "torn_tokens": none(seen["torn_token"]),
        "torn_configurations": none(seen["torn_configuration"]),
        "devices": exactly(len(devices), 1),
        "uses_of_the_key": exactly(0 if record is None else record.key.uses, 1),
        "stored": told(len(rows)),
    }


def _check_machine() -> None:
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing:
        raise Impossible(f"these programs are not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        raise Impossible("only root can mount a card of its own")


def _new_card(folder: Path, where: Path, url: str, key: str) -> Path:
    image = folder / "card-0.img"
    with image.open("wb") as file:
        file.truncate(_CARD_MIB * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    where.mkdir()
    with _mounted(image, where):
        write_card(where, url, token=None, interval_s=_INTERVAL_S, enrollment_key=key)
    return image


def _live_and_be_cut(image: Path, where: Path, after: Path, life_s: float, seen: Counter[str]) -> Path:
    """Let an agent run on a card, cut its power, and give the card as it then is."""
    with _mounted(image, where):
        before = _configuration(where)
        agent = AgentProcess(where)
        try:
            # The moment is what this drill is about; there is nothing to wait for.
            time.sleep(life_s)
            agent.send(signal.SIGSTOP)
            subprocess.run(["cp", "--sparse=always", image, after], check=True)
        finally:
            agent.end(signal.SIGKILL)
    image.unlink()
    seen["cuts"] += 1
    seen["unrepaired"] += subprocess.run(["e2fsck", "-p", "-f", after], capture_output=True).returncode not in _REPAIRED
    with _mounted(after, where):
        _look_at(where, before, seen)
    return after


def _look_at(where: Path, before: tuple[bytes, bytes], seen: Counter[str]) -> None:
    state = Roots(where).at(STATE)
    token = state / "token"
    seen["torn_token"] += token.exists() and not is_token(token.read_text("ascii", "replace").strip())
    seen["set_aside"] += any(state.glob("*.corrupt-*"))
    seen["torn_configuration"] += _configuration(where)[0] != before[0]


def _configuration(where: Path) -> tuple[bytes, bytes]:
    roots = Roots(where)
    boot = roots.boot_file
    return roots.at("/etc/hydrofleet/pi.toml").read_bytes(), boot.read_bytes() if boot.exists() else b""


def _finish(image: Path, where: Path, on: Farm) -> list[StoredReading]:
    """Let the agent deliver all that it says it has, and give that."""
    with _mounted(image, where):
        agent = AgentProcess(where)
        try:
            wait_for(lambda: _all_stored(agent, on), within_s=_DELIVERED_WITHIN_S, what="all that was kept is stored")
        finally:
            agent.end()
        return agent.kept()


def _all_stored(agent: AgentProcess, on: Farm) -> bool:
    with session_scope(on.engine) as session:
        devices = list_devices(session)
    if not devices:
        return False
    stored = {(row.stream, row.seq) for row in stored_of(on.engine, devices[0].name)}
    kept = {(one.stream, one.seq) for one in agent.kept()[:-5]}
    return bool(kept) and kept <= stored


@contextmanager
def _mounted(image: Path, where: Path) -> Iterator[None]:
    made = subprocess.run(["mount", "-o", "loop", image, where], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Impossible(f"no card can be mounted here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", where], check=True)

"""R8: the files of a Pi are torn, overwritten with zeros or have bits flipped, at seeded places; then the agent starts.

It reads again within 10 s. A damaged queue is set aside and what is whole in it carried over, a damaged token is
replaced by a new one that waits to be let in, and in place of a configuration that cannot be read the last good one is
used. No reading comes back with another value.
"""

import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pi_reader.identity import is_token, new_token
from pi_reader.keyring import open_keyring
from pi_reader.last_good import load_or_last_good
from pi_reader.outbox import Outbox
from pi_reader.outbox_rows import SELECT, StoredReading, is_whole, reading_of
from pi_reader.station import OUTBOX_NAME
from tests.drills.agent import STATE, AgentProcess, VirtualClock, fill, write_card
from tests.drills.frame import Figures, at_least, at_most, exactly, none, told

NAME = "R8"
_PLACES = {False: 12, True: 500}
_READINGS = 400
_READS_WITHIN_S = 10.0
_GIVE_UP_S = 30.0
_FILES = (f"{STATE}/{OUTBOX_NAME}", f"{STATE}/{OUTBOX_NAME}-wal", f"{STATE}/token", "/etc/hydrofleet/pi.toml")
#: Nobody listens there: what was carried over stays to be counted.
_NOBODY = "http://127.0.0.1:9"


def truncate(content: bytes, rng: random.Random) -> bytes:
    """Cut a file off."""
    return content[: rng.randrange(len(content))]


def flip(content: bytes, rng: random.Random) -> bytes:
    """Flip a bit in up to eight bytes."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def blank(content: bytes, rng: random.Random) -> bytes:
    """Overwrite a part with zeros, as a card does that lost a block."""
    first, length = rng.randrange(len(content)), rng.choice((64, 512, 4096))
    return content[:first] + bytes(len(content[first : first + length])) + content[first + length :]


_DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (truncate, flip, blank)


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Damage a card at every place, and start an agent on each."""
    rng, seen, slowest_s = random.Random(seed), Counter[str](), 0.0
    for place in range(_PLACES[full]):
        card = folder / f"card-{place}"
        roots = write_card(card, _NOBODY, token=new_token(), interval_s=0.2)
        load_or_last_good(roots.at("/etc/hydrofleet/pi.toml"), roots)
        open_keyring(roots.at(f"{STATE}/token"), roots, may_make_token=False)  # as on every card that was started once
        made = _fill(roots.at(f"{STATE}/{OUTBOX_NAME}"))
        file = roots.at(_FILES[place % len(_FILES)])
        damage = _DAMAGES[place // len(_FILES) % len(_DAMAGES)]
        file.write_bytes(damage(file.read_bytes(), rng))
        took_s = _start(card, seen)
        slowest_s = max(slowest_s, took_s)
        _look_after(roots.at(STATE), made, seen, is_queue=OUTBOX_NAME in file.name)
    return {
        "places": exactly(_PLACES[full], seen["reads"]),
        "crashed": none(seen["crashed"]),
        "reads_again_at_most_s": at_most(slowest_s, _READS_WITHIN_S),
        "queues_set_aside": told(seen["set_aside"]),
        "readings_of_damaged_queues": told(seen["made"]),
        "carried_over": at_least(seen["carried"], 1),
        "altered": none(seen["altered"]),
        "lost_from_undamaged_queues": none(seen["lost"]),
        "no_usable_token": none(seen["no_token"]),
    }


def _fill(file: Path) -> list[StoredReading]:
    """Fill an outbox and leave it as a power cut does: the last readings are in the log only."""
    clock = VirtualClock("boot00000001", boot_ms=60_000, wall_ms=round(time.time() * 1000) - 86_400_000)
    outbox = Outbox(file, reserve_bytes=0)
    made = fill(outbox, clock, _READINGS, every_ms=10_000)
    left = {part: part.read_bytes() for part in (file, file.with_name(f"{file.name}-wal"))}
    outbox.close()
    for part, content in left.items():
        part.write_bytes(content)
    return made


def _start(card: Path, seen: Counter[str]) -> float:
    agent, began = AgentProcess(card), time.monotonic()
    try:
        while time.monotonic() - began < _GIVE_UP_S:
            if agent.kept():
                seen["reads"] += 1
                return time.monotonic() - began
            if agent.process.poll() is not None:
                seen["crashed"] += 1
                return 0.0
            time.sleep(0.02)
        return float("inf")
    finally:
        agent.end(signal.SIGKILL)


def _look_after(state: Path, made: list[StoredReading], seen: Counter[str], *, is_queue: bool) -> None:
    """Compare what the queue holds now with what was put into it."""
    by_key = {(one.stream, one.seq, one.ts_ms): one for one in made}
    with closing(sqlite3.connect(state / OUTBOX_NAME)) as connection:
        rows = [row for row in connection.execute(SELECT) if is_whole(row)]
    # A number is used again when a torn log has taken the reading that had it: the time tells them apart.
    held = {(one.stream, one.seq, one.ts_ms): one for one in map(reading_of, rows)}
    old = {key for key in held if (key[2] or 0) <= (made[-1].ts_ms or 0)}
    both = by_key.keys() & old
    seen["altered"] += len(old) - sum(by_key[key] == held[key] for key in both)
    seen["set_aside"] += any(state.glob(f"{OUTBOX_NAME}.corrupt-*[0-9]"))
    seen["made" if is_queue else "untouched"] += len(by_key)
    seen["carried" if is_queue else "kept"] += len(both)
    seen["lost"] += 0 if is_queue else len(by_key) - len(both)
    seen["no_token"] += not is_token((state / "token").read_text("ascii", "replace").strip())

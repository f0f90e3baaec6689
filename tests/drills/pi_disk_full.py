"""R9: the disk of a Pi fills up while nobody answers; it goes on reading, drops the oldest, and says how many.

The card is a small disk in memory with somebody else's files in it. Readings come on a virtual clock until the outbox
has had to drop; then the agent is stopped and started, others having taken meanwhile what its log left, and reads on.
Then the server is there, the files go away, and everything works again without another restart.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from pi_reader.outbox import Outbox
from pi_reader.transport import Transport, tls_trust
from pi_reader.uplink import Uplink, UplinkParts
from tests.drills.agent import VirtualClock, compare, fill, stored_of
from tests.drills.farm import farm
from tests.drills.frame import Figures, Impossible, at_least, exactly, none, told

NAME = "R9"
_DISK_MIB = 6
_READINGS = {False: 20_000, True: 100_000}
_BEFORE, _AFTERWARDS = 3000, 500
_EVERY_MS = 10_000
_ATTEMPTS = 500
_KNOWN_TO_BE_DROPPED = text("SELECT coalesce(max(dropped), 0) FROM streams")


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Fill the disk, read on, deliver, make room, read on."""
    count = _READINGS[full]
    began = round(
        (datetime.now(UTC) - timedelta(milliseconds=_EVERY_MS * (count + _BEFORE + 2 * _AFTERWARDS))).timestamp() * 1000
    )
    clock = VirtualClock("boot00000001", boot_ms=60_000, wall_ms=began)
    with _small_disk(folder / "card") as disk, farm(folder, pis=1) as on:
        outbox = Outbox(disk / "outbox.db")
        uplink = _uplink(on.server.url, on.pis[0].token, outbox, clock)
        kept = fill(outbox, clock, _BEFORE, every_ms=_EVERY_MS)
        filler = _fill_disk(disk)
        _deliver(uplink, outbox)
        left_when_just_filled = len(outbox)
        kept += fill(outbox, clock, count, every_ms=_EVERY_MS)
        outbox.close()
        another = _fill_disk(disk)
        outbox = Outbox(disk / "outbox.db")
        restarted = fill(outbox, clock, _AFTERWARDS, every_ms=_EVERY_MS)
        kept += restarted
        dropped, waiting = outbox.dropped, len(outbox)
        uplink = _uplink(on.server.url, on.pis[0].token, outbox, clock)
        _deliver(uplink, outbox)
        delivered_full = waiting - len(outbox)
        filler.unlink()
        another.unlink()
        kept += fill(outbox, clock, _AFTERWARDS, every_ms=_EVERY_MS)
        dropped_afterwards = outbox.dropped - dropped
        _deliver(uplink, outbox)
        left, dropped = len(outbox), outbox.dropped
        outbox.close()
        rows = stored_of(on.engine, on.pis[0].name)
        known = _known_to_be_dropped(on.engine)
    held = {(row.stream, row.seq) for row in rows}
    survivors = [one for one in kept if (one.stream, one.seq) in held]
    return {
        **compare(survivors, rows, least=_AFTERWARDS),
        "taken": exactly(len(kept), count + _BEFORE + 2 * _AFTERWARDS),
        "taken_after_the_restart": exactly(len(restarted), _AFTERWARDS),
        "left_when_just_filled": none(left_when_just_filled),
        "dropped": at_least(dropped, 1),
        "neither_stored_nor_counted": none(len(kept) - len(rows) - dropped),
        "newest_not_kept": none(sum((one.stream, one.seq) not in held for one in kept[-2 * _AFTERWARDS :])),
        "delivered_while_full": exactly(delivered_full, waiting),
        "dropped_after_there_was_room": none(dropped_afterwards),
        "told_the_server": exactly(known, dropped),
        "left_in_the_outbox": none(left),
        "waiting_when_full": told(waiting),
    }


def _uplink(url: str, token: str, outbox: Outbox, clock: VirtualClock) -> Uplink:
    parts = UplinkParts(outbox, clock, Transport(url, token, tls_trust(url, None)))
    return Uplink(parts, interval_s=lambda: _EVERY_MS / 1000, apply_config=lambda config: None)


def _known_to_be_dropped(engine: Engine) -> int:
    """Give how many readings the server knows to have been dropped."""
    with engine.connect() as connection:
        return int(connection.execute(_KNOWN_TO_BE_DROPPED).scalar_one())


def _deliver(uplink: Uplink, outbox: Outbox) -> None:
    for _ in range(_ATTEMPTS):
        if not len(outbox):
            return
        time.sleep(min(uplink.attempt(), 2.0))


@contextmanager
def _small_disk(where: Path) -> Iterator[Path]:
    """Mount a card in memory that is soon full."""
    where.mkdir()
    if os.geteuid() != 0:
        raise Impossible("only root can mount a small disk to fill")
    options = f"size={_DISK_MIB}m"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "hydrofleet-drill", where], check=False)
    if made.returncode != 0:
        raise Impossible("no small disk can be mounted here")
    try:
        yield where
    finally:
        # Lazily: a drill that failed has files open there, and should leave nothing behind all the same.
        subprocess.run(["umount", "--lazy", where], check=True)


def _fill_disk(disk: Path) -> Path:
    """Leave not a byte."""
    filler = disk / f"somebody-elses-{len(list(disk.iterdir()))}.file"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 12)):
            pass
    return filler

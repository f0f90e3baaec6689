"""R9: the disk of a Pi fills up while nobody answers; it goes on reading, drops the oldest, and says how many.

The card is a small disk in memory with somebody else's file in it. Readings come on a virtual clock until the outbox
has had to drop; then the server is there, the file goes away, and everything works again without a restart.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pi_reader.outbox import Outbox
from pi_reader.transport import Transport, tls_trust
from pi_reader.uplink import Uplink, UplinkParts
from tests.drills.agent import VirtualClock, compare, fill, stored_of
from tests.drills.farm import farm
from tests.drills.frame import Figures, Impossible, at_least, exactly, none, told

NAME = "R9"
_DISK_MIB = 6
_READINGS = {False: 20_000, True: 100_000}
_AFTERWARDS = 500
_EVERY_MS = 10_000
_ATTEMPTS = 500


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Fill the disk, read on, deliver, make room, read on."""
    count = _READINGS[full]
    began = round(
        (datetime.now(UTC) - timedelta(milliseconds=_EVERY_MS * (count + 2 * _AFTERWARDS))).timestamp() * 1000
    )
    clock = VirtualClock("boot00000001", boot_ms=60_000, wall_ms=began)
    with _small_disk(folder / "card") as disk, farm(folder, pis=1) as on:
        outbox = Outbox(disk / "outbox.db")
        kept = fill(outbox, clock, _AFTERWARDS, every_ms=_EVERY_MS)
        filler = _fill_disk(disk)
        kept += fill(outbox, clock, count, every_ms=_EVERY_MS)
        dropped, waiting = outbox.dropped, len(outbox)
        uplink, sent = _uplink(on.server.url, on.pis[0].token, outbox, clock)
        _deliver(uplink, outbox)
        delivered_full = waiting - len(outbox)
        filler.unlink()
        kept += fill(outbox, clock, _AFTERWARDS, every_ms=_EVERY_MS)
        dropped_afterwards = outbox.dropped - dropped
        _deliver(uplink, outbox)
        told_last = sent[-1] if sent else 0
        left, dropped = len(outbox), outbox.dropped
        outbox.close()
        rows = stored_of(on.engine, on.pis[0].name)
    held = {(row.stream, row.seq) for row in rows}
    survivors = [one for one in kept if (one.stream, one.seq) in held]
    return {
        **compare(survivors, rows, least=_AFTERWARDS),
        "taken": exactly(len(kept), count + 2 * _AFTERWARDS),
        "dropped": at_least(dropped, 1),
        "neither_stored_nor_counted": none(len(kept) - len(rows) - dropped),
        "newest_not_kept": none(sum((one.stream, one.seq) not in held for one in kept[-2 * _AFTERWARDS :])),
        "delivered_while_full": exactly(delivered_full, waiting),
        "dropped_after_there_was_room": none(dropped_afterwards),
        "told_the_server": exactly(told_last, dropped),
        "left_in_the_outbox": none(left),
        "waiting_when_full": told(waiting),
    }


def _uplink(url: str, token: str, outbox: Outbox, clock: VirtualClock) -> tuple[Uplink, list[int]]:
    """Give an uplink, and a list of what each of its posts says was dropped."""
    sent: list[int] = []

    def interval_s() -> float:
        sent.append(outbox.dropped)  # asked once for every batch, beside the count that goes with it
        return _EVERY_MS / 1000

    parts = UplinkParts(outbox, clock, Transport(url, token, tls_trust(url, None)))
    return Uplink(parts, interval_s=interval_s, apply_config=lambda config: None), sent


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
        subprocess.run(["umount", where], check=True)


def _fill_disk(disk: Path) -> Path:
    """Leave not a byte."""
    filler = disk / "somebody-elses.file"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 12)):
            pass
    return filler

"""R10: the disk of the database fills up while 6 Pis post.

The tables lie on a small disk of their own (tmpfs), the write-ahead log elsewhere; then somebody else fills that disk.
The Pis are answered 503 "storage-full" with the time to come back, never 500, and keep their readings; administrators
read of it on every page. When there is room again, readings go in within 30 s without anybody restarting anything, and
no acknowledged one is lost.

A full disk under the write-ahead log itself ends PostgreSQL (by design, it cannot promise durability then). Whatever
runs it has to start it again; that case is R2's.
"""

import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.drills.cluster import Cluster
from tests.drills.farm import Farm, farm, let_in
from tests.drills.frame import Figures, Impossible, at_least, at_most, exactly, none, told
from tests.drills.ledger import Ledger
from tests.drills.pis import Attempt, Pi, attempts_of, left_hanging, posting, wait_for

NAME = "R10"
PIS = 6
_DISK_MIB = 320
_FULL_FOR_S = {False: 5.0, True: 60.0}
_WORKS_AGAIN_WITHIN_S = 30.0
_WARNED_AT = 0.85
_WARNING = re.compile(r"The disk is (9\d|100) % full")
_USED = re.compile(r"^hydrofleet_disk_used_ratio(?:\{[^}]*\})? ([0-9.e+-]+)$", re.MULTILINE)


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Fill the disk, make room again, and look at every answer."""
    ledger = Ledger()
    with _small_disk(folder / "pg") as disk:
        cluster = Cluster(disk)
        cluster.move_log_to(folder / "wal")
        with farm(folder, pis=PIS, cluster=cluster) as on:
            postmaster, administrator = cluster.postmaster(), let_in(on.engine, "budi", "admin")
            with posting(on, ledger, on.pis) as fleet:
                wait_for(lambda: ledger.acknowledged > PIS, within_s=60, what="readings go in")
                filler = _fill(disk)
                began_s = _until_refused(fleet)
                time.sleep(_FULL_FOR_S[full])
                used, is_warned = _disk_used(on), _is_warned(on, administrator)
                freed_s = time.monotonic()
                filler.unlink()
                wait_for(lambda: _are_all_back(fleet, freed_s), within_s=120, what="all Pis are back")
                works_after_s = time.monotonic() - freed_s
            met = [one for one in attempts_of(fleet) if one.ended_s > began_s and one.status != 200]
            statuses = [one.status for one in attempts_of(fleet)]
            return {
                **ledger.compare(on.engine, least=2 * PIS),
                "answers_storage_full": at_least(sum(one.problem == "storage-full" for one in met), PIS),
                "answers_503_of_another_kind": told(sum(one.problem != "storage-full" for one in met)),
                "left_hanging": none(left_hanging(met)),
                "neither_200_nor_503": none(len(statuses) - statuses.count(200) - statuses.count(503)),
                "disk_used_as_monitored": at_least(used, _WARNED_AT),
                "administrator_is_warned": exactly(int(is_warned), 1),
                "works_again_after_s": at_most(works_after_s, _WORKS_AGAIN_WITHIN_S),
                "restarts": exactly(int(cluster.postmaster() != postmaster), 0),
            }


@contextmanager
def _small_disk(where: Path) -> Iterator[Path]:
    """Mount a disk in memory that is soon full."""
    where.mkdir(mode=0o711)
    if os.geteuid() != 0:
        raise Impossible("only root can mount a small disk to fill")
    command: list[str | Path] = [
        "mount",
        "-t",
        "tmpfs",
        "-o",
        f"size={_DISK_MIB}m,mode=0711",
        "hydrofleet-drill",
        where,
    ]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Impossible(f"no small disk can be mounted here: {made.stderr.strip()}")
    try:
        yield where
    finally:
        subprocess.run(["umount", where], check=True)


def _fill(disk: Path) -> Path:
    """Leave not a byte."""
    filler = disk / "somebody-elses.file"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 16)):
            pass
    return filler


def _until_refused(fleet: Sequence[Pi]) -> float:
    """Wait until a page of a table finds no room, and give the moment."""
    wait_for(lambda: any(_is_refused(one) for one in attempts_of(fleet)), within_s=120, what="the disk is full")
    return min(one.began_s for one in attempts_of(fleet) if _is_refused(one))


def _is_refused(attempt: Attempt) -> bool:
    return attempt.status not in (0, 200)


def _are_all_back(fleet: Sequence[Pi], since_s: float) -> bool:
    return all(any(one.status == 200 and one.began_s > since_s for one in list(pi.attempts)) for pi in fleet)


def _disk_used(on: Farm) -> float:
    """Read what the server tells those who watch over it."""
    found = _USED.search(httpx.get(f"{on.server.url}/metrics", timeout=30).text)
    return float(found[1]) if found else float("nan")


def _is_warned(on: Farm, administrator: dict[str, str]) -> bool:
    """Look at the frame of every page as somebody who can do something about it."""
    return (
        _WARNING.search(httpx.get(f"{on.server.url}/_dash-layout", headers=administrator, timeout=30).text) is not None
    )

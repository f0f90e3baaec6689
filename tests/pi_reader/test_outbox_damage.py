"""What an outbox does when the card under it fails, and when the agent is killed while writing."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pi_reader.clock import Stamp, Trust
from pi_reader.outbox import Outbox
from pi_reader.sample import Sample

#: 2026-11-23T08:00:00Z
T0 = 1_795_420_800_000


def stamp(wall_ms: int, *, boot_ms: int = 0, trust: Trust | None = Trust.SYNCED) -> Stamp:
    return Stamp("boot-1", boot_ms, wall_ms, trust)


def sample(ph_mv: float | None = 1655.25) -> Sample:
    return Sample(ph_mv, 1210.5, 21.4375)


WRITER = """
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from pi_reader.clock import Stamp, Trust
from pi_reader.outbox import Outbox
from pi_reader.sample import Sample
outbox = Outbox(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    stored = outbox.append(Sample(float(number), 2.0, 3.0), Stamp("b", 0, 1_795_420_800_000 + number, Trust.SYNCED))
    print(stored.seq, flush=True)
"""


@pytest.mark.parametrize("kill_after", [1, 37, 150])
def test_kill_in_the_middle_of_writing_loses_no_stored_reading(kill_after: int, tmp_path: Path) -> None:
    file = tmp_path / "o.db"
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(kill_after)]

    os.kill(child.pid, signal.SIGKILL)
    told += [int(line) for line in child.stdout if line.endswith("\n")]
    child.wait()

    outbox = Outbox(file)
    kept = outbox.batch(10_000, with_newest=False)
    outbox.close()
    # The one being written at the kill may be there, too; nothing that was told may be missing.
    assert [reading.seq for reading in kept][: len(told)] == told
    assert [reading.ph_mv for reading in kept] == [float(reading.seq) for reading in kept]
    assert len(kept) - len(told) in (0, 1)


def filled(file: Path, count: int = 600) -> None:
    outbox = Outbox(file)
    outbox._connection.execute("PRAGMA synchronous=OFF")  # only to be quick
    for number in range(count):
        outbox.append(sample(float(number)), stamp(T0 + number * 10_000))
    outbox._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    outbox.close()


def damaged_files(folder: Path) -> list[Path]:
    return [path for path in folder.glob("o.db.corrupt-*") if not path.name.endswith(("-wal", "-shm"))]


def test_damaged_page_costs_its_own_readings_only(tmp_path: Path) -> None:
    file = tmp_path / "o.db"
    filled(file)
    content = bytearray(file.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = bytes(4096)
    file.write_bytes(content)

    outbox = Outbox(file)

    kept = outbox.batch(10_000, with_newest=False)
    assert len(damaged_files(tmp_path)) == 1
    # A page holds about 40 readings; both sides of the hole are carried over unchanged.
    assert 540 <= len(kept) < 600
    assert {kept[0].seq, kept[-1].seq} == {1, 600}
    assert all(reading.ph_mv == reading.seq - 1 for reading in kept)
    outbox.close()


def test_salvaged_readings_keep_their_stream_and_new_ones_get_another(tmp_path: Path) -> None:
    file = tmp_path / "o.db"
    filled(file)
    with sqlite3.connect(file) as connection:
        stream = connection.execute("SELECT value FROM meta WHERE key = 'stream'").fetchone()[0]
    content = bytearray(file.read_bytes())
    content[-4096:] = os.urandom(4096)
    file.write_bytes(content)

    outbox = Outbox(file)
    new = outbox.append(sample(), stamp(T0 + 99_000_000))

    assert new is not None
    assert new.stream != stream
    assert {reading.stream for reading in outbox.batch(10_000, with_newest=False)} == {stream}
    outbox.close()


def test_file_of_rubbish_is_put_aside_and_work_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "o.db"
    file.write_bytes(b"this is not a database" * 500)

    outbox = Outbox(file)

    assert outbox.append(sample(), stamp(T0)) is not None
    assert damaged_files(tmp_path)[0].read_bytes().startswith(b"this is not")
    outbox.close()


@pytest.mark.parametrize("seed", range(40))
def test_any_damage_leaves_an_outbox_that_works(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    file = tmp_path / "o.db"
    filled(file, 120)
    content = bytearray(file.read_bytes())
    place = rng.randrange(len(content))
    length = rng.choice([1, 16, 512, 4096])
    damage = rng.choice(["zero", "noise", "cut"])
    if damage == "cut":
        del content[place:]
    else:
        span = len(content[place : place + length])
        content[place : place + length] = bytes(span) if damage == "zero" else rng.randbytes(span)
    file.write_bytes(content)

    outbox = Outbox(file)
    stored = outbox.append(sample(), stamp(T0 + 99_000_000))

    assert stored is not None
    assert (
        stored in outbox.batch(10_000, with_newest=True)
        or stored.stream != outbox.batch(1, with_newest=False)[0].stream
    )
    outbox.close()


def test_damage_found_while_running_does_not_stop_the_readings(tmp_path: Path) -> None:
    file = tmp_path / "o.db"
    filled(file)
    outbox = Outbox(file)
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.write(os.urandom(size))
    # What SQLite still holds in memory would hide the damage until the cache turns over.
    outbox._connection.execute("PRAGMA shrink_memory")

    stored = [outbox.append(sample(), stamp(T0 + 99_000_000 + number)) for number in range(3)]

    assert stored[-1] is not None
    assert len(damaged_files(tmp_path)) == 1
    outbox.close()


def test_flipped_bit_in_a_value_is_given_up_and_counted_not_delivered(tmp_path: Path) -> None:
    file = tmp_path / "o.db"
    filled(file, 5)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE reading SET ph_mv = 6098.0 WHERE seq = 3")

    outbox = Outbox(file)

    assert [reading.seq for reading in outbox.batch(10, with_newest=True)] == [1, 2, 4, 5]
    assert (len(outbox), outbox.dropped) == (4, 1)
    outbox.close()


def test_damaged_counters_do_not_stop_the_start(tmp_path: Path) -> None:
    file = tmp_path / "o.db"
    filled(file, 5)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE meta SET value = 'x' || value")

    outbox = Outbox(file)

    assert outbox.append(sample(), stamp(T0 + 99_000_000)) is not None
    assert len(outbox) == 6
    outbox.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_disk(folder: Path) -> None:
    place = folder / f"filler-{len(list(folder.iterdir()))}"
    with place.open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(4096)):
            pass


def make_room(folder: Path) -> None:
    for filler in folder.glob("filler-*"):
        filler.unlink()


def read(outbox: Outbox, count: int, *, first: int = 0) -> None:
    for number in range(first, first + count):
        outbox.append(sample(float(number)), stamp(T0 + number * 10_000))


def test_disk_filled_by_somebody_else_never_stops_the_newest_readings(small_disk: Path) -> None:
    outbox = Outbox(small_disk / "o.db")
    for number in range(1000):
        outbox.append(sample(float(number)), stamp(T0 + number * 10_000))
    fill_disk(small_disk)

    lost = 0
    for number in range(1000, 15_000):
        lost += outbox.append(sample(float(number)), stamp(T0 + number * 10_000)) is None

    assert lost == 0
    assert outbox.dropped > 0
    assert len(outbox) + outbox.dropped == 15_000
    assert outbox.batch(2, with_newest=True)[0].ph_mv == 14_999.0
    outbox.close()


def test_delivery_can_empty_the_outbox_of_a_full_disk_and_all_is_well_afterwards(small_disk: Path) -> None:
    outbox = Outbox(small_disk / "o.db")
    for number in range(3000):
        outbox.append(sample(float(number)), stamp(T0 + number * 10_000))
    fill_disk(small_disk)
    while batch := outbox.batch(500, with_newest=True):
        outbox.remove(batch, stamp(T0))
    make_room(small_disk)

    stored = [outbox.append(sample(), stamp(T0 + 99_000_000 + number)) for number in range(3000)]

    assert None not in stored
    assert (len(outbox), outbox.dropped) == (3000, 0)
    outbox.close()


def test_agent_that_is_started_on_a_full_disk_reads_on_with_what_its_log_left(small_disk: Path) -> None:
    outbox = Outbox(small_disk / "o.db")
    read(outbox, 500)
    fill_disk(small_disk)
    # The reserve is used up on the way.
    read(outbox, 4000, first=500)
    outbox.close()
    fill_disk(small_disk)

    again = Outbox(small_disk / "o.db")
    read(again, 500, first=4500)

    assert len(again) + again.dropped == 5000
    assert again.batch(2, with_newest=True)[0].seq == 5000
    again.remove(again.batch(500, with_newest=False), stamp(T0))
    assert len(again) + again.dropped == 4500
    again.close()


def test_agent_that_is_started_where_there_is_no_room_at_all_counts_what_it_cannot_keep(small_disk: Path) -> None:
    outbox = Outbox(small_disk / "o.db", reserve_bytes=0)
    read(outbox, 100)
    outbox.close()
    fill_disk(small_disk)

    again = Outbox(small_disk / "o.db")
    read(again, 10, first=100)
    without_room = len(again), again.dropped
    make_room(small_disk)
    read(again, 10, first=110)

    assert without_room == (100, 10)
    assert (len(again), again.dropped) == (110, 10)
    again.close()

"""The outbox keeps what it was given, in order, within its bounds."""

import sqlite3
from pathlib import Path

import pytest

from pi_reader.clock import Stamp, Trust
from pi_reader.outbox import Outbox
from pi_reader.outbox_file import reserve_of
from pi_reader.outbox_rows import StoredReading
from pi_reader.sample import Channel, Reason, Sample

#: 2026-11-23T08:00:00Z
T0 = 1_795_420_800_000


def stamp(wall_ms: int, *, boot_ms: int = 0, trust: Trust | None = Trust.SYNCED) -> Stamp:
    return Stamp("boot-1", boot_ms, wall_ms, trust)


def sample(ph_mv: float | None = 1655.25) -> Sample:
    return Sample(ph_mv, 1210.5, 21.4375)


def fill(outbox: Outbox, count: int, *, first: int = 0) -> None:
    for number in range(first, first + count):
        outbox.append(sample(1500.0 + number), stamp(T0 + number * 10_000))


def seqs(readings: list[StoredReading]) -> list[int]:
    return [reading.seq for reading in readings]


def test_reading_comes_back_as_it_was_given(outbox: Outbox) -> None:
    given = Sample(None, 1210.5, 21.4375, reasons={Channel.PH_MV: Reason.RAIL})

    stored = outbox.append(given, stamp(T0))

    assert outbox.batch(10, with_newest=False) == [stored]
    assert stored == StoredReading(1, outbox.stream, T0, "synced", None, 1210.5, 21.4375, {"ph_mv": "rail"})


def test_oldest_readings_come_first(outbox: Outbox) -> None:
    fill(outbox, 5)

    assert seqs(outbox.batch(3, with_newest=False)) == [1, 2, 3]


def test_newest_reading_leads_a_backlog_batch(outbox: Outbox) -> None:
    fill(outbox, 9)

    assert seqs(outbox.batch(4, with_newest=True)) == [9, 1, 2, 3]


def test_newest_reading_is_not_sent_twice_in_one_batch(outbox: Outbox) -> None:
    fill(outbox, 3)

    assert seqs(outbox.batch(10, with_newest=True)) == [1, 2, 3]


def test_removed_readings_are_gone_and_their_numbers_never_return(outbox: Outbox) -> None:
    fill(outbox, 3)
    outbox.remove(outbox.batch(3, with_newest=False), stamp(T0))

    fill(outbox, 1, first=3)

    assert seqs(outbox.batch(10, with_newest=False)) == [4]
    assert len(outbox) == 1


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    first = Outbox(tmp_path / "o.db")
    fill(first, 3)
    before = (first.stream, first.batch(9, with_newest=False))
    first.close()

    again = Outbox(tmp_path / "o.db")

    assert (again.stream, again.batch(9, with_newest=False)) == before
    again.close()


def test_full_outbox_drops_the_oldest_and_counts_them(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.db", max_readings=200)

    fill(outbox, 250)

    # One hundredth (2) is dropped each time the limit is met: 25 times.
    assert (len(outbox), outbox.dropped) == (200, 50)
    assert seqs(outbox.batch(1, with_newest=False)) == [51]
    outbox.close()


def test_dropped_count_survives_a_restart(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.db", max_readings=100)
    fill(outbox, 107)
    outbox.close()

    again = Outbox(tmp_path / "o.db", max_readings=100)

    assert again.dropped == 7
    again.close()


def test_file_stays_within_its_bound_for_ever(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.db", max_readings=300)
    fill(outbox, 400)
    pages = outbox._connection.execute("PRAGMA page_count").fetchone()[0]

    fill(outbox, 800, first=400)

    assert outbox._connection.execute("PRAGMA page_count").fetchone()[0] <= pages + 1
    assert len(outbox) == 300
    outbox.close()


def test_filled_disk_costs_old_readings_not_new_ones(tmp_path: Path) -> None:
    file = tmp_path / "o.db"
    outbox = Outbox(file, max_readings=1000)
    fill(outbox, 50)
    outbox.close()
    outbox = Outbox(file, max_readings=1000)
    # SQLite reports a full disk when the file may not grow: without a reserve, old readings must make room.
    reserve_of(file).unlink()
    pages = outbox._connection.execute("PRAGMA page_count").fetchone()[0]
    outbox._connection.execute(f"PRAGMA max_page_count={pages}")

    fill(outbox, 200, first=50)

    assert outbox.dropped > 0
    assert len(outbox) + outbox.dropped == 250
    assert outbox.batch(1000, with_newest=False)[-1].seq == 250
    outbox.close()


def test_reserve_is_given_to_the_first_readings_that_need_it_and_kept_again_later(tmp_path: Path) -> None:
    file = tmp_path / "o.db"
    outbox = Outbox(file)
    before = reserve_of(file).stat().st_size
    pages = outbox._connection.execute("PRAGMA page_count").fetchone()[0]
    outbox._connection.execute(f"PRAGMA max_page_count={pages}")
    fill(outbox, 200)
    during = reserve_of(file).exists()

    outbox.remove(outbox.batch(1, with_newest=False), stamp(T0))

    assert (before, during, reserve_of(file).stat().st_size) == (2 << 20, False, 2 << 20)
    outbox.close()


def test_reserve_that_is_a_part_only_is_made_whole_when_there_is_room(tmp_path: Path) -> None:
    Outbox(tmp_path / "o.db").close()
    reserve_of(tmp_path / "o.db").write_bytes(bytes(5000))

    Outbox(tmp_path / "o.db").close()

    assert reserve_of(tmp_path / "o.db").stat().st_size == 2 << 20


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "state" / "o.db")

    modes = ((tmp_path / "state").stat().st_mode & 0o777, (tmp_path / "state" / "o.db").stat().st_mode & 0o777)

    assert modes == (0o700, 0o600)
    outbox.close()


def test_power_cut_safety_is_switched_on(outbox: Outbox) -> None:
    # 2 is FULL: with NORMAL, acknowledged rows are lost on a power cut in WAL mode.
    assert outbox._connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert outbox._connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_times_increase_strictly_when_the_clock_stands_still(outbox: Outbox) -> None:
    stored = [outbox.append(sample(), stamp(T0)) for _ in range(3)]

    assert [reading.ts_ms for reading in stored if reading] == [T0, T0 + 1, T0 + 2]


def test_clock_set_back_far_begins_a_new_stream(outbox: Outbox) -> None:
    before = outbox.append(sample(), stamp(T0))
    after = outbox.append(sample(), stamp(T0 - 3_600_000))

    assert before is not None
    assert after is not None
    assert after.ts_ms == T0 - 3_600_000
    assert after.stream != before.stream


def test_batch_holds_one_stream_only(outbox: Outbox) -> None:
    fill(outbox, 2)
    outbox.append(sample(), stamp(T0 - 3_600_000))

    assert seqs(outbox.batch(10, with_newest=True)) == [1, 2]


def test_reading_without_a_trusted_clock_waits_for_one(outbox: Outbox) -> None:
    outbox.append(sample(), stamp(12_000, boot_ms=12_000, trust=None))

    assert outbox.batch(10, with_newest=True) == []
    assert (len(outbox), outbox.undated_count()) == (1, 1)


def test_readings_from_before_the_clock_was_right_get_their_true_time(outbox: Outbox) -> None:
    # The Pi booted at T0 believing it was 1970; the time service answered after an hour.
    for boot_ms in (20_000, 30_000, 40_000):
        outbox.append(sample(), stamp(boot_ms, boot_ms=boot_ms, trust=None))

    outbox.date_undated(stamp(T0 + 3_600_000, boot_ms=3_600_000))

    dated = outbox.batch(10, with_newest=False)
    assert [reading.ts_ms for reading in dated] == [T0 + 20_000, T0 + 30_000, T0 + 40_000]
    assert {reading.clock for reading in dated} == {"corrected"}


def test_time_once_given_never_changes(outbox: Outbox) -> None:
    outbox.append(sample(), stamp(20_000, boot_ms=20_000, trust=None))
    outbox.date_undated(stamp(T0, boot_ms=60_000))
    first = outbox.batch(1, with_newest=False)

    outbox.date_undated(stamp(T0 + 999_999, boot_ms=61_000))

    assert outbox.batch(1, with_newest=False) == first


def test_new_readings_follow_those_dated_afterwards(outbox: Outbox) -> None:
    outbox.append(sample(), stamp(20_000, boot_ms=20_000, trust=None))
    outbox.date_undated(stamp(T0, boot_ms=20_000))

    follower = outbox.append(sample(), stamp(T0 - 5, boot_ms=19_995, trust=Trust.CORRECTED))

    assert follower is not None
    assert follower.ts_ms == T0 + 1


def test_buried_reading_leaves_the_queue_and_stays_for_a_person(outbox: Outbox) -> None:
    fill(outbox, 2)
    poison = outbox.batch(1, with_newest=False)[0]

    outbox.bury([(poison, "HTTP 400")], stamp(T0))

    assert seqs(outbox.batch(10, with_newest=False)) == [2]
    assert outbox._connection.execute("SELECT seq, code FROM dead_letter").fetchall() == [(1, "HTTP 400")]


def test_only_the_newest_thousand_dead_letters_are_kept(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.db", max_readings=2000)
    outbox._connection.execute("PRAGMA synchronous=OFF")  # only to be quick
    fill(outbox, 1200)

    outbox.bury([(reading, "x") for reading in outbox.batch(1200, with_newest=False)], stamp(T0))

    rows = outbox._connection.execute("SELECT count(*), min(seq) FROM dead_letter").fetchone()
    assert rows == (1000, 201)
    outbox.close()


def test_failed_transaction_leaves_the_counts_true(outbox: Outbox) -> None:
    fill(outbox, 3)
    outbox._connection.execute("CREATE TRIGGER refuse BEFORE DELETE ON reading BEGIN SELECT raise(ABORT, 'no'); END")

    with pytest.raises(sqlite3.IntegrityError):
        outbox.remove(outbox.batch(2, with_newest=False), stamp(T0))

    assert len(outbox) == 3

"""The outbox: every reading is on disk before anything else happens to it, and leaves only when the server has it."""

import json
import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pi_reader.clock import Stamp
from pi_reader.outbox_file import (
    RESERVE_BYTES,
    is_full,
    keep_reserve,
    keep_what_the_log_held,
    new_stream,
    open_outbox_file,
    release_reserve,
)
from pi_reader.outbox_rows import INSERT, SELECT, Row, StoredReading, is_whole, reading_of, redated, row_of
from pi_reader.sample import Sample, finite
from pi_reader.timeline import Undated, date_readings

log = logging.getLogger(__name__)

# A clock set back by less than this is bridged by readings 1 ms apart; a bigger step begins a new stream.
_BRIDGED_STEP_MS = 60_000
_DEAD_LETTERS_KEPT = 1000
# Space comes back in whole pages of some forty readings; dropping fewer may free nothing.
_FEWEST_DROPPED_FOR_SPACE = 100


@dataclass(slots=True)
class _Ledger:
    """What the file says, held in memory: goes back with a transaction that is rolled back."""

    stream: str
    last_seq: int
    last_ts: int
    dropped: int
    count: int


class Outbox:
    """A bounded queue of readings in one SQLite file, safe for a writing and a sending thread.

    ``dropped`` counts the readings given up because the queue or the disk was full, over the life of the file.
    ``reserve_bytes`` of disk are held back for the day the disk is full; 0 for outboxes that share a big disk.
    """

    def __init__(self, file: Path, *, max_readings: int = 100_000, reserve_bytes: int = RESERVE_BYTES) -> None:
        self.file = file
        self._reserve_bytes = reserve_bytes
        self.max_readings = max_readings
        self._lock = threading.RLock()
        self._not_counted_yet = 0
        self._open()

    def append(self, sample: Sample, stamp: Stamp) -> StoredReading | None:
        """Store a sample durably, dropping the oldest when full; None if even that made no room (it is counted)."""
        sample = finite(sample)
        with self._lock:
            try:
                return self._append(sample, stamp)
            except sqlite3.DatabaseError as error:
                log.error("outbox %s: %s", self.file, error)
                return self._append_after(error, sample, stamp)

    def date_undated(self, now: Stamp) -> int:
        """Give every undated reading its final time, by a moment whose wall time is trusted; return how many."""
        with self._transaction() as connection:
            rows = self._whole(connection.execute(f"{SELECT} WHERE ts_ms IS NULL ORDER BY seq"))
            if not rows:
                return 0
            undated = [Undated(row[0], row[2], row[3]) for row in rows]  # type: ignore[arg-type]
            following = "SELECT min(ts_ms) FROM reading WHERE seq > ? AND ts_ms IS NOT NULL"
            ceiling = connection.execute(following, (undated[-1].seq,)).fetchone()[0]
            dated = date_readings(undated, now, ceiling_ms=ceiling)
            changed = [redated(row, d.ts_ms, d.trust.value) for row, d in zip(rows, dated, strict=True)]
            update = "UPDATE reading SET ts_ms = ?, clock = ?, crc = ? WHERE seq = ?"
            connection.executemany(update, [(row[4], row[5], row[-1], row[0]) for row in changed])
            self._note_last_ts(max(self._ledger.last_ts, dated[-1].ts_ms))
            return len(dated)

    def batch(self, limit: int, *, with_newest: bool) -> list[StoredReading]:
        """Return up to ``limit`` dated readings of one stream, oldest first; optionally the newest in front of them."""
        with self._transaction() as connection:
            dated = f"{SELECT} WHERE ts_ms IS NOT NULL"
            oldest = self._readings(connection.execute(f"{dated} ORDER BY seq LIMIT ?", (limit,)))
            newest = self._readings(connection.execute(f"{dated} ORDER BY seq DESC LIMIT 1")) if with_newest else []
        oldest = [reading for reading in oldest if reading.stream == oldest[0].stream]
        if not oldest or not newest or limit < 2:
            return oldest
        if newest[0].stream != oldest[0].stream or newest[0].seq <= oldest[-1].seq:
            return oldest
        return [newest[0], *oldest[: limit - 1]]

    def remove(self, readings: Sequence[StoredReading], now: Stamp) -> None:
        """Forget readings that the server has settled."""
        with self._lock:
            try:
                self._remove(readings, now)
            except sqlite3.DatabaseError as error:
                if not is_full(error):
                    raise
                release_reserve(self._connection, self.file)
                self._remove(readings, now)
            self._keep_reserve()

    def bury(self, letters: Sequence[tuple[StoredReading, str]], now: Stamp) -> None:
        """Put readings the server refuses for good aside with its code; a person finds the newest thousand there."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO dead_letter (seq, stream, body, code, at_ms) VALUES (?, ?, ?, ?, ?)",
                [(r.seq, r.stream, json.dumps(_body(r)), code, now.wall_ms) for r, code in letters],
            )
            connection.execute(
                "DELETE FROM dead_letter WHERE rowid <= (SELECT max(rowid) FROM dead_letter) - ?", (_DEAD_LETTERS_KEPT,)
            )
            self._delete(connection, [reading.seq for reading, _ in letters])

    def undated_count(self) -> int:
        """Return how many readings wait for a clock."""
        with self._lock:
            return int(self._connection.execute("SELECT count(*) FROM reading WHERE ts_ms IS NULL").fetchone()[0])

    def __len__(self) -> int:
        return self._ledger.count

    @property
    def dropped(self) -> int:
        """Return how many readings were given up, ever."""
        return self._ledger.dropped + self._not_counted_yet

    @property
    def stream(self) -> str:
        """Return the name of the sequence that new readings join."""
        return self._ledger.stream

    def close(self) -> None:
        """Close the file; what is in it stays for the next start."""
        with self._lock:
            self._connection.close()
            if self._reserve_bytes:
                keep_what_the_log_held(self.file, self._reserve_bytes)

    def _open(self) -> None:
        self._connection = open_outbox_file(self.file, self.max_readings)
        self._keep_reserve()
        meta = dict(self._connection.execute("SELECT key, value FROM meta"))
        count, newest = self._connection.execute("SELECT count(*), max(seq) FROM reading").fetchone()
        counter = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'reading'").fetchone()
        self._ledger = _Ledger(
            stream=meta["stream"],
            last_seq=max(newest or 0, counter[0] if counter else 0),
            last_ts=_number(meta.get("last_ts")),
            dropped=_number(meta.get("dropped")),
            count=int(count),
        )

    def _append(self, sample: Sample, stamp: Stamp) -> StoredReading:
        with self._transaction() as connection:
            ledger = self._ledger
            if ledger.count >= self.max_readings:
                self._drop_oldest(connection, max(1, self.max_readings // 100))
            ledger.last_seq += 1
            ledger.count += 1
            reading = StoredReading(
                seq=ledger.last_seq,
                ts_ms=None if stamp.trust is None else self._next_ts(stamp.wall_ms),
                stream=ledger.stream,
                clock=None if stamp.trust is None else stamp.trust.value,
                ph_mv=sample.ph_mv,
                ec_mv=sample.ec_mv,
                water_c=sample.water_c,
                reasons=sample.told(),
            )
            connection.execute(INSERT, row_of(reading, stamp.boot_id, stamp.boot_ms))
            self._count_dropped(0)
        self._not_counted_yet = 0
        return reading

    def _append_after(self, error: sqlite3.DatabaseError, sample: Sample, stamp: Stamp) -> StoredReading | None:
        """Make the best of a failed append: find space, drop the oldest, or replace a damaged file; then try again."""
        remedies = (self._use_reserve, self._drop_for_space) if is_full(error) else (self._reopen,)
        for remedy in remedies:
            try:
                remedy()
                return self._append(sample, stamp)
            except (sqlite3.Error, OSError) as again:
                log.error("outbox %s: %s", self.file, again)
        self._not_counted_yet += 1
        return None

    def _keep_reserve(self) -> None:
        if self._reserve_bytes:
            keep_reserve(self._connection, self.file, max_readings=self.max_readings, size=self._reserve_bytes)

    def _use_reserve(self) -> None:
        release_reserve(self._connection, self.file)

    def _drop_for_space(self) -> None:
        with self._transaction() as connection:
            self._drop_oldest(connection, max(_FEWEST_DROPPED_FOR_SPACE, self._ledger.count // 10))
        self._connection.execute("PRAGMA wal_checkpoint(RESTART)")

    def _reopen(self) -> None:
        """Open the file anew, which replaces it if it is damaged."""
        self._connection.close()
        self._open()

    def _remove(self, readings: Sequence[StoredReading], now: Stamp) -> None:
        with self._transaction() as connection:
            self._delete(connection, [reading.seq for reading in readings])
            self._set_meta("delivered_ms", str(now.wall_ms))

    def _drop_oldest(self, connection: sqlite3.Connection, how_many: int) -> None:
        oldest = "DELETE FROM reading WHERE seq IN (SELECT seq FROM reading ORDER BY seq LIMIT ?)"
        dropped = connection.execute(oldest, (how_many,)).rowcount
        self._ledger.count -= dropped
        self._count_dropped(dropped)
        log.warning("outbox %s is full: dropped the oldest %d readings", self.file, dropped)

    def _count_dropped(self, how_many: int) -> None:
        """Record readings given up, with those that did not even reach the file."""
        if how_many or self._not_counted_yet:
            self._ledger.dropped += how_many + self._not_counted_yet
            self._set_meta("dropped", str(self._ledger.dropped))

    def _delete(self, connection: sqlite3.Connection, seqs: Sequence[int]) -> None:
        cursor = connection.executemany("DELETE FROM reading WHERE seq = ?", [(seq,) for seq in seqs])
        self._ledger.count -= cursor.rowcount

    def _readings(self, cursor: sqlite3.Cursor) -> list[StoredReading]:
        return [reading_of(row) for row in self._whole(cursor)]

    def _whole(self, cursor: sqlite3.Cursor) -> list[Row]:
        """Return the rows that are as they were written; give up the others: a wrong value is worse than none."""
        rows: list[Row] = cursor.fetchall()
        damaged = [row for row in rows if not is_whole(row)]
        if damaged:
            log.error("outbox %s: %d readings were damaged on disk and are given up", self.file, len(damaged))
            self._delete(self._connection, [row[0] for row in damaged])  # type: ignore[misc]
            self._count_dropped(len(damaged))
        return [row for row in rows if is_whole(row)] if damaged else rows

    def _next_ts(self, wall_ms: int) -> int:
        """Return the time for a new reading, strictly after the last one of its stream."""
        back_ms = self._ledger.last_ts - wall_ms
        if 0 <= back_ms < _BRIDGED_STEP_MS:
            wall_ms = self._ledger.last_ts + 1
        elif back_ms > 0:
            log.warning("the clock went back by %.0f s; a new stream begins", back_ms / 1000)
            self._ledger.stream = new_stream()
            self._set_meta("stream", self._ledger.stream)
        self._note_last_ts(wall_ms)
        return wall_ms

    def _note_last_ts(self, ts_ms: int) -> None:
        self._ledger.last_ts = ts_ms
        self._set_meta("last_ts", str(ts_ms))

    def _set_meta(self, key: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            before = replace(self._ledger)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._ledger = before
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise


def _body(reading: StoredReading) -> dict[str, object]:
    return {"ts_ms": reading.ts_ms, "ph_mv": reading.ph_mv, "ec_mv": reading.ec_mv, "water_c": reading.water_c}


def _number(text: object) -> int:
    """Return a stored number; 0 when there is none or the disk has damaged it."""
    return int(text) if isinstance(text, str) and text.isdigit() else 0

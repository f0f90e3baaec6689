"""The file of the outbox: opened, checked, bounded, and put aside and salvaged when it is damaged."""

import logging
import re
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from pi_reader.outbox_rows import INSERT, SELECT, Row, is_whole

log = logging.getLogger(__name__)

_SCHEMA = """
BEGIN;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reading (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    boot_ms INTEGER NOT NULL,
    ts_ms INTEGER,          -- NULL until the time is known; never changed afterwards
    clock TEXT,
    ph_mv REAL, ec_mv REAL, water_c REAL,
    reasons TEXT,           -- JSON object, NULL when nothing failed
    crc INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS reading_undated ON reading (seq) WHERE ts_ms IS NULL;
CREATE TABLE IF NOT EXISTS dead_letter (
    seq INTEGER, stream TEXT, body TEXT NOT NULL, code TEXT NOT NULL, at_ms INTEGER NOT NULL
);
COMMIT;
"""
_PAGE_BYTES = 4096
_BYTES_PER_READING = 200  # with boot id and stream in every row, and the dead letters beside them
# SQLite cannot even delete on a full disk; giving this file's space back lets it. Then the outbox may grow by this much
# only, which leaves the rest of the reserve to the write-ahead log (200 pages between checkpoints).
RESERVE_BYTES = 2 << 20
_PAGES_IN_NEED = 64


def open_outbox_file(file: Path, max_readings: int) -> sqlite3.Connection:
    """Open or make the outbox; a damaged one is renamed ``<name>.corrupt-<ts>`` and its rows are carried over.

    On a full disk the reserve is given back first: SQLite needs room even to open a file.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        connection = _connect_on_full_disk(file, max_readings)
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
            _start_stream(connection)
            return connection
        connection.close()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        log.error("outbox %s: %s", file, error)
    return _replace_damaged(file, max_readings)


def _connect_on_full_disk(file: Path, max_readings: int) -> sqlite3.Connection:
    try:
        return _connect(file, max_readings)
    except sqlite3.OperationalError as error:
        if not is_full(error) and not _is_failure_of_disk(error):
            raise
        log.error("outbox %s: %s; trying with the space that is held back", file, error)
    reserve_of(file).unlink(missing_ok=True)
    try:
        connection = _connect(file, max_readings)
    except sqlite3.OperationalError:
        # Alone with the file, SQLite keeps the index of its log in memory, not on the disk: nobody else can look at it.
        connection = _connect(file, max_readings, "PRAGMA locking_mode=EXCLUSIVE")
    _limit_to_need(connection)
    return connection


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether SQLite says that the file itself is broken."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_full(error: sqlite3.Error) -> bool:
    """Tell whether SQLite says that the disk, or the outbox' own limit, is reached."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL


def _is_failure_of_disk(error: sqlite3.Error) -> bool:
    """Tell whether the disk did not do what SQLite wanted: on a full one it cannot lay out the index of its log."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR


def reserve_of(file: Path) -> Path:
    """Return the file that keeps some disk space back for deleting."""
    return file.with_name(f"{file.name}.reserve")


def keep_reserve(connection: sqlite3.Connection, file: Path, *, max_readings: int, size: int) -> None:
    """Claim the reserve, and let the outbox grow to its own limit, while the disk has plenty of room."""
    reserve = reserve_of(file)
    with suppress(OSError):
        held = reserve.stat().st_size if reserve.exists() else 0
        if held < size and shutil.disk_usage(file.parent).free >= 2 * size:
            reserve.write_bytes(bytes(size))
            _limit_pages(connection, max(256, max_readings * _BYTES_PER_READING // _PAGE_BYTES))


def keep_what_the_log_held(file: Path, size: int) -> None:
    """Hold half of what is free back for the next start, where it is too little for a whole reserve.

    The log goes with the last connection, and without room for another one nothing could be deleted.
    """
    reserve = reserve_of(file)
    with suppress(OSError):
        free = shutil.disk_usage(file.parent).free
        if not reserve.exists() and free < 2 * size:
            reserve.write_bytes(bytes(min(size, free // 2)))


def release_reserve(connection: sqlite3.Connection, file: Path) -> None:
    """Give the reserve back to a full disk once, and let the outbox grow by a part of it; begin the log anew."""
    reserve = reserve_of(file)
    had_reserve = reserve.exists()
    reserve.unlink(missing_ok=True)
    connection.execute("PRAGMA wal_checkpoint(RESTART)")
    if had_reserve:
        _limit_to_need(connection)


def _limit_to_need(connection: sqlite3.Connection) -> None:
    """Let the outbox grow by a part of the reserve only."""
    _limit_pages(connection, connection.execute("PRAGMA page_count").fetchone()[0] + _PAGES_IN_NEED)


def _limit_pages(connection: sqlite3.Connection, pages: int) -> None:
    connection.execute(f"PRAGMA max_page_count={pages:d}")


def new_stream() -> str:
    """Return the name of a fresh sequence of readings."""
    return secrets.token_hex(16)


def _connect(file: Path, max_readings: int, *before: str) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        connection.text_factory = _lenient_text
        for pragma in before:
            connection.execute(pragma)
        connection.execute("PRAGMA journal_mode=WAL")
        # NORMAL loses acknowledged rows on a power cut in WAL mode.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=200")
        _limit_pages(connection, max(256, max_readings * _BYTES_PER_READING // _PAGE_BYTES))
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    file.chmod(0o600)
    return connection


def _start_stream(connection: sqlite3.Connection) -> None:
    """Name the sequence of readings, unless it has a name that is still readable."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'stream'").fetchone()
    if row is None or not re.fullmatch(r"[0-9a-f]{32}", row[0]):
        connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('stream', ?)", (new_stream(),))


def _replace_damaged(file: Path, max_readings: int) -> sqlite3.Connection:
    aside = file.with_name(f"{file.name}.corrupt-{time.time_ns() // 1_000_000}")
    file.replace(aside)
    for suffix in ("-wal", "-shm"):
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.replace(aside.with_name(aside.name + suffix))
    rows = list(_salvage(aside))
    connection = _connect(file, max_readings)
    _start_stream(connection)
    connection.execute("BEGIN IMMEDIATE")
    # A row may be found from both sides of the damage.
    connection.executemany(INSERT.replace("INSERT", "INSERT OR IGNORE", 1), rows)
    connection.execute("COMMIT")
    log.error("outbox %s was damaged: kept as %s, %d readings carried over", file, aside.name, len(rows))
    return connection


def _salvage(damaged: Path) -> Iterator[Row]:
    """Yield the rows that are whole: from the oldest up to the damage, then from the newest down to it."""
    reached = -1
    for order in ("ASC", "DESC"):
        # DatabaseError ends this direction: the damage itself.
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(damaged)) as connection:
            connection.text_factory = _lenient_text
            for row in connection.execute(f"{SELECT} NOT INDEXED WHERE seq > ? ORDER BY seq {order}", (reached,)):
                if order == "ASC":
                    reached = row[0]
                if is_whole(row):
                    yield row


def _lenient_text(raw: bytes) -> str:
    """Decode what may be damaged; the checksum finds out."""
    return raw.decode("utf-8", "replace")

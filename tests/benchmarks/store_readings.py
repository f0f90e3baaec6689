"""Compare storing readings with the fastest that PostgreSQL can do: ``python tests/benchmarks/store_readings.py``.

Prints, per batch size, the median time of a raw binary COPY of the same rows and of store_readings, both with a
durable commit, in turns; and for a year of one device, a frame against the server's own time for the same query.
Times depend on the machine and on what else it does: read the ratios.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, text

sys.path.insert(0, str(Path(__file__).parents[2]))

from models.copying import copy_in
from models.db import make_engine, session_scope
from models.embedded import EmbeddedPostgres
from models.migrate import upgrade
from models.partitions import ensure_months
from models.read.readings import readings_frame
from models.rows import TABLE_COLUMNS, ReadingRows
from models.write.devices import expand_names, register_devices
from models.write.readings import bulk_load, store_readings

NOW = datetime(2026, 11, 23, tzinfo=UTC)
START = datetime(2025, 11, 1, tzinfo=UTC)
YEAR_MINUTES = 525_600


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="hydrofleet-bench-", dir=Path.cwd()) as directory:
        server = EmbeddedPostgres.start(Path(directory), report=print)
        try:
            engine = make_engine(server.url, statement_timeout_s=0)
            upgrade(engine)
            with session_scope(engine) as session:
                devices = register_devices(session, expand_names("pi-1..pi-99"), now=START)
            ids = np.array([device.id for device in devices])
            for size in (1, 10, 100, 1000, 10_000):
                _compare_writing(engine, ids, size)
            _compare_reading(engine, int(ids[0]))
            engine.dispose()
        finally:
            server.stop()


def _compare_writing(engine: Engine, ids: np.ndarray, size: int) -> None:
    minutes = np.arange(size) // len(ids)
    stamps = int(START.timestamp() * 1000) + 60_000 * minutes
    rows = ReadingRows.of(
        ids[np.arange(size) % len(ids)],
        stamps,
        ph=6.1,
        ec_us_cm=1400.0,
        water_c=21.5,
        ph_mv=1655.2,
        ec_mv=1200.0,
        seq=1,
    )
    ways: dict[str, Callable[..., object]] = {
        "COPY": lambda session: copy_in(session, "readings", TABLE_COLUMNS, rows.copy_bytes()),
        "store_readings": lambda session: store_readings(session, rows, now=NOW),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(15):
        for name, way in ways.items():
            _empty(engine, rows)
            times[name].append(_timed(engine, way))
    copy, stored = (float(np.median(times[name])) for name in ways)
    print(f"{size:6d} rows: COPY {1000 * copy:7.1f} ms, store_readings {1000 * stored:7.1f} ms, {copy / stored:.2f}")


def _compare_reading(engine: Engine, device_id: int) -> None:
    stamps = int(START.timestamp() * 1000) + 60_000 * np.arange(YEAR_MINUTES)
    wave = np.sin(np.arange(YEAR_MINUTES) / 1440)
    rows = ReadingRows.of(
        device_id, stamps, ph=6 + wave / 4, ec_us_cm=1400 + 50 * wave, water_c=21 + wave, ph_mv=1655.2
    )
    with session_scope(engine) as session:
        session.execute(text("TRUNCATE readings, dirty_hours, device_state"))
        bulk_load(session, rows, now=NOW)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE readings"))
    end = START + timedelta(minutes=YEAR_MINUTES)
    alone = text(
        "EXPLAIN (ANALYZE, TIMING OFF, SERIALIZE BINARY) SELECT ts, ph, ec_us_cm, water_c, quality FROM readings "
        "WHERE device_id = :device_id AND ts >= :start AND ts < :end ORDER BY ts"
    )
    given = {"device_id": device_id, "start": START, "end": end}
    count = [_timed(engine, lambda session: session.execute(alone, given)) for _ in range(5)]
    frame = [_timed(engine, lambda session: readings_frame(session, device_id, START, end)) for _ in range(5)]
    counted, framed = float(np.median(count)), float(np.median(frame))
    print(f"a year: SQL {1000 * counted:.0f} ms, frame {1000 * framed:.0f} ms, {framed / counted:.1f} times that")


def _empty(engine: Engine, rows: ReadingRows) -> None:
    with session_scope(engine) as session:
        session.execute(text("TRUNCATE readings, dirty_hours, device_state"))
        ensure_months(session.connection(), rows.months())


def _timed(engine: Engine, way: Callable[..., object]) -> float:
    started = time.perf_counter()
    with session_scope(engine) as session:
        way(session)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()

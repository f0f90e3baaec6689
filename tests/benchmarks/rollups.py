"""What keeping the rollups current costs: ``python tests/benchmarks/rollups.py [pis] [interval_s]``.

Prints processor time and elapsed time of this process for three loads, median of five rounds each: one new reading of
every Pi, an hour of every Pi, and a day of every Pi that come after a day of silence. PostgreSQL's own time is in the
elapsed time only. Times depend on the machine and on what else it does.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, text

sys.path.insert(0, str(Path(__file__).parents[2]))

from app.jobs.rollups import refresh_dirty_hours
from ingest_api.intake import derive
from ingest_api.sent import SentReadings
from models.db import make_engine, session_scope
from models.embedded import EmbeddedPostgres
from models.migrate import upgrade
from models.read.devices import DeviceRecord
from models.write.devices import expand_names, register_devices
from models.write.readings import bulk_load

START = datetime(2026, 11, 1, tzinfo=UTC)
ROUNDS = 5


def main(pis: int, interval_s: int) -> None:
    with tempfile.TemporaryDirectory(prefix="hydrofleet-bench-", dir=Path.cwd()) as directory:
        server = EmbeddedPostgres.start(Path(directory), report=print)
        try:
            engine = make_engine(server.url, statement_timeout_s=0)
            upgrade(engine)
            with session_scope(engine) as session:
                names = expand_names(f"pi-1..pi-{pis}")
                devices = register_devices(session, names, interval_s=interval_s, now=START)
            _measure(engine, devices, interval_s)
            engine.dispose()
        finally:
            server.stop()


def _measure(engine: Engine, devices: list[DeviceRecord], interval_s: int) -> None:
    moment = START + timedelta(hours=36)
    _send(engine, devices, START, moment, interval_s)
    refresh_dirty_hours(engine, now=moment)
    loads = {"a reading": timedelta(seconds=interval_s), "an hour": timedelta(hours=1), "a day": timedelta(days=1)}
    for name, length in loads.items():
        spent = []
        for _ in range(ROUNDS if length < timedelta(days=1) else 1):
            _send(engine, devices, moment, moment + length, interval_s)
            moment += length
            cpu, wall = time.process_time(), time.perf_counter()
            served = refresh_dirty_hours(engine, now=moment)
            spent.append((time.process_time() - cpu, time.perf_counter() - wall))
        cpu, wall = np.median(spent, axis=0)
        print(
            f"{name:>10} of {len(devices)} Pis: {1000 * cpu / len(devices):7.2f} ms CPU a Pi, "
            f"{1000 * cpu / served:6.2f} ms CPU an hour served, {wall:6.2f} s in all"
        )


def _send(engine: Engine, devices: list[DeviceRecord], start: datetime, end: datetime, interval_s: int) -> None:
    """Store what simulated tanks measure in ``[start, end)``: drift, noise, now and then a dose."""
    seconds = np.arange(int(start.timestamp()), int(end.timestamp()), interval_s)
    random = np.random.default_rng(seconds[0])
    for device in devices:
        day = (seconds - START.timestamp()) / 86_400 + device.id / 7
        saw = 1500 - 180 * (day * 1.7 % 1.0)
        sent = SentReadings.of(
            np.full(seconds.size, device.id),
            seconds * 1000,
            ph_mv=1655 + 25 * np.sin(day * 5) + random.normal(0, 0.6, seconds.size),
            ec_mv=saw + random.normal(0, 0.6, seconds.size),
            water_c=np.round((22 + 2 * np.sin(day * 6.28) + random.normal(0, 0.05, seconds.size)) * 16) / 16,
        )
        with session_scope(engine) as session:
            bulk_load(session, derive(session, {device.id: device}, sent), now=end)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE readings"))


if __name__ == "__main__":
    main(*(int(one) for one in (*sys.argv[1:], *("20", "10")[len(sys.argv) - 1 :])))

"""A farm of 99 Pis with weeks or a year of readings, one a minute, in a cluster that can be kept and used again.

Readings go in by COPY, a day of all Pis at a time and in the order in which they would have come; the product's own
code derives them from millivolts, judges them, and computes hours, days and histograms. The water is a closed form: a
dose whenever EC has sunk, pH and temperature with the day, noise, a spike now and then, hours without power.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine, text

from app.demo.plan import LEAN, PPM_SCALE, RECIPE_SOURCE, RICH, SITES, TIME_ZONE, DemoDevice, crop_for, demo_devices
from app.jobs.rollups import refresh_dirty_hours
from ingest_api.intake import derive
from ingest_api.sent import SentReadings
from models.db import make_engine, session_scope
from models.embedded import EmbeddedPostgres
from models.migrate import upgrade
from models.read.devices import DeviceRecord
from models.write.calibrations import add_calibration
from models.write.devices import ensure_site, plant, register_device
from models.write.readings import bulk_load
from models.write.targets import set_target

PIS = 99
#: When the newest reading was taken; the clock of every server on the farm begins here.
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
#: Rolled up together: while a month's pages are still in memory, and often enough to see progress.
_DAYS_TOGETHER = 14
_MINUTE_MS, _DAY_MS = 60_000, 86_400_000
_REMARKS = "farm.json"

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Farm:
    """A loaded cluster: ``days`` until :data:`NOW`; ``loaded_s`` and ``bytes`` are what it cost."""

    engine: Engine
    url: str
    directory: Path
    days: int
    loaded_s: float
    bytes: int

    @property
    def readings(self) -> int:
        """How many readings were loaded, those that a Pi without power never took left out."""
        with self.engine.connect() as connection:
            return int(connection.execute(text("SELECT sum(n) FROM reading_days")).scalar_one())


@contextmanager
def farm(directory: Path, days: int) -> Iterator[Farm]:
    """Give a farm in a directory; one that was kept there with as many days is used as it is."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o711)
    remarks = directory / _REMARKS
    known = json.loads(remarks.read_text()) if remarks.exists() else {}
    if known and known["days"] != days:
        raise SystemExit(f"{directory} holds a farm of {known['days']} days, not {days}; choose another directory")
    cluster = EmbeddedPostgres.start(directory / "postgresql", report=lambda _: None)
    try:
        engine = make_engine(cluster.url, statement_timeout_s=0)
        upgrade(engine)
        if not known:
            known = _load(engine, days)
            remarks.write_text(json.dumps(known))
        yield Farm(engine, cluster.url, directory, days, known["loaded_s"], known["bytes"])
        engine.dispose()
    finally:
        cluster.stop()


def _load(engine: Engine, days: int) -> dict[str, float]:
    began = time.perf_counter()
    start = NOW - timedelta(days=days)
    devices = _register(engine, start)
    for first in range(0, days, _DAYS_TOGETHER):
        together = range(first, min(first + _DAYS_TOGETHER, days))
        for day in together:
            with session_scope(engine) as session:
                sent = day_of_readings(devices, start, day)
                bulk_load(session, derive(session, {one.id: one for one in devices}, sent), now=NOW)
        loaded_s = time.perf_counter() - began
        _settle(engine, "ANALYZE readings")
        refresh_dirty_hours(engine, now=start + timedelta(days=together.stop))
        took_s = time.perf_counter() - began
        print(
            f"loaded {together.stop} of {days} days: {took_s:.0f} s ({took_s - loaded_s:.0f} s summing up)", flush=True
        )
    _settle(engine, "VACUUM ANALYZE")
    with engine.connect() as connection:
        size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    return {"days": days, "loaded_s": time.perf_counter() - began, "bytes": int(size)}


def _settle(engine: Engine, statement: str) -> None:
    """Do what autovacuum does within the hour, so that it does not happen in the middle of a measurement."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


def _register(engine: Engine, start: datetime) -> list[DeviceRecord]:
    with session_scope(engine) as session:
        for site in SITES:
            ensure_site(session, site, time_zone=TIME_ZONE, ppm_scale=PPM_SCALE)
        for recipe in (LEAN, RICH):
            bands = {"ph": recipe.ph, "ec_us_cm": recipe.ec_us_cm, "water_c": recipe.water_c}
            for crop in set(recipe.crops):
                for quantity, band in bands.items():
                    set_target(session, crop, "adult", quantity, band, source=RECIPE_SOURCE, valid_from=start)
        records = []
        for plan in demo_devices(PIS):
            record = register_device(
                session, plan.name, site=plan.site, zone=plan.zone, tank_volume_l=plan.tank_volume_l, now=start
            )
            ph = {"ph7_mv": 1500.0 + plan.seed % 9, "slope_mv_per_ph": -171.0 - plan.seed % 7, "temperature_c": 25.0}
            add_calibration(session, record.id, "ph", "two-point", ph, valid_from=start)
            ec = {"k_factor": 1.0 + plan.seed % 11 / 100, "alpha": 0.02}
            add_calibration(session, record.id, "ec_us_cm", "one-point", ec, valid_from=start)
            planted = (start - timedelta(days=22)).date()
            plant(session, record.id, crop_for(plan.seed, _ec_target(plan)), started_at=start, transplanted_on=planted)
            records.append(record)
    return records


def _ec_target(plan: DemoDevice) -> float:
    return 1300.0 + 500.0 * (plan.seed * 37 % 99) / 99


def day_of_readings(devices: list[DeviceRecord], start: datetime, day: int) -> SentReadings:
    """Make the readings of one day of all Pis, in the order in which they come."""
    random = np.random.default_rng(day)
    first_ms = int(start.timestamp() * 1000) + day * _DAY_MS
    seeds = np.arange(1, len(devices) + 1)
    minute, tank = (axis.ravel() for axis in np.meshgrid(np.arange(1440), seeds, indexing="ij"))
    # Every Pi has its own second of the minute.
    ts_ms = first_ms + minute * _MINUTE_MS + tank * 587 % _MINUTE_MS
    clock = day + minute / 1440
    ec, water = _ec_and_water(clock, tank, random)
    ph = 6.0 + 0.25 * np.sin(2 * np.pi * (clock + tank / 9)) + 0.3 * np.sin(clock / 3 + tank)
    ec_mv = 1250.0 * ec / 1100.0 + random.normal(0, 1.5, ts_ms.size)
    ph_mv = 1500.0 + tank % 9 - (171.0 + tank % 7) * (ph - 7.0) + random.normal(0, 0.8, ts_ms.size)
    ph_mv[random.random(ts_ms.size) < 2e-5] += 300.0
    has_power = ~((tank % 13 == day % 13) & (minute > 700) & (minute < 700 + 15 * (tank % 8)))
    whole = SentReadings.of(
        np.array([one.id for one in devices])[tank - 1],
        ts_ms,
        ph_mv=np.round(ph_mv, 2),
        ec_mv=np.round(ec_mv, 2),
        water_c=np.round(16 * water) / 16,
        seq=day * 1440 + minute,
    )
    return whole.take(has_power)


def _ec_and_water(
    clock: FloatArray, tank: npt.NDArray[np.int64], random: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """EC sinks for two to five days until somebody doses; water follows the day, more in some houses than in others."""
    doses = (clock + tank / 7) / (2 + tank % 4)
    target = 1300.0 + 500.0 * (tank * 37 % 99) / 99
    ec = target + 130.0 - 260.0 * (doses % 1.0)
    water = 22.5 + (1 + tank % 3) * np.sin(2 * np.pi * (clock - 0.4)) + random.normal(0, 0.03, clock.size)
    return ec, water

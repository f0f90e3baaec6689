"""Measure the frames of notebooks against SQL alone: ``python -m tests.benchmarks.frames [--quick | --full]``.

``frame_vs_sql``: one Pi and a year of minutes (525 600 readings) to a typed frame, against the database alone going
through the same rows and counting the values of the same columns; they take turns, and medians are compared.
``fleet_s``: the usual columns of all 99 Pis over 30 days. Ends with one line of JSON.
"""

import argparse
import json
import time
from collections.abc import Callable
from datetime import date
from statistics import median

from sqlalchemy import text

import models
from models.db import session_scope
from models.frames.columns import USUAL_READING_COLUMNS
from models.frames.fleet import Fleet
from models.partitions import ensure_months
from models.read.devices import list_devices
from tests.benchmarks.ingest.stage import Stage, stage

#: Minutes of the one Pi, days of the 99, and how often each variant runs.
SIZES = {"quick": (525_600, 3, 3), "default": (525_600, 30, 5), "full": (525_600, 30, 9)}
AT_MOST = {"frame_vs_sql": 2.5, "fleet_s": 8.0}
YEAR_OF = "pi-99"
_COUNT = (
    "SELECT count(*), count(ph), count(ec_us_cm), count(water_c), count(quality) "
    "FROM (SELECT * FROM readings WHERE device_id = :device_id ORDER BY ts) AS r"
)
_FILL = (
    "INSERT INTO readings (device_id, ts, ph, ec_us_cm, water_c, ph_mv, ec_mv, quality, ph_calibration_id) "
    "SELECT :device_id, timestamptz '2025-01-01 00:00+00' + n * interval '1 minute', 6 + sin(n / 700.0) / 4, "
    "1400 + 90 * sin(n / 900.0), 21 + 2 * sin(n / 229.0), 1650.5, 1200.25, 273, 1 FROM generate_series(0, :count - 1) n"
)


def measure(on: Stage, *, minutes: int, days: int, runs: int) -> dict[str, float]:
    """Fill the fleet of a stage, and give the figures by name."""
    _fill(on, minutes, days)
    with models.connect(on.url) as fleet:
        frame, alone = _against_sql(on, fleet, minutes, runs)
        whole = _timed(lambda: _whole_fleet(fleet, days))
    return {"frame_vs_sql": frame / alone, "frame_ms": 1000 * frame, "sql_ms": 1000 * alone, "fleet_s": whole}


def main() -> None:
    minutes, days, runs = SIZES[_size_name()]
    with stage() as on:
        figures = measure(on, minutes=minutes, days=days, runs=runs)
    met = all(figures[name] <= most for name, most in AT_MOST.items())
    print(json.dumps({"bench": "frames", "size": _size_name(), "figures": figures, "limits": AT_MOST, "met": met}))


def _fill(on: Stage, minutes: int, days: int) -> None:
    with session_scope(on.engine) as session:
        devices = list_devices(session)
    with on.engine.begin() as connection:
        ensure_months(connection, [date(2025, month, 1) for month in range(1, 13)])
        for device in devices:
            count = minutes if device.name == YEAR_OF else days * 1440
            connection.execute(text(_FILL), {"device_id": device.id, "count": count})
    with on.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE readings"))


def _against_sql(on: Stage, fleet: Fleet, minutes: int, runs: int) -> tuple[float, float]:
    with session_scope(on.engine) as session:
        device_id = next(device.id for device in list_devices(session) if device.name == YEAR_OF)

    def count() -> None:
        with on.engine.connect() as connection:
            assert connection.execute(text(_COUNT), {"device_id": device_id}).one()[0] == minutes

    def frame() -> None:
        assert fleet.readings(YEAR_OF).shape == (minutes, 1 + len(USUAL_READING_COLUMNS))

    count(), frame()
    took = [(_timed(frame), _timed(count)) for _ in range(runs)]
    return median(one for one, _ in took), median(two for _, two in took)


def _whole_fleet(fleet: Fleet, days: int) -> None:
    frame = fleet.readings(end=f"2025-01-{days + 1:02d}T00:00Z" if days < 31 else None)
    assert len(frame) == 99 * days * 1440


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _size_name() -> str:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("quick", "full"):
        parser.add_argument(f"--{name}", dest="size", action="store_const", const=name)
    return str(parser.parse_args().size or "default")


if __name__ == "__main__":
    main()

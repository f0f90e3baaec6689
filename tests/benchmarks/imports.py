"""A log of a million lines becomes history: ``hydrofleet bench import``, or ``python -m tests.benchmarks.imports``.

The whole way, as a person takes it: proposed, read, judged, stored, flags, hours and days computed. Beside it, in the
same run, what pandas alone needs to read the file and COPY to store its columns in a plain table.
"""

import argparse
import io
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
from sqlalchemy import Engine

from app.imports import import_file, propose
from models.db import make_engine
from models.embedded import EmbeddedPostgres
from models.migrate import upgrade

LINES = {"quick": 100_000, "default": 1_000_000, "full": 1_000_000}
MOST_S = 60.0
_START = datetime(2024, 1, 1, tzinfo=UTC)


def main() -> None:
    name = _size_name()
    lines = LINES[name]
    with tempfile.TemporaryDirectory(prefix="hydrofleet-bench-") as directory:
        folder = Path(directory)
        folder.chmod(0o711)
        log = folder / "log.csv"
        _write_log(log, lines)
        cluster = EmbeddedPostgres.start(folder / "postgresql", report=lambda _: None)
        try:
            engine = make_engine(cluster.url, statement_timeout_s=0)
            upgrade(engine)
            plain_s = _plain(log, cluster.url)
            import_s, accepted = _imported(engine, log)
            engine.dispose()
        finally:
            cluster.stop()
    figures = {"import_s": import_s, "lines_per_s": lines / import_s, "against_plain": import_s / plain_s}
    most_s = MOST_S * lines / LINES["full"]
    for figure, value in figures.items():
        print(f"{figure:<24}{value:>14,.4g}")
    met = import_s <= most_s and accepted == lines
    limits = {"import_s": most_s, "plain_s": plain_s}
    print(json.dumps({"bench": "import", "size": name, "figures": figures, "limits": limits, "met": met}))


def _write_log(path: Path, lines: int) -> None:
    """Write a reading a minute as loggers do, a failed one now and then."""
    random, day = np.random.default_rng(5), np.arange(lines) / 1440
    ph = (6 + 0.2 * np.sin(2 * np.pi * day) + random.normal(0, 0.01, lines)).round(3)
    frame = pd.DataFrame(
        {
            "Date": pd.date_range(_START, periods=lines, freq="min").strftime("%Y-%m-%d %H:%M:%S"),
            "pH": np.where(random.random(lines) < 1e-4, np.nan, ph),
            "EC (uS/cm)": (1500 - 150 * (day / 3 % 1.0) + random.normal(0, 2, lines)).round(1),
            "Water temp": (np.round(16 * (22 + 2 * np.sin(2 * np.pi * day))) / 16).round(4),
        }
    )
    frame.to_csv(path, index=False)


def _plain(path: Path, url: str) -> float:
    """Give the seconds that the file takes without anything of ours."""
    began = time.perf_counter()
    frame = pd.read_csv(path, parse_dates=["Date"])
    text = io.BytesIO()
    frame.to_csv(text, header=False, index=False)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE plain (at timestamp PRIMARY KEY, ph float8, ec float8, water float8)")
        with cursor.copy("COPY plain FROM STDIN (FORMAT CSV)") as copy:
            copy.write(text.getbuffer())
    return time.perf_counter() - began


def _imported(engine: Engine, path: Path) -> tuple[float, int]:
    """Give the seconds of the whole import, and how many readings it stored."""
    began = time.perf_counter()
    request = propose(path).request(device="pond", time_zone="UTC")
    report = import_file(
        engine, request, lambda said: print(f"{time.perf_counter() - began:6.1f} s  {said}", flush=True)
    )
    return time.perf_counter() - began, report.accepted


def _size_name() -> str:
    parser = argparse.ArgumentParser(prog="hydrofleet bench import", description="Measure the import of a log.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--quick", action="store_const", const="quick", dest="size", help="a tenth of the lines")
    choice.add_argument("--full", action="store_const", const="full", dest="size", help="the documented size")
    return str(parser.parse_args().size or "default")


if __name__ == "__main__":
    main()

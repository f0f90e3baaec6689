"""What the Heatmap costs: ``python tests/benchmarks/heatmap.py [pis]``.

Prints the median elapsed time of nine answers of the server for 30 days by hour and for 365 days by day, from the
question to the text of the answer, with the size of that text. The rows are made up. Times depend on the machine.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plotly.utils import PlotlyJSONEncoder
from sqlalchemy import Engine, text

sys.path.insert(0, str(Path(__file__).parents[2]))

from app.components import ConductivityUnit, Look
from app.pages.heatmap.callbacks import HeatmapAnswers
from app.pages.heatmap.source import HeatmapSource
from app.pages.page import PageContext
from models.db import make_engine, session_scope
from models.embedded import EmbeddedPostgres
from models.migrate import upgrade
from models.write.devices import expand_names, register_devices

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROUNDS = 9
_BINS = {"ph": (52, 20), "ec": (20, 20), "water": (38, 16)}


def main(pis: int) -> None:
    with tempfile.TemporaryDirectory(prefix="hydrofleet-bench-", dir=Path.cwd()) as directory:
        server = EmbeddedPostgres.start(Path(directory), report=print)
        try:
            engine = make_engine(server.url, statement_timeout_s=0)
            upgrade(engine)
            make_rows(engine, pis)
            measure(engine)
            engine.dispose()
        finally:
            server.stop()


def make_rows(engine: Engine, pis: int) -> None:
    """Fill a year of days and a month of hours, each with about twenty occupied bins of every quantity."""
    with session_scope(engine) as session:
        register_devices(session, expand_names(f"pi-1..pi-{pis}"), now=NOW - timedelta(days=400))
        for table, key, rows, seconds in (("days", "day", 365, 86_400), ("hours", "hour", 720, 3_600)):
            width = "days" if key == "day" else "hours"
            session.execute(text(insert_of(table, key, width, seconds)), {"now": NOW, "rows": rows})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE reading_days, reading_hours"))


def insert_of(table: str, key: str, width: str, seconds: int) -> str:
    """Write the statement that fills one of the two tables."""
    names, values = ["device_id", key, "n", "n_suspect", "n_fail"], ["id", f"at::{_type(key)}", "60", "0", "0"]
    for prefix, (first, bins) in _BINS.items():
        parts = ("n", "sum", "sumsq", "min", "max", "first", "last", "covered_s", "below_s", "above_s", "hist")
        names += [f"{prefix}_{part}" for part in parts]
        filled = f"SELECT array_agg((random() * {seconds / bins})::int) FROM generate_series(1, {bins})"  # noqa: S608
        histogram = f"({filled} WHERE id > 0)"
        outside = [f"random() * {seconds / 4}", f"random() * {seconds / 4}"]
        values += ["60", "360", "2160", "5", "7", "6", "6", str(seconds), *outside, f"{first}::int || {histogram}"]
    at = f"CAST(:now AS timestamptz) - back * interval '1 {width[:-1]}'"
    rows = f"(SELECT id, {at} AS at FROM devices, generate_series(1, :rows) AS back) AS r"  # noqa: S608
    return f"INSERT INTO reading_{table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {rows}"  # noqa: S608


def _type(key: str) -> str:
    return "date" if key == "day" else "timestamptz"


def measure(engine: Engine) -> None:
    """Time the page's answers."""
    context = PageContext(engine, lambda: NOW)
    answers = HeatmapAnswers(HeatmapSource(engine, context.clock), context)
    look = Look(ConductivityUnit.US_CM)
    for address in ("?quantity=ph&range=30d&size=1h", "?quantity=ph&range=1y"):
        for what, more in (("map", ""), ("what if", "&low=5.8&high=6.4"), ("severity", "&weight=severity")):
            show(f"{what} {address}", lambda asked=address + more: answers.draw(address=asked, look=look))
        show(f"groups {address}", lambda asked=address: answers.draw(address=asked + "&group=zone", look=look))
        show(f"day {address}", lambda asked=address: answers.day(address=asked, look=look))


def show(name: str, ask: Callable[[], dict[str, Any]]) -> None:
    """Print the median time to answer, and to write the answer down, and its size."""
    answered, written, size = [], [], 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = ask()
        answered.append(time.perf_counter() - began)
        size = len(json.dumps(answer, cls=PlotlyJSONEncoder))
        written.append(time.perf_counter() - began)
    times = [f"{1000 * statistics.median(one):6.1f} ms" for one in (answered, written)]
    print(f"{name:45} {times[0]}, written {times[1]}, {size / 1000:,.0f} kB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 99)

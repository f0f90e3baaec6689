"""Big batches through the whole server, against a raw binary COPY of as many rows into an equal table."""

import time
from statistics import median

import numpy as np
from sqlalchemy import text

from models.copying import copy_in
from models.db import session_scope
from models.rows import TABLE_COLUMNS, ReadingRows
from tests.benchmarks.ingest.load import Ask, drive_elsewhere
from tests.benchmarks.ingest.measured import Measured
from tests.benchmarks.ingest.stage import Stage, serving

#: Batches of one run of each size: enough rows that a run takes a while.
_ROWS_OF_A_RUN = 20_000
#: A run takes a fraction of a second, in which the machine may just be doing something else.
_TIMES_AS_MANY_RUNS = 3


def compare_batches(on: Stage, *, runs: int, sizes: tuple[int, ...]) -> Measured:
    """Post batches over one connection and COPY the same number of rows over one connection, in turns."""
    with on.engine.begin() as connection:
        connection.execute(text("CREATE TABLE copied (LIKE readings INCLUDING ALL)"))
    ratios: dict[int, float] = {}
    limits: dict[str, float] = {}
    with serving(on) as server:
        for rows in sizes:
            batches = max(2, _ROWS_OF_A_RUN // rows)
            _post(on, server.port, 0, rows, batches)  # the first posts of a server open its connections
            devices = range(1, 1 + _TIMES_AS_MANY_RUNS * runs)
            times = [(_post(on, server.port, each, rows, batches), _copy(on, rows, batches)) for each in devices]
            posted, copied = (median(each) for each in zip(*times, strict=True))
            ratios[rows], limits[f"copy_{rows}_rows_per_s"] = copied / posted, rows * batches / copied
            print(
                f"batches of {rows}: {rows * batches / posted:,.0f} rows/s, {copied / posted:.2f} of COPY", flush=True
            )
    on.empty()
    return Measured({"batch_vs_copy": min(ratios.values())}, limits)


def _post(on: Stage, port: int, device: int, rows: int, batches: int) -> float:
    asks = [Ask(on.post(device, on.readings(device, rows), pack=True)) for _ in range(batches)]
    answers = drive_elsewhere(port, [asks], at_most_s=120)
    if [answer.status for answer in answers] != [200] * batches:
        raise RuntimeError(f"batches were answered {[answer.status for answer in answers]}")
    return sum(answer.took_s for answer in answers)


def _copy(on: Stage, rows: int, batches: int) -> float:
    start_ms = round(on.start.timestamp() * 1000)
    took = 0.0
    for batch in range(batches):
        stamps = start_ms + 60_000 * np.arange(batch * rows, (batch + 1) * rows)
        data = ReadingRows.of(
            1, stamps, ph=6.0, ec_us_cm=1400.0, water_c=21.44, ph_mv=1655.2, ec_mv=1210.4, seq=1, stream=1, clock=1
        ).copy_bytes()
        started = time.perf_counter()
        with session_scope(on.engine) as session:
            copy_in(session, "copied", TABLE_COLUMNS, data)
        took += time.perf_counter() - started
    with on.engine.begin() as connection:
        connection.execute(text("TRUNCATE copied"))
    return took

"""A repair that is killed in the middle, by the kernel and not by a mock."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import text

ROOT = Path(__file__).parents[3]
# Small pieces, so that there is a middle to be killed in.
WORKER = """
import sys
from datetime import UTC, datetime, timedelta
from app.jobs.rederive import rederive_piece
from models.db import make_engine
engine = make_engine(sys.argv[1])
while rederive_piece(engine, now=datetime(2026, 11, 23, 0, 30, tzinfo=UTC), piece=timedelta(hours=4)):
    pass
"""
DEADLINE_S = 60


def progress(tank: Any) -> tuple[str, int]:
    with tank.engine.connect() as connection:
        state, read = connection.execute(text("SELECT state, progress->'read' FROM jobs")).one()
    return state, read or 0


def test_a_repair_killed_in_the_middle_is_finished_as_if_nothing_had_happened(
    tank: Any, make_visit: Callable[..., Any], database_url: str
):
    tank.send(days=60, every_s=600)
    raw = tank.readings()
    made = tank.desk.save("pi-17", make_visit(tank.at(70), mid_mv=1510.0), by=tank.agronomist)

    worker = subprocess.Popen([sys.executable, "-c", WORKER, database_url], cwd=ROOT)
    deadline = time.monotonic() + DEADLINE_S
    while progress(tank)[1] < 500:
        assert worker.poll() is None
        assert time.monotonic() < deadline
    worker.send_signal(signal.SIGKILL)
    worker.wait(DEADLINE_S)
    state, read = progress(tank)
    assert state == "running"
    assert 500 <= read < len(raw)
    assert made.job_id is not None
    resumed = tank.repair()

    assert progress(tank) == ("done", len(raw))
    assert resumed["ph_as_measured"].tolist() == raw["ph"].tolist()
    assert resumed["ph"].nunique() == 1
    assert (resumed["ph"] != raw["ph"]).all()
    pd.testing.assert_frame_equal(resumed[["ph_mv", "ec_mv", "water_c"]], raw[["ph_mv", "ec_mv", "water_c"]])

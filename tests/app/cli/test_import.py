"""``hydrofleet import``."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from sqlalchemy import Engine, text

from app.imports import ImportRefused
from models.db import session_scope
from models.read.devices import find_device
from models.read.readings import readings_frame

Run = Callable[..., Result]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Three lines of a logger in Jakarta; the second one has an unplugged thermometer, the third no pH."""
    file = tmp_path / "log.csv"
    file.write_text(
        "Date,pH,Temperature\n"
        "2020-01-15 16:00:35,7.81,20.99\n2020-01-15 16:01:33,7.82,85.0\n2020-01-15 16:02:33,NULL,20.98\n"
    )
    return file


def test_a_file_becomes_the_history_of_a_new_device(hydrofleet: Run, engine: Engine, log: Path) -> None:
    words = ("import", str(log), "--device", "pond", "--time", "Date", "--tz", "Asia/Jakarta", "--ph", "pH")

    first = hydrofleet(*words, "--water", "Temperature")
    again = hydrofleet(*words, "--water", "Temperature")

    with session_scope(engine) as session:
        device = find_device(session, "pond")
        assert device is not None
        frame = readings_frame(session, device.id, columns=("ph", "water_c"))
    assert "3 lines: 3 accepted" in first.stdout
    assert "3 there already" in again.stdout
    assert frame.index[0].isoformat() == "2020-01-15T09:00:35+00:00"
    assert frame["ph"].tolist()[:2] == [7.81, 7.82]
    assert frame["water_c"].isna().tolist() == [False, True, False]


def test_a_dry_run_stores_nothing(hydrofleet: Run, engine: Engine, log: Path) -> None:
    result = hydrofleet(
        "import", str(log), "--device", "pond", "--time", "Date", "--tz", "UTC", "--ph", "pH", "--dry-run"
    )

    assert "nothing was stored" in result.stdout
    with session_scope(engine) as session:
        assert find_device(session, "pond") is None


def test_what_is_not_said_is_proposed_and_tried(hydrofleet: Run, engine: Engine, log: Path) -> None:
    result = hydrofleet("import", str(log), "--tz", "Asia/Jakarta")

    assert "--ph pH  (its name says pH, and its values lie between 0 and 14)" in result.stdout
    assert "log: 3 lines (dry run: nothing was stored): 3 accepted." in result.stdout
    assert "  log  2020-01-15 09:01:33 UTC  ph 7.82, water_c 85\n" in result.stdout
    assert result.stdout.splitlines()[-1] == (
        f"  ./hydrofleet import {log} --device log --time Date --tz Asia/Jakarta --ph pH --water Temperature "
        "--medium natural"
    )
    with session_scope(engine) as session:
        assert find_device(session, "log") is None


def test_the_command_that_is_proposed_loads_the_file(hydrofleet: Run, log: Path) -> None:
    proposed = hydrofleet("import", str(log), "--tz", "Asia/Jakarta").stdout.splitlines()[-1]

    result = hydrofleet(*shlex.split(proposed)[1:])

    assert "log: 3 lines: 3 accepted." in result.stdout


def test_what_cannot_be_known_is_asked(hydrofleet: Run, log: Path) -> None:
    result = hydrofleet("import", str(log), "--yes")

    assert isinstance(result.exception, ImportRefused)
    assert str(result.exception) == (
        "The times carry no offset: in which zone was the logger's clock? (--tz: UTC, Asia/Jakarta, -07:00)"
    )


def test_a_proposal_is_loaded_at_once_where_that_is_wanted(hydrofleet: Run, log: Path) -> None:
    result = hydrofleet("import", str(log), "--tz", "UTC", "--yes", "--device", "pond")

    assert "pond: 3 lines: 3 accepted." in result.stdout


def test_a_span_is_replaced_when_that_is_said_twice(hydrofleet: Run, log: Path) -> None:
    words = ("import", str(log), "--device", "pond", "--time", "Date", "--tz", "UTC", "--ph", "pH")
    hydrofleet(*words)
    span = ("--from", "2020-01-15T16:01Z", "--to", "2020-01-15T16:02Z")

    trial = hydrofleet(*words, "--mode", "replace-span", *span).stdout
    done = hydrofleet(*shlex.split(trial.splitlines()[-1])[1:]).stdout

    assert "3 lines (dry run: nothing was stored): 1 accepted, 2 left out. 1 readings made room" in trial
    assert trial.splitlines()[-1].endswith("--mode replace-span --medium natural --replace")
    assert "3 lines: 1 accepted, 2 left out. 1 readings made room, and are kept apart." in done


def test_a_replacement_that_is_killed_on_its_way_loses_nothing(
    hydrofleet: Run, engine: Engine, log: Path, database_url: str, tmp_path: Path
) -> None:
    words = ("--device", "pond", "--time", "Date", "--tz", "UTC", "--ph", "pH")
    hydrofleet("import", str(log), *words)
    long = tmp_path / "long.csv"
    stamps = pd.date_range("2020-01-15", periods=200_000, freq="s").strftime("%Y-%m-%d %H:%M:%S")
    pd.DataFrame({"Date": stamps, "pH": 6.5}).to_csv(long, index=False)
    command = [sys.executable, "-m", "app.cli", "import", str(long), *words, "--mode", "replace-span", "--replace"]

    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "HYDROFLEET_DATABASE_URL": database_url}
    ) as running:
        assert running.stderr is not None
        seen = next(line for line in running.stderr if line == "50,000 lines\n")
        running.kill()

    assert (seen, running.returncode) == ("50,000 lines\n", -9)
    with session_scope(engine) as session:
        device = find_device(session, "pond")
        assert device is not None
        assert readings_frame(session, device.id, columns=("ph",))["ph"].tolist()[:2] == [7.81, 7.82]
        assert session.execute(text("SELECT count(*) FROM quarantine")).scalar_one() == 0
    again = hydrofleet("import", str(long), *words, "--mode", "replace-span", "--replace").stdout
    assert "200,000 accepted. 3 readings made room" in again

"""``hydrofleet export``: a file that is whole or not there, with its sidecar."""

import gzip
import hashlib
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from models.db import session_scope
from models.partitions import ensure_months
from models.write.devices import register_device

SPAN = ("--start", "2026-11-22T07:00+07:00", "--end", "2026-11-23T00:00Z")


@pytest.fixture
def _filled(engine, now):
    with session_scope(engine) as session:
        device = register_device(session, "pi-7", now=now - timedelta(days=60))
        ensure_months(session.connection(), [date(2026, 11, 1)])
        session.execute(
            text("INSERT INTO readings (device_id, ts, ph, quality) VALUES (:device, :at, 6.1, 2449)"),
            {"device": device.id, "at": datetime(2026, 11, 22, 0, 0, tzinfo=UTC)},
        )


@pytest.mark.usefixtures("_filled")
def test_a_file_comes_with_a_sidecar_that_checks_it(hydrofleet, tmp_path):
    path = tmp_path / "north.csv.gz"

    result = hydrofleet("export", str(path), *SPAN, "--fields", "ph", "--details", "flags")

    assert result.exit_code == 0, result.output
    assert gzip.decompress(path.read_bytes()).decode() == (
        "device,site,zone,time_local,time_utc,ph,ph_flag\n"
        "pi-7,,,2026-11-22T00:00:00.000+00:00,2026-11-22T00:00:00.000Z,6.1,1\n"
    )
    sidecar = json.loads((tmp_path / "north.csv.gz.json").read_text())
    assert (sidecar["rows"], sidecar["sha256"]) == (1, hashlib.sha256(path.read_bytes()).hexdigest())
    assert sorted(one.name for one in tmp_path.iterdir()) == ["north.csv.gz", "north.csv.gz.json"]


@pytest.mark.usefixtures("_filled")
def test_steps_are_written_with_their_counts(hydrofleet, tmp_path):
    path = tmp_path / "minutes.csv"

    result = hydrofleet("export", str(path), *SPAN, "--resolution", "1m", "--fields", "ph", "--details", "none")

    assert result.exit_code == 0, result.output
    assert path.read_text().splitlines()[1].split(",")[4:] == [
        "2026-11-22T00:00:00.000Z",
        "1",
        "6.1",
        "6.1",
        "6.1",
        "1",
    ]


@pytest.mark.usefixtures("_filled")
@pytest.mark.parametrize(
    "words",
    [("--devices", "pi-9"), ("--start", "yesterday"), ("--start", "2026-11-22T00:00"), ("--tz", "Mars/Base")],
)
def test_a_refused_export_leaves_no_file(hydrofleet, tmp_path, words):
    result = hydrofleet("export", str(tmp_path / "x.csv"), *SPAN, *words)

    assert result.exit_code != 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_filled")
@pytest.mark.parametrize("name", ["x.parquet", "x.xlsx"])
def test_the_end_of_the_name_says_the_format(hydrofleet, tmp_path, name):
    result = hydrofleet("export", str(tmp_path / name), *SPAN, "--layout", "wide")

    assert result.exit_code == 0, result.output
    read = pd.read_parquet if name.endswith("parquet") else partial(pd.read_excel, engine="openpyxl")
    assert read(tmp_path / name)["pi-7_ph"].tolist() == [6.1]
    assert sorted(one.name for one in tmp_path.iterdir()) == [name, f"{name}.json"]


def test_a_name_that_says_no_format_is_refused(hydrofleet, tmp_path):
    result = hydrofleet("export", str(tmp_path / "x.doc"), *SPAN)

    assert result.exit_code != 0
    assert ".parquet" in result.output


@pytest.mark.usefixtures("_filled")
def test_a_file_that_was_cut_off_goes_on(hydrofleet, tmp_path):
    path = tmp_path / "x.csv"
    words = ("export", str(path), *SPAN, "--fields", "ph", "--details", "none")
    hydrofleet(*words)
    whole, said = path.read_text(), json.loads((tmp_path / "x.csv.json").read_text())
    of_the_run = {"file", "rows", "bytes", "sha256", "cursor", "exported", "by", "at", "versions", "export"}
    notes = {name: value for name, value in said.items() if name not in of_the_run}
    (tmp_path / "x.csv.part").write_text(whole + "pi-7,,,2026-11-22T00:0")
    (tmp_path / "x.csv.part.json").write_text(json.dumps(notes))
    path.unlink()

    result = hydrofleet(*words, "--resume")

    assert result.exit_code == 0, result.output
    assert "1 rows are there already" in result.output
    assert path.read_text() == whole


@pytest.mark.usefixtures("_filled")
def test_records_are_written_beside_the_readings(hydrofleet, tmp_path):
    result = hydrofleet("export", str(tmp_path / "x.csv"), *SPAN, "--records", "--details", "sent")

    assert result.exit_code == 0, result.output
    assert "ph_mv,ec_mv,ph_sent,ec_sent_us_cm\n" in (tmp_path / "x.csv").read_text()
    assert (tmp_path / "x.csv.calibrations.csv").read_text().startswith("device,id,quantity,method,valid_from")
    assert (tmp_path / "x.csv.events.csv").read_text().startswith("device,started_at,kind,origin")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB, on which an export has no room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    mounted = subprocess.run(mount, check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.usefixtures("_filled")
@pytest.mark.parametrize("name", ["all.csv", "all.parquet", "all.xlsx"])
def test_a_full_disk_ends_in_words_and_leaves_nothing(hydrofleet, engine, small_disk, name):
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO readings (device_id, ts, ph, ec_us_cm, water_c, quality) "
                "SELECT id, timestamptz '2026-11-01 00:00+00' + n * interval '25 s', 6 + random(), 1400 + random(), "
                "21, 273 FROM devices, generate_series(1, 20000) AS n WHERE name = 'pi-7'"
            )
        )

    result = hydrofleet("export", str(small_disk / name), "--start", "2026-10-01T00:00Z", "--end", "2026-12-01T00:00Z")

    assert "cannot be written: No space left on device; nothing of it is left" in str(result.exception)
    assert list(small_disk.iterdir()) == []

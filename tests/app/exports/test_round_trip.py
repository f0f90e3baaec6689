"""What was exported starts another server: readings with their flags, and what is on record beside them."""

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from app.exports import Asker, ExportRequest, Exports, Selection
from app.exports.records import Records, records_csv
from app.exports.request import Packing
from app.imports import ImportRequest, import_file, propose
from app.jobs.rollups import refresh_dirty_hours
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import make_engine, session_scope
from models.tables import Calibration, Event
from models.write.devices import ensure_site, register_device

BY = Asker("a test", None, lambda _: True)


@pytest.fixture
def other_engine(make_database, template_database):
    """A second server, empty."""
    engine = make_engine(make_database(template_database))
    yield engine
    engine.dispose()


@pytest.fixture
def request_of_all(now):
    details = frozenset({"flags", "tests", "sent"})
    return ExportRequest(Selection(), now - timedelta(days=2), now, details=details, time_zone="UTC")


@pytest.fixture
def farm(engine, now):
    """Two tanks with a reading a minute for five hours: a spike, a gap, a probe that says nothing."""
    with session_scope(engine) as session:
        ensure_site(session, "north", time_zone="UTC")
        for name in ("pi-2", "pi-10"):
            device = register_device(session, name, interval_s=60, site="north", now=now - timedelta(days=30))
            minutes = np.delete(np.arange(300), slice(100, 130))
            ph = 6.0 + np.sin(minutes / 40) / 10 + minutes % 7 / 1000
            ec = 1400.0 + minutes % 11
            ph[50], ec[200], ph[210:213] = 9.0, 4000.0, np.nan
            ts_ms = int(now.timestamp() * 1000) - 60_000 * (301 - minutes)
            sent = SentReadings.of(device.id, ts_ms.astype(np.int64), ph=ph, ec_us_cm=ec, water_c=21.0 + minutes / 999)
            take_in(session, {device.id: device}, sent, now=now)
    refresh_dirty_hours(engine, now=now)


def exported(engine, request, now):
    with Exports(engine, lambda: now).open(request, BY, refresh_hours=lambda _: None) as stream:
        return b"".join(stream)


@pytest.mark.usefixtures("farm")
def test_readings_that_were_exported_and_imported_are_exported_the_same(
    engine, other_engine, request_of_all, now, tmp_path
):
    first = exported(engine, request_of_all, now)
    table = pd.read_csv(io.BytesIO(first), dtype=str)
    for name, lines in table.groupby("device", sort=False):
        path = tmp_path / f"{name}.csv"
        lines.to_csv(path, index=False)
        columns = {"time_column": "time_utc", "ph_column": "ph", "ec_column": "ec_us_cm", "water_column": "water_c"}
        request = ImportRequest(
            path=path, device=str(name), time_zone="UTC", medium="nutrient", site="north", **columns
        )
        import_file(other_engine, request, lambda _: None, clock=lambda: now)
    refresh_dirty_hours(other_engine, now=now)

    second = exported(other_engine, request_of_all, now)

    assert table["ph_tests"].nunique() > 1
    assert second.decode().splitlines() == first.decode().splitlines()


def test_calibrations_and_events_are_all_there_and_harmless(engine, request_of_all, now):
    with session_scope(engine) as session:
        device = register_device(session, "pi-2", now=now - timedelta(days=30))
        session.add(
            Calibration(
                device_id=device.id,
                quantity="ph",
                method="two-point",
                valid_from=now - timedelta(days=9),
                parameters={"ph7_mv": 1500.5},
                note="=cmd()",
            )
        )
        session.add(
            Event(
                device_id=device.id,
                started_at=now - timedelta(hours=1),
                kind="note",
                origin="manual",
                details={"a": 1},
                note="two\nlines, one comma",
            )
        )

    def rows(kind):
        text = b"".join(records_csv(engine, kind, request_of_all, lambda _: True)).decode()
        return list(csv.DictReader(io.StringIO(text)))

    (calibration,), (event,) = rows(Records.CALIBRATIONS), rows(Records.EVENTS)
    assert (calibration["device"], calibration["method"], calibration["note"]) == ("pi-2", "two-point", "'=cmd()")
    assert json.loads(calibration["parameters"]) == {"ph7_mv": 1500.5}
    assert pd.Timestamp(calibration["valid_from"]) == now - timedelta(days=9)
    assert (event["kind"], event["note"]) == ("note", "two lines, one comma")
    assert (json.loads(event["details"]), event["hidden_at"]) == ({"a": 1}, "")


@pytest.mark.usefixtures("farm")
@pytest.mark.parametrize("packing", [Packing.CSV, Packing.XLSX])
def test_an_export_is_understood_without_a_question_and_loaded_in_one_go(
    engine, other_engine, request_of_all, now, tmp_path, packing
):
    path = tmp_path / f"export.{packing}"
    path.write_bytes(exported(engine, replace(request_of_all, packing=packing), now))

    report = import_file(
        other_engine, propose(path).request(medium="nutrient", site="north"), lambda _: None, clock=lambda: now
    )

    assert (report.lines, report.accepted, report.rejected_count) == (540, 540, 0)
    assert report.new_devices == ["pi-2", "pi-10"]
    refresh_dirty_hours(other_engine, now=now)
    assert exported(other_engine, request_of_all, now) == exported(engine, request_of_all, now)

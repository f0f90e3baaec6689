"""Another server starts again from an export of everything, and exports the same."""

import gzip
import json
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from app.annotations import Annotations
from app.exports import Asker, ExportRequest, Exports, Packing, Selection
from app.exports.records import Records, _cell, records_csv, without_guard
from app.imports.restore import NotRestored, restore
from app.jobs.rollups import refresh_dirty_hours
from app.principal import COMMAND_LINE
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import make_engine, session_scope
from models.write.calibrations import add_calibration, void_calibration
from models.write.devices import ensure_site, register_device
from models.write.events import EventRow

BY = Asker("a test", None, lambda _: True)


@pytest.fixture
def other_engine(make_database, template_database):
    """A second server; of ours it has the site, as whoever sets a server up has entered it."""
    engine = make_engine(make_database(template_database))
    with session_scope(engine) as session:
        ensure_site(session, "north", time_zone="Asia/Makassar")
    yield engine
    engine.dispose()


@pytest.fixture
def farm(engine: Engine, now):
    """Two tanks for ten hours: one sends millivolts and is calibrated twice, one finished values; a dead probe."""
    with session_scope(engine) as session:
        ensure_site(session, "north", time_zone="Asia/Makassar")
        for name, zone in (("pi-2", "Tank #3, left"), ("pi-10", "'=A1")):
            device = register_device(
                session, name, interval_s=60, site="north", zone=zone, has_history=True, now=now - timedelta(days=30)
            )
            minutes = np.delete(np.arange(600), slice(100, 130))
            stamps = int(now.timestamp() * 1000) - 60_000 * (601 - minutes)
            if name == "pi-2":
                _calibrate(session, device.id, now)
                columns = {"ph_mv": 1670.0 + minutes % 7, "ec_mv": np.where(minutes < 300, 800.0, 900.0) + minutes % 5}
                columns["ph_mv"][200:205] = 3300.0
            else:
                columns = {"ph": 6.0 + minutes % 7 / 100, "ec_us_cm": 1400.0 + minutes % 11}
                columns["ph"][50] = 9.9
            water = 21.0 + minutes / 999
            water[300:303] = np.nan
            sent = SentReadings.of(device.id, stamps.astype(np.int64), water_c=water, **columns)
            take_in(session, {device.id: device}, sent, now=now)
    refresh_dirty_hours(engine, now=now)
    told = EventRow("note", now - timedelta(hours=2), None, {"ec_change": 12.5}, "=a leaf, fell in")
    Annotations(engine, lambda: now).add("pi-10", told, by=COMMAND_LINE)


def _calibrate(session, device_id, now):
    ph = {"ph7_mv": 1500.0, "slope_mv_per_ph": -170.0, "temperature_c": 25.0}
    add_calibration(session, device_id, "ph", "two-point", ph, valid_from=now - timedelta(days=9), note="'=quoted")
    wrong = add_calibration(session, device_id, "ph", "two-point", ph, valid_from=now - timedelta(days=8))
    void_calibration(session, wrong, now=now - timedelta(days=7))
    better = {**ph, "ph7_mv": 1520.0}
    points = [{"buffer": "6.86", "mv": 1540.0}]
    add_calibration(
        session, device_id, "ph", "two-point", better, valid_from=now - timedelta(hours=5), points=points,
        slope_percent=95.5, technician="budi",
    )  # fmt: skip
    add_calibration(
        session,
        device_id,
        "ec_us_cm",
        "one-point",
        {"k_factor": 1.05, "alpha": 0.02},
        valid_from=now - timedelta(days=9),
    )


def everything(engine, now, packing=Packing.CSV):
    """Export all there is: the readings, the calibrations, the events."""
    details = frozenset({"flags", "tests", "calibrations", "sent"})
    request = ExportRequest(
        Selection(), now - timedelta(days=2), now, details=details, time_zone="UTC", packing=packing
    )
    with Exports(engine, lambda: now).open(request, BY, refresh_hours=lambda _: None) as stream:
        readings = b"".join(stream)
    return readings, *(b"".join(records_csv(engine, kind, request, lambda _: True)) for kind in Records)


def written(folder, files, name):
    path = folder / name
    for end, content in zip(("", ".calibrations.csv", ".events.csv"), files, strict=True):
        (folder / f"{name}{end}").write_bytes(content)
    return path


@pytest.mark.usefixtures("farm")
@pytest.mark.parametrize(
    ("packing", "name"),
    [(Packing.CSV, "farm.csv"), (Packing.GZIP, "farm.csv.gz"), (Packing.PARQUET, "farm.parquet")],
)
def test_what_was_exported_and_put_back_is_exported_the_same(engine, other_engine, now, tmp_path, packing, name):
    first = everything(engine, now)
    path = written(tmp_path, everything(engine, now, packing), name)

    done = restore(other_engine, path, lambda _: None, clock=lambda: now)

    second = everything(other_engine, now)
    assert second[0].decode().splitlines() == first[0].decode().splitlines()
    assert second[1].decode().splitlines() == first[1].decode().splitlines()
    assert second[2].decode().splitlines() == first[2].decode().splitlines()
    assert (done.readings, done.calibrations, done.devices) == (1140, 4, ["pi-2", "pi-10"])


@pytest.mark.usefixtures("farm")
@pytest.mark.parametrize("name", ["farm.csv", "farm.csv.gz"])
def test_lines_about_the_export_above_its_header_are_passed_over(engine, other_engine, now, tmp_path, name):
    readings, *records = everything(engine, now)
    readings = b"# hydrofleet export\n# of #all# tanks\n" + readings
    packed = gzip.compress(readings) if name.endswith(".gz") else readings

    done = restore(other_engine, written(tmp_path, (packed, *records), name), lambda _: None, clock=lambda: now)

    assert done.readings == 1140
    with session_scope(other_engine) as session:
        zones = dict(session.execute(text("SELECT name, zone FROM devices")).all())
    assert zones == {"pi-2": "Tank #3, left", "pi-10": "'=A1"}


@pytest.mark.usefixtures("farm")
def test_putting_it_back_twice_changes_nothing(engine, other_engine, now, tmp_path):
    path = written(tmp_path, everything(engine, now), "farm.csv")
    restore(other_engine, path, lambda _: None, clock=lambda: now)
    once = everything(other_engine, now)

    done = restore(other_engine, path, lambda _: None, clock=lambda: now)

    assert everything(other_engine, now) == once
    assert (done.readings, done.there_already, done.calibrations, done.events) == (0, 1140, 0, 0)


@pytest.mark.usefixtures("farm")
def test_numbers_of_calibrations_go_on_behind_those_that_were_put_back(engine, other_engine, now, tmp_path):
    path = written(tmp_path, everything(engine, now), "farm.csv")
    restore(other_engine, path, lambda _: None, clock=lambda: now)

    with session_scope(other_engine) as session:
        highest = session.scalar(text("SELECT max(id) FROM calibrations"))
        device_id = session.scalar(text("SELECT id FROM devices WHERE name = 'pi-2'"))
        added = add_calibration(session, device_id, "ph", "nominal", {}, valid_from=now)

    assert added == highest + 1


@pytest.mark.usefixtures("farm")
def test_who_has_no_account_here_is_named(engine, other_engine, now, tmp_path):
    readings, calibrations, events = everything(engine, now)
    head, first, *rest = calibrations.decode().splitlines()
    calibrations = "\n".join([head, f"{first.removesuffix(',')},sari", *rest]).encode()
    path = written(tmp_path, (readings, calibrations, events), "farm.csv")

    done = restore(other_engine, path, lambda _: None, clock=lambda: now)

    assert "No account here: sari; what they did is kept without a name." in str(done)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("farm.csv", b"device,time_utc,ph\npi-1,2026-01-01T00:00:00Z,6.1\n", "has no ec_mv, ec_sent_us_cm, ph_mv"),
        ("farm.csv", b"", "cannot be read as an export"),
        ("farm.parquet", b"PAR1", "cannot be read as an export"),
        ("farm.csv.gz", gzip.compress(b"device\n", mtime=0)[:-9], "cannot be read as an export"),
    ],
)
def test_what_is_no_export_of_everything_is_refused(other_engine, now, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(NotRestored, match=message):
        restore(other_engine, tmp_path / name, lambda _: None, clock=lambda: now)


@given(st.text(st.characters(codec="utf-8")).map(lambda s: "".join(c if c.isprintable() else " " for c in s)))
def test_a_guard_against_formulas_is_undone_exactly(note):
    assert without_guard(_cell(note)) == note


def test_documents_are_read_as_they_were_written():
    assert json.loads(_cell({"b": 1, "a": [2, None]})) == {"a": [2, None], "b": 1}

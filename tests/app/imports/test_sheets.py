"""Workbooks are read like files of texts."""

from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from app.imports import ImportRefused
from models.db import session_scope
from models.read.devices import find_device
from models.read.readings import readings_frame


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A sheet of remarks, and a log that begins in the second column of the third row."""
    workbook = openpyxl.Workbook()
    workbook.active.append(["Log of the old meter"])
    sheet = workbook.create_sheet("Data")
    for column, name in enumerate(["Tanggal", "Jam", "pH", "EC (mS/cm)"], start=2):
        sheet.cell(3, column, name)
    for row, (minute, ph, ec) in enumerate([(0, 6.125, 1.5), (5, None, 1.75), (10, 6.3, 2)], start=4):
        for column, value in enumerate([date(2026, 11, 20), time(8, minute), ph, ec], start=2):
            sheet.cell(row, column, value)
    path = tmp_path / "meter.xlsx"
    workbook.save(path)
    return path


OPTIONS = {"time_column": "Jam", "date_column": "Tanggal", "ph_column": "pH", "ec_column": "EC (mS/cm)"}


def test_a_sheet_becomes_the_history_of_a_device(engine, load, book):
    report = load(book, time_zone="Asia/Jakarta", ec_unit="mS/cm", **OPTIONS)

    with session_scope(engine) as session:
        frame = readings_frame(session, find_device(session, "log-1").id, columns=("ph", "ec_us_cm"))
    assert (report.lines, report.accepted, dict(report.missing)) == (3, 3, {"ph": 1})
    assert frame.index[0].isoformat() == "2026-11-20T01:00:00+00:00"
    assert frame["ec_us_cm"].tolist() == [1500.0, 1750.0, 2000.0]
    assert frame["ph"].dropna().tolist() == [6.125, 6.3]
    assert "The sheet 'Data' was read." in report.notes


def test_lines_are_counted_as_the_sheet_counts_them(load, book):
    workbook = openpyxl.load_workbook(book)
    workbook["Data"]["D6"] = "broken"
    workbook.save(book)

    report = load(book, ec_unit="mS/cm", **OPTIONS)

    assert [(one.line, one.reason) for one in report.rejected] == [(6, "pH: 'broken' is not a number")]


def test_times_with_date_and_fraction_keep_both(engine, load, tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["time", "ph"])
    workbook.active.append([datetime(2026, 11, 20, 8, 30, 15, 500_000), 6.0])
    workbook.save(tmp_path / "one.xlsx")

    load(tmp_path / "one.xlsx")

    with session_scope(engine) as session:
        frame = readings_frame(session, find_device(session, "log-1").id)
    assert frame.index[0].isoformat() == "2026-11-20T08:30:15.500000+00:00"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 cut off", "log.csv cannot be read as a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 cut off", "log.csv cannot be read as a workbook"),
    ],
)
def test_a_damaged_workbook_is_refused_in_words(load, content, message):
    with pytest.raises(ImportRefused, match=message):
        load(content)


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(load, book):
    with pytest.raises(ImportRefused, match="has no sheet 'Log'; it has 'Sheet', 'Data'"):
        load(book, sheet="Log", **OPTIONS)

"""Workbooks are read like files of texts."""

import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from app.imports import ImportRefused, propose
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
    assert "The sheet 'Data' was read." in map(str, report.notes)


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


def test_readings_at_midnight_keep_their_time(engine, load, tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["time", "ph"])
    for minute in (0, 10):
        workbook.active.append([datetime(2026, 11, 20, 0, minute), 6.0])
    workbook.save(tmp_path / "night.xlsx")

    report = load(tmp_path / "night.xlsx")

    assert (report.accepted, report.rejected_count) == (2, 0)
    assert report.first_at.isoformat() == "2026-11-20T00:00:00+00:00"


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


def test_a_stray_cell_in_the_last_corner_is_refused_and_ends_nothing_else(load, tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["time", "ph"])
    workbook.active.cell(1_048_576, 16_384, "x")
    workbook.save(tmp_path / "corner.xlsx")

    with pytest.raises(ImportRefused, match=r"corner\.xlsx is too large to be opened as a workbook"):
        load(tmp_path / "corner.xlsx")


ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="Log"><table:table-row>'
    '<table:table-cell office:value-type="string"><text:p>time</text:p></table:table-cell>'
    '<table:table-cell office:value-type="string"><text:p>ph</text:p></table:table-cell></table:table-row>'
    '<table:table-row><table:table-cell office:value-type="date" office:date-value="2026-11-20T08:30:00"/>'
    '<table:table-cell office:value-type="float" office:value="6.125"/></table:table-row>'
    "</table:table></office:spreadsheet></office:body></office:document-content>"
)
LOCK = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>
</manifest:manifest>"""


def write_ods(path: Path, **parts: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS)
        archive.writestr("META-INF/manifest.xml", parts.get("manifest", "<manifest/>"))
    return path


def test_a_sheet_of_libreoffice_is_read_too(tmp_path):
    proposal = propose(write_ods(tmp_path / "log.ods"))

    assert proposal.rows == [["2026-11-20 08:30:00", "6.125"]]
    assert (proposal.given["sheet"], proposal.given["time_column"], proposal.given["ph_column"]) == (
        "Log",
        "time",
        "ph",
    )


def test_a_locked_workbook_is_refused_in_words(tmp_path):
    with pytest.raises(ImportRefused, match=r"log\.ods is locked with a password; save it without one"):
        propose(write_ods(tmp_path / "log.ods", manifest=LOCK))

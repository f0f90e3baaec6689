"""The Export page: choices in the address, the file that they amount to, and exports as they go."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.components import crop_texts
from app.exports import Asker, ExportCancelled, ExportRequest, Exports, Packing, Selection
from app.i18n import init_languages
from app.pages.export.address import api_path, as_curl, as_pandas
from app.pages.export.callbacks import ExportAnswers
from app.pages.export.history import again
from app.pages.export.ids import Id
from app.pages.export.source import ExportPageSource
from app.pages.export.view import View, read_view, view_at
from app.pages.export.words import bytes_text
from app.pages.page import PageContext
from models.db import session_scope
from models.write.devices import plant, register_device
from models.write.exports import begin_export, bury_exports

NOW = datetime(2026, 11, 23, 8, 0, 30, tzinfo=UTC)
JAKARTA = "Asia/Jakarta"


@pytest.fixture
def source(engine, now):
    return ExportPageSource(engine, lambda: now)


@pytest.fixture
def answers(engine, source, now):
    return ExportAnswers(source, PageContext(engine, lambda: now))


@pytest.fixture
def tank(engine, now):
    with session_scope(engine) as session:
        return register_device(session, "pi-7", now=now - timedelta(days=60))


def test_an_address_says_what_is_not_as_usual_and_is_read_back():
    view = View(devices="pi-1,pi-2", range="30d", resolution="1h", fields="ph", format="parquet", tz="UTC")

    assert view.address() == "?devices=pi-1%2Cpi-2&range=30d&resolution=1h&fields=ph&tz=UTC&format=parquet"
    assert view_at(view.address()) == view
    assert View().address() == ""


def test_an_address_that_makes_no_sense_is_the_usual_page():
    nonsense = {
        "devices": "a/b",
        "range": "ever",
        "start": "2026-13-01",
        "end": "x",
        "tz": "Mars/Base",
        "format": "doc",
    }

    assert read_view({**nonsense, "fields": "salt", "layout": "round"}) == View()


@pytest.mark.parametrize(
    ("choice", "start", "end"),
    [
        ({"range": "24h"}, "2026-11-22T08:00:00", "2026-11-23T08:00:00"),
        ({"range": "month"}, "2026-10-31T17:00:00", "2026-11-23T08:00:00"),
        ({"range": "last-month"}, "2026-09-30T17:00:00", "2026-10-31T17:00:00"),
        ({"start": "2026-11-01", "end": "2026-11-01"}, "2026-10-31T17:00:00", "2026-11-01T17:00:00"),
        ({"range": "all"}, "1990-01-01T00:00:00", "2026-11-23T08:00:00"),
    ],
)
def test_days_and_months_are_those_of_the_clock_on_the_wall(choice, start, end):
    request = View(**choice).request(NOW, JAKARTA)

    assert [one.strftime("%Y-%m-%dT%H:%M:%S") for one in (request.start, request.end)] == [start, end]


def test_half_a_choice_of_days_changes_nothing(answers):
    assert answers.choose("?range=1y", Id.DAYS, ["2026-11-01", None]).address() == "?range=1y"
    assert answers.choose("", Id.DAYS, ["2026-11-01", "2026-11-02"]).address() == "?start=2026-11-01&end=2026-11-02"
    assert answers.choose("?start=2026-11-01&end=2026-11-02", Id.RANGE, "24h").address() == "?range=24h"


def controls(**changed):
    """The controls as a page shows them whose address says nothing."""
    usual = {
        Id.SITE: None,
        Id.CROP: None,
        Id.RESOLUTION: "raw",
        Id.UNIT: View().unit,
        Id.VALUES: "corrected",
        Id.QUALITY: "all",
        Id.ZONE: View().tz,
        Id.LAYOUT: "long",
        Id.FORMAT: "csv",
        Id.DIALECT: View().dialect,
        Id.DEVICES: [],
        Id.FIELDS: View().fields.split(","),
        Id.DETAILS: View().details.split(","),
        Id.RANGE: "7d",
        Id.DAYS: [None, None],
    }
    return usual | {Id[name]: value for name, value in changed.items()}


def test_a_page_whose_controls_are_as_its_address_says_stays(answers):
    assert answers.answer("", controls(), []) == View()


def test_clicks_whose_answers_were_dropped_are_not_forgotten(answers):
    given = controls(FORMAT="parquet", RANGE="24h", DEVICES=["pi-2"])

    assert answers.answer("", given, [Id.DEVICES]).address() == "?devices=pi-2&range=24h&format=parquet"


def test_days_and_a_range_whose_answers_were_dropped_are_not_forgotten(answers):
    chosen = controls(FORMAT="xlsx", DAYS=["2026-11-01", "2026-11-02"])
    assert answers.answer("", chosen, [Id.FORMAT]).address() == "?start=2026-11-01&end=2026-11-02&format=xlsx"

    shown = "?start=2026-11-01&end=2026-11-02"
    pressed = controls(FORMAT="xlsx", RANGE="24h", DAYS=["2026-11-01", "2026-11-02"])
    assert answers.answer(shown, pressed, [Id.FORMAT]).address() == "?range=24h&format=xlsx"


def test_devices_named_as_a_range_stay_so(answers):
    given = controls(FORMAT="xlsx", DEVICES=["pi-1", "pi-2", "pi-3"])

    assert answers.answer("?devices=pi-1..pi-3", given, [Id.FORMAT]).devices == "pi-1..pi-3"


def test_the_file_of_the_page_is_that_of_its_address(viewer, tank):
    request = View(range="24h", unit="ppm700", layout="wide", resolution="1h", format="xlsx").request(NOW, JAKARTA)

    path = api_path(request)

    assert path == (
        "/api/v1/export.xlsx?start=2026-11-22T08:00:00.000Z&end=2026-11-23T08:00:00.000Z"
        "&resolution=1h&unit=ppm700&layout=wide"
    )
    answer = viewer.get(path)
    assert (answer.status_code, answer.data[:2]) == (200, b"PK")
    assert "pi-7_2026-11-22_2026-11-23_1h_wide.xlsx" in answer.headers["Content-Disposition"]


def test_the_lines_of_a_notebook_read_the_file_that_was_chosen():
    request = View(format="csv.gz", resolution="1h").request(NOW, JAKARTA)

    lines = as_pandas("http://farm/x", request)

    compile(lines, "cell", "exec")
    assert 'pd.read_csv(url, storage_options=login, compression="gzip", parse_dates=["hour_utc"])' in lines
    assert as_curl("http://farm/x").startswith('curl -fOJ -H "Authorization: Bearer $HYDROFLEET_TOKEN"')


@pytest.mark.parametrize(("tongue", "names"), [("en", ["Basil", "Chili"]), ("id", ["Cabai", "Kemangi"])])
def test_crops_are_offered_by_their_names(engine, source, now, tank, tongue, names):
    with session_scope(engine) as session:
        for crop, days in (("chili", 50), ("basil", 20)):
            began = now - timedelta(days=days)
            plant(session, tank.id, crop, started_at=began, transplanted_on=began.date())

    server = Flask(__name__)
    init_languages(server, tongue)
    with server.test_request_context():
        offered = crop_texts(source.places().crops)

    assert list(offered.values()) == names


def test_the_size_is_told_before_and_contradictions_are_told_in_words(answers, tank):
    assert answers.show("")["size"] == "1 Pi · about 0 rows · 0 B"
    assert answers.show("?site=nowhere")["href"] is None
    assert answers.show("?devices=pi-9")["size"] == "No Pi fits these choices."
    assert answers.show("?fields=ph")["href"].startswith("/api/v1/export.csv?start=")


def test_sizes_are_said_as_people_say_them():
    assert [bytes_text(size) for size in (0, 950, 1_500, 25_000_000, 3e9)] == [
        "0 B",
        "950 B",
        "1.5 kB",
        "25 MB",
        "3.0 GB",
    ]


def test_an_export_stands_in_the_history_and_can_be_asked_for_again(engine, source, now, tank):
    request = ExportRequest(Selection(["pi-7"]), NOW - timedelta(1), NOW, packing=Packing.PARQUET, details=frozenset())
    with Exports(engine, lambda: now).open(request, Asker("sari", None, lambda _: True), refresh_hours=list) as stream:
        size = len(b"".join(stream))

    record, person = source.history()[0]

    assert (record.state, record.bytes, record.rows, person) == ("done", size, 0, None)
    view = read_view(dict(part.split("=") for part in again(record).partition("?")[2].split("&")))
    assert (view.devices, view.format, view.start, view.end) == ("pi-7", "parquet", "2026-11-22", "2026-11-23")
    assert view.details == ""


def test_who_stops_an_export_ends_it_wherever_it_runs(engine, source, now, tank, monkeypatch):
    monkeypatch.setattr("app.exports.run._BEAT_S", 0.0)
    request = ExportRequest(Selection(), NOW - timedelta(1), NOW)
    stream = Exports(engine, lambda: now).open(request, Asker("sari", None, lambda _: True), refresh_hours=list)

    source.cancel(stream.id, by="sari")

    with pytest.raises(ExportCancelled):
        next(stream)
    assert source.history()[0][0].state == "cancelled"
    assert engine.pool.checkedout() == 0


def test_an_export_whose_server_is_gone_is_buried(engine, source, now):
    with session_scope(engine) as session:
        begin_export(session, {"exported": ["pi-7"]}, user_id=None, now=now - timedelta(minutes=10))
        young = begin_export(session, {"exported": ["pi-7"]}, user_id=None, now=now)
        bury_exports(session, silent_since=now - timedelta(minutes=5), error="the server ended", now=now)

    assert {record.id == young: record.state for record, _ in source.history()} == {True: "running", False: "failed"}

"""The Import page: what is asked of the form, who may, and what it answers while an import runs."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.imports import Mode
from app.imports.request import ImportRefused
from app.imports.runs import Run
from app.imports.shelf import NotTaken, Shelf
from app.pages.imports.callbacks import ImportAnswers
from app.pages.imports.ids import CONTROLS, Id
from app.pages.imports.layout import layout
from app.pages.imports.words import progress_parts
from app.pages.page import PageContext
from app.principal import Principal, Role, set_current_user
from models.db import session_scope
from models.write.devices import register_device

SARI, BUDI = Principal(7, "sari", Role.AGRONOMIST), Principal(8, "budi", Role.VIEWER)
LOG = b"Waktu,pH,ppm\n2026-11-20 08:00,6.1,900\n"


@pytest.fixture
def context(engine: Engine, now: datetime, tmp_path: Path) -> PageContext:
    return PageContext(engine, lambda: now, uploads=tmp_path / "uploads")


@pytest.fixture
def answers(server: Flask, context: PageContext) -> Any:
    """The page as Sari uses it."""
    with server.test_request_context():
        set_current_user(SARI)
        yield ImportAnswers(context)


@pytest.fixture
def sent(context: PageContext) -> dict[str, str]:
    """A log that Sari has sent."""
    shelf = Shelf(context.uploads)
    upload = shelf.begin("kolam 2.csv", by=SARI)
    shelf.add(upload, 0, LOG, by=SARI)
    return {"upload": upload}


def form(answers: ImportAnswers, sent: dict[str, str], **corrected: Any) -> dict[Id, Any]:
    shown = dict(zip(CONTROLS, answers.look(sent, None)["values"], strict=True))
    return shown | {Id[name.upper()]: value for name, value in corrected.items()}


def test_a_form_as_proposed_lacks_only_what_the_file_cannot_say(answers, sent):
    shown = form(answers, sent)

    assert (shown[Id.DEVICE], shown[Id.TIME_COLUMN], shown[Id.PH_COLUMN]) == ("kolam-2", "Waktu", "pH")
    assert (shown[Id.EC_COLUMN], shown[Id.EC_UNIT], shown[Id.TIME_ZONE]) == ("ppm", None, None)


@pytest.mark.parametrize(
    ("corrected", "said"),
    [
        ({"ec_unit": "700"}, "Choose a zone."),
        ({"time_zone": "+07:00"}, "Choose the unit of conductivity."),
        ({"ec_unit": "700", "time_zone": "+07:00", "mode": "wipe"}, "Choose what happens where"),
        ({"ec_unit": "700", "time_zone": "+07:00", "device": ""}, "say whose log it is"),
        ({"ec_unit": "700", "time_zone": "Mars/Base"}, "there is no time zone 'Mars/Base'"),
    ],
)
def test_what_is_missing_is_asked_for(answers, sent, corrected, said):
    with pytest.raises(ImportRefused, match=said):
        answers.request(sent, form(answers, sent, **corrected), dry_run=True)


def test_what_was_corrected_is_what_is_imported(answers, sent):
    request = answers.request(
        sent, form(answers, sent, ec_unit="700", time_zone="+07:00", device="pi-7", mode="backfill"), dry_run=True
    )

    assert (request.device, request.tds_column, request.tds_scale, request.time_zone) == ("pi-7", "ppm", 700, "+07:00")
    assert (request.mode, request.dry_run) == (Mode.BACKFILL, True)


def test_what_else_means_no_value_is_passed_on(answers, sent):
    given = form(answers, sent, ec_unit="700", time_zone="UTC", nulls=["7999"])

    assert answers.request(sent, given, dry_run=True).null_texts == ("7999",)


def test_devices_that_are_there_are_offered(answers, sent, engine, now):
    with session_scope(engine) as session:
        for name in ("pi-10", "pi-2"):
            register_device(session, name, now=now)

    assert answers.look(sent, None)["devices"] == ["pi-2", "pi-10"]


def test_readings_are_replaced_for_whoever_types_their_name(answers, sent):
    given = form(answers, sent, ec_unit="700", time_zone="+07:00", mode="replace-span")

    with pytest.raises(ImportRefused, match="type kolam-2 below the choice"):
        answers.begin(sent, given, for_good=True, sure="kolam")
    with pytest.raises(NotTaken, match="Try it first"):
        answers.begin(sent, given, for_good=True, sure=" kolam-2 ")


def test_whoever_may_only_look_neither_looks_at_files_nor_begins_nor_asks(answers, sent):
    given = form(answers, sent, ec_unit="700", time_zone="+07:00")
    set_current_user(BUDI)

    with pytest.raises(ImportRefused, match="Only agronomists and administrators may import"):
        answers.begin(sent, given, for_good=False, sure="")
    assert answers.look(sent, None)["said"] == "Only agronomists and administrators may import."
    assert answers.progress("0123456789abcdef") == {"report": None, "still": True, "load": True}


@pytest.mark.parametrize(
    ("lines", "of_lines", "is_summing_up", "percent", "said"),
    [
        (50_000, 200_000, False, 25, "50,000 of about 200,000 lines"),
        (50_000, 49_000, False, 99, "50,000 of about 49,000 lines"),
        (200_000, 200_000, True, 100, "All is stored; flags, hours and days are computed."),
    ],
)
def test_progress_is_that_of_the_lines(answers, sent, lines, of_lines, is_summing_up, percent, said):
    request = answers.request(sent, form(answers, sent, ec_unit="700", time_zone="UTC"), dry_run=False)

    bar, text = progress_parts(Run("1", request, SARI, lines, of_lines, is_summing_up))

    assert (bar.value, text.children) == (percent, said)


def test_the_number_of_lines_of_a_workbook_is_not_made_up(answers, sent):
    request = answers.request(sent, form(answers, sent, ec_unit="700", time_zone="UTC"), dry_run=True)

    (text,) = progress_parts(Run("1", request, SARI, 50_000))

    assert text.children == "50,000 lines so far"


@pytest.mark.parametrize("zone", ["UTC", "+07:00", "-03:30", "+05:45", "Asia/Jakarta"])
def test_every_zone_that_may_be_proposed_can_be_shown(server, context, zone):
    with server.test_request_context():
        page = layout(context, {})

    (select,) = [one for one in page._traverse() if getattr(one, "id", None) == Id.TIME_ZONE]
    assert zone in [one["value"] for one in select.data]


def test_no_two_zones_are_called_alike(server, context):
    with server.test_request_context():
        page = layout(context, {})

    (select,) = [one for one in page._traverse() if getattr(one, "id", None) == Id.TIME_ZONE]
    called = [one["label"] for one in select.data]
    assert "UTC−7" in called
    assert len(set(called)) == len(called)

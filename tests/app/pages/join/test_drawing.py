"""What an administrator is shown about Pis that wait, keys, and rows to be registered."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from plotly.utils import PlotlyJSONEncoder

from app.joining.registration import PlannedDevice, PlannedRow, Preview, RowFault
from app.pages.join.answers import read_upload
from app.pages.join.drawing import key_rows, preview_view, waiting_rows
from app.saying import saying
from models.errors import HydrofleetError
from models.read.enrollment import KeyRecord, PendingRecord

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
ZONE = "Asia/Jakarta"


def text_of(drawn: Any) -> str:
    return json.dumps(drawn, cls=PlotlyJSONEncoder, ensure_ascii=False)


def pending(**values: Any) -> PendingRecord:
    usual: dict[str, Any] = {
        "id": 7,
        "serial": "10000000abcdef12",
        "serial_source": "board",
        "device": "pi-34",
        "site": "Lembang",
        "state": "pending",
        "enrollment_key_id": "k3x9m2qa",
        "address": "192.168.1.77",
        "agent": {"model": "Raspberry Pi Zero 2 W"},
        "created_at": NOW - timedelta(minutes=10),
        "asked_at": NOW,
        "decided_at": None,
        "last_seen_at": NOW - timedelta(hours=2),
        "last_address": "192.168.1.23",
    }
    return PendingRecord(**{**usual, **values})


def key(**values: Any) -> KeyRecord:
    usual: dict[str, Any] = {
        "id": "k3x9m2qa",
        "note": None,
        "site": None,
        "max_uses": 10,
        "uses": 3,
        "auto_approve": False,
        "listed_only": False,
        "created_by": "ratna",
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=7),
        "revoked_at": None,
    }
    return KeyRecord(**{**usual, **values})


def test_a_new_card_in_a_silent_board_shows_what_speaks_for_it():
    drawn = text_of(waiting_rows([pending()], ZONE))

    assert "asks from 192.168.1.77 since 23 Nov 2026 07:20" in drawn
    assert "old card last used 23 Nov 2026 05:30 from 192.168.1.23" in drawn
    assert "same network" in drawn
    assert "state-waiting" in drawn


def test_two_pis_that_claim_one_name_come_in_red():
    drawn = text_of(waiting_rows([pending(last_seen_at=NOW)], ZONE))

    assert "Two Pis claim pi-34" in drawn
    assert "state-alarm" in drawn


def test_another_network_is_said():
    assert "another network than before" in text_of(waiting_rows([pending(address="10.9.0.4")], ZONE))


def test_a_board_that_nobody_knows_is_said_to_be_new():
    drawn = text_of(waiting_rows([pending(device=None, last_seen_at=None, last_address=None)], ZONE))

    assert "new board" in drawn
    assert "not registered, joined never before" in drawn


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "open"),
        ({"uses": 10}, "full"),
        ({"expires_at": NOW}, "expired"),
        ({"revoked_at": NOW}, "revoked"),
    ],
)
def test_a_key_says_whether_it_lets_anybody_in(values: dict[str, Any], word: str):
    drawn = text_of(key_rows([key(**values)], ZONE, NOW))

    assert f'"{word}"' in drawn
    assert "hfe_k3x9m2qa" in drawn


def test_faults_stand_with_their_rows_and_nothing_else_is_shown():
    row = PlannedRow(1, PlannedDevice(name="pi-1"), "pi-1", is_there=False)
    drawn = text_of(
        preview_view(Preview([row], [RowFault(4, "crop", saying("'%(crop)s' is no crop", crop="bananas"))]))
    )

    assert "1 fault; nothing can be registered until it is corrected." in drawn
    assert "row 4, crop: 'bananas' is no crop" in drawn
    assert "pi-1" not in drawn


def test_a_preview_counts_what_is_new_and_what_is_there():
    rows = [PlannedRow(n, PlannedDevice(), f"pi-{n}", is_there=n == 1) for n in range(1, 16)]
    drawn = text_of(preview_view(Preview(rows, [])))

    assert "14 new devices · 1 is there already" in drawn
    assert "and 3 more rows" in drawn


def test_an_uploaded_file_is_read_with_or_without_a_mark_at_its_beginning():
    assert read_upload("data:text/csv;base64,77u/c2VyaWFsLG5hbWU=") == "serial,name"


@pytest.mark.parametrize("contents", ["data:;base64,/////w==", "data:;base64,!!!", "nonsense,ä"])
def test_an_uploaded_file_that_is_no_text_is_refused(contents: str):
    with pytest.raises(HydrofleetError, match="not text in UTF-8"):
        read_upload(contents)

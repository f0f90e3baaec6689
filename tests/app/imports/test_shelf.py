"""Files on their way in: whole, bounded, and each for whoever sent it."""

import os
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.imports import shelf as shelves
from app.imports.shelf import NotTaken, Shelf
from app.principal import Principal, Role

SARI, BUDI = Principal(7, "sari", Role.AGRONOMIST), Principal(8, "budi", Role.AGRONOMIST)
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "uploads")


def test_pieces_become_the_file_that_was_sent(shelf: Shelf):
    upload = shelf.begin("log.csv", by=SARI)

    sizes = [shelf.add(upload, 0, b"time,ph\n", by=SARI), shelf.add(upload, 8, b"1,2\n", by=SARI)]

    assert sizes == [8, 12]
    assert shelf.path(upload, by=SARI).read_bytes() == b"time,ph\n1,2\n"
    assert shelf.path(upload, by=SARI).name == "log.csv"


def test_a_piece_that_is_missing_is_noticed(shelf: Shelf):
    upload = shelf.begin("log.csv", by=SARI)

    with pytest.raises(NotTaken, match="did not arrive whole"):
        shelf.add(upload, 8, b"1,2\n", by=SARI)


@pytest.mark.parametrize("upload", ["", "..", "7-0123456789abcdef", "7-../../../../etc/hosts0"])
def test_what_is_not_there_is_not_found(shelf: Shelf, upload: str):
    with pytest.raises(NotTaken, match="no longer here"):
        shelf.path(upload, by=SARI)


def test_a_file_is_nobody_elses(shelf: Shelf):
    upload = shelf.begin("log.csv", by=SARI)

    with pytest.raises(NotTaken, match="no longer here"):
        shelf.path(upload, by=BUDI)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\logs\\tank A.xlsx", "tank A.xlsx"),
        ("..", "log"),
        ("a\x00b<c>.csv", "a-b-c-.csv"),
    ],
)
def test_a_name_cannot_leave_its_folder(shelf: Shelf, sent: str, kept: str):
    assert shelf.path(shelf.begin(sent, by=SARI), by=SARI).name == kept


def test_a_file_that_grows_too_large_is_refused(shelf: Shelf, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shelves, "MOST_BYTES", 10)
    upload = shelf.begin("log.csv", by=SARI)
    shelf.add(upload, 0, b"12345678", by=SARI)

    with pytest.raises(NotTaken, match="larger than"):
        shelf.add(upload, 8, b"123", by=SARI)


def test_a_file_that_says_it_is_too_large_is_not_begun(shelf: Shelf):
    with pytest.raises(NotTaken, match="The file is larger than 256 MB"):
        shelf.begin("log.csv", size=257 * 1024 * 1024, by=SARI)


def test_a_file_that_would_fill_the_disk_is_not_begun(shelf: Shelf, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shelves, "_LEFT_FREE_BYTES", 2**60)

    with pytest.raises(NotTaken, match="disk is nearly full"):
        shelf.begin("log.csv", size=1, by=SARI)


def test_files_of_yesterday_make_room(shelf: Shelf):
    old = shelf.begin("old.csv", by=SARI)
    os.utime(shelf.folder / old, (0, 0))

    shelf.begin("new.csv", by=SARI)

    with pytest.raises(NotTaken):
        shelf.path(old, by=SARI)


def test_a_full_shelf_takes_nothing_more(shelf: Shelf, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shelves, "_MOST_BYTES_TOGETHER", 4)
    shelf.add(shelf.begin("log.csv", by=SARI), 0, b"12345", by=SARI)

    with pytest.raises(NotTaken, match="Too many files"):
        shelf.begin("more.csv", by=SARI)


def test_whoever_may_only_look_sends_nothing(viewer: FlaskClient):
    answer = viewer.post("/import/pieces?name=log.csv", data=b"x", headers=OWN_PAGE)

    assert (answer.status_code, answer.json["error"]) == (403, "Only agronomists and administrators may import.")

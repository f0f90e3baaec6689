"""Details of entries: names, codes and times of the log in the reader's words."""

import pytest
from flask import Flask

from app.i18n import init_languages
from app.imports.request import Mode
from app.pages.audit.details import CODES, details_text
from app.pages.audit.words import actor_text

ZONE = "Asia/Jakarta"


def said(language: str, details: dict[str, object]) -> str:
    server = Flask("app")
    init_languages(server, language)
    with server.test_request_context():
        return details_text(details, ZONE)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "file: march.csv · where there are readings already: only times without a reading are filled"),
        ("id", "berkas: march.csv · bila sudah ada bacaan: hanya waktu tanpa bacaan yang diisi"),
    ],
)
def test_an_import_says_in_words_what_became_of_readings(language: str, text: str):
    assert said(language, {"file": "march.csv", "mode": "insert"}) == text


def test_every_mode_of_an_import_has_words():
    assert set(CODES["mode"]) == {str(mode) for mode in Mode}


def test_a_change_of_role_names_both_in_words():
    assert said("id", {"from": "viewer", "to": "admin"}) == "sebelumnya: Pengamat · mulai sekarang: Administrator"


def test_moments_are_written_on_the_readers_clock_and_numbers_as_the_reader_does():
    details = {"start": "2026-11-20T17:00:00+00:00", "readings": 1440, "low": 5.5, "auto_approve": False}

    text = said("id", details)

    assert text == "dari: 21 Nov 2026 00:00:00 · bacaan: 1.440 · batas bawah: 5,5 · {}".format(
        "Pi yang diam boleh kembali sendiri: tidak"
    )


def test_a_long_list_says_how_many_more_there_are():
    names = [f"pi-{number}" for number in range(1, 100)]

    assert said("en", {"names": names}) == ("devices: pi-1, pi-2, pi-3, pi-4, pi-5, pi-6, pi-7, pi-8 and 91 more")


def test_what_another_version_wrote_stands_for_itself_and_what_is_unknown_is_left_out():
    assert said("en", {"piano": "grand", "mode": "tune", "site": None, "at": "2026-11-20T17:00:00+00:00"}) == (
        "piano: grand · where there are readings already: tune"
    )


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["command line", "the joining of Pis", "pi-7", "enrollment key 3", "schedule weekly", "sari"]),
        ("id", ["baris perintah", "penggabungan Pi", "pi-7", "kunci bergabung 3", "jadwal weekly", "sari"]),
    ],
)
def test_who_is_no_person_is_named_in_words(language: str, names: list[str]):
    actors = ["command line", "enrollment", "device:pi-7", "enrollment-key:3", "schedule weekly", "sari"]
    server = Flask("app")
    init_languages(server, language)

    with server.test_request_context():
        assert [actor_text(one) for one in actors] == names

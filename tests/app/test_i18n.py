"""Languages: who gets which, and how numbers and times are written."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from app.i18n import _, init_languages, language, ngettext, number_text, signed_text, time_text, zone_text


@pytest.fixture
def server() -> Flask:
    server = Flask("app")
    init_languages(server, "en", lambda: server.config.get("WISH"))
    return server


@pytest.mark.parametrize(
    ("headers", "spoken"),
    [
        ({}, "en"),
        ({"Accept-Language": "id-ID,id;q=0.9,en;q=0.5"}, "id"),
        ({"Accept-Language": "fr"}, "en"),
        ({"Accept-Language": "id", "Cookie": "hf_language=en"}, "en"),
        ({"Cookie": "hf_language=id"}, "id"),
        ({"Accept-Language": "id", "Cookie": "hf_language=../../etc"}, "id"),
    ],
)
def test_the_cookie_comes_before_the_browser(server: Flask, headers: dict[str, str], spoken: str):
    with server.test_request_context(headers=headers):
        assert language() == spoken


def test_the_accounts_own_language_comes_first(server: Flask):
    server.config["WISH"] = "id"

    with server.test_request_context(headers={"Cookie": "hf_language=en"}):
        assert language() == "id"


def test_outside_of_a_request_the_servers_default_is_spoken(server: Flask):
    with server.app_context():
        assert _("Log out") == "Log out"


def test_outside_of_an_application_the_source_text_comes_back():
    assert language() == "en"
    assert _("target %(low)s to %(high)s", low=1, high=2) == "target 1 to 2"
    assert ngettext("%(num)s device", "%(num)s devices", 1) == "1 device"
    assert ngettext("%(num)s device", "%(num)s devices", 3) == "3 devices"


def test_texts_with_variables_and_counts_are_translated(server: Flask):
    with server.test_request_context(headers={"Cookie": "hf_language=id"}):
        assert _("%(number)s readings in the last 24 hours", number="7") == "7 bacaan dalam 24 jam terakhir"
        assert ngettext("%(num)s device", "%(num)s devices", 3) == "3 alat"


@pytest.mark.parametrize(
    ("code", "value", "decimals", "text"),
    [
        ("en", 1234.5, 2, "1,234.50"),
        ("id", 1234.5, 2, "1.234,50"),
        ("en", 0.04, 0, "0"),
        ("en", float("nan"), 1, "–"),
        ("en", -1234.5, 1, "−1,234.5"),
        ("id", -0.25, 2, "−0,25"),
    ],
)
def test_numbers_are_written_as_the_language_does(server: Flask, code: str, value: float, decimals: int, text: str):
    with server.test_request_context(headers={"Cookie": f"hf_language={code}"}):
        assert number_text(value, decimals) == text


@pytest.mark.parametrize(("value", "text"), [(1.25, "+1,2"), (-1.25, "−1,2"), (0.0, "+0,0")])
def test_a_change_has_its_sign(server: Flask, value: float, text: str):
    with server.test_request_context(headers={"Cookie": "hf_language=id"}):
        assert signed_text(value, 1) == text


def test_times_are_written_on_the_wall_clock_of_the_site(server: Flask):
    moment = datetime(2026, 8, 22, 18, 30, tzinfo=UTC)

    with server.test_request_context(headers={"Cookie": "hf_language=id"}):
        assert time_text(moment, "Asia/Jakarta") == "23 Agu 2026 01:30"
    assert time_text(moment, "Asia/Kathmandu") == "23 Aug 2026 00:15"


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="has no timezone"):
        time_text(datetime(2026, 8, 22), "Asia/Jakarta")


def test_an_unknown_default_language_is_refused():
    with pytest.raises(ValueError, match="'xx'; choose one of: en, id"):
        init_languages(Flask("app"), "xx")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Etc/GMT+7", "UTC−7"),
        ("Etc/GMT-14", "UTC+14"),
        ("-07:00", "UTC−7"),
        ("UTC-07:00", "UTC−7"),
        ("+05:30", "UTC+5:30"),
        ("-00:30", "UTC−0:30"),
        ("+00:00", "UTC"),
        ("Etc/UTC", "UTC"),
        ("GMT", "UTC"),
        ("Asia/Jakarta", "Asia/Jakarta"),
    ],
)
def test_zones_are_written_as_people_read_them(name: str, text: str):
    assert zone_text(name) == text

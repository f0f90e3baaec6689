"""Stickers: what they lead to, and what stands on them."""

from datetime import datetime

import pytest
import segno
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.labels import make_labels
from models.db import session_scope
from models.errors import DeviceNameInvalid
from models.write.devices import ensure_site, register_device, retire_device

OWN_PAGE = {"Accept": "text/html"}


@pytest.fixture
def tanks(engine: Engine, now: datetime) -> Engine:
    """pi-2 in Lembang, pi-10 nowhere yet, and pi-3, which is retired."""
    with session_scope(engine) as session:
        ensure_site(session, "Lembang", time_zone="Asia/Jakarta", ppm_scale=500)
        register_device(session, "pi-10", now=now)
        register_device(session, "pi-2", site="Lembang", zone="GH 1", now=now)
        register_device(session, "pi-3", now=now)
        retire_device(session, "pi-3", now=now)
    return engine


def test_every_device_in_service_gets_a_sticker_in_natural_order(tanks: Engine):
    labels = make_labels(tanks, "", "https://farm.example/")

    assert [(label.name, label.place, label.address) for label in labels] == [
        ("pi-2", "Lembang · GH 1", "farm.example/d/pi-2"),
        ("pi-10", "", "farm.example/d/pi-10"),
    ]


def test_stickers_can_be_printed_before_the_pis_have_joined(tanks: Engine):
    assert [label.name for label in make_labels(tanks, "pi-98..pi-99", "https://farm.example")] == ["pi-98", "pi-99"]


def test_the_code_holds_the_address_and_nothing_else(tanks: Engine):
    label = make_labels(tanks, "pi-2", "https://farm.example")[0]

    expected = segno.make("https://farm.example/d/pi-2", error="m", micro=False)
    assert str(label.code) == expected.svg_inline(scale=4, border=0, omitsize=True)


@pytest.mark.parametrize("names", ["<script>", "pi-9..pi-1", "../etc"])
def test_names_that_are_none_are_refused(tanks: Engine, names: str):
    with pytest.raises(DeviceNameInvalid):
        make_labels(tanks, names, "https://farm.example")


def test_a_sheet_is_a_page_of_its_own(viewer: FlaskClient, tanks: Engine):
    page = viewer.get("/labels?devices=pi-1..pi-25").text

    assert page.count('class="sheet"') == 2
    assert page.count("<svg") == 25
    assert "localhost/d/pi-25" in page


def test_a_sheet_of_nonsense_is_refused_as_text(viewer: FlaskClient):
    answer = viewer.get("/labels?devices=<script>alert(1)</script>")

    assert (answer.status_code, answer.mimetype) == (400, "text/plain")


def test_a_sticker_leads_through_the_login_to_its_tank(client: FlaskClient, viewer: FlaskClient, server):
    stranger = server.test_client()

    assert stranger.get("/d/pi-34", headers=OWN_PAGE).location == "/login?next=/d/pi-34"
    assert viewer.get("/d/pi-34").location == "/devices/pi-34"


@pytest.mark.parametrize("name", ["Pi-34", "%2F%2Fevil.example", "pi-34%0d%0aX: y", "a" * 70])
def test_a_forged_sticker_leads_nowhere_else(viewer: FlaskClient, name: str):
    answer = viewer.get(f"/d/{name}")

    assert "evil" not in (answer.location or "")
    assert (answer.location or "/fleet") == "/fleet" or answer.status_code in {200, 404}

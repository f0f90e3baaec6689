"""The Join page: a key is made, Pis come in by themselves, one comes back with a new card."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from app.tls.certificates import make_authority
from models.db import session_scope
from models.tokens import TokenKind, make_token
from models.write.people import set_role
from pi_reader.join_file import read_stick_file

Start = Callable[..., Any]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def farm(live: Any) -> Any:
    """A server on which Sari is the administrator; no Pi has joined yet."""
    with session_scope(live.engine) as session:
        set_role(session, "sari", "admin")
    return live


def enroll(farm: Any, key: str, serial: str) -> int:
    """Do what a Pi with a card of the image does at its first start; gives the status of the answer."""
    token = make_token(TokenKind.DEVICE)
    body = {"serial": serial, "token_id": token.id, "token_sha256": token.digest.hex()}
    headers = {"Authorization": f"Bearer {key}"}
    return requests.post(f"{farm.url}/api/v1/enroll", json=body, headers=headers, timeout=10).status_code


def test_pis_join_with_a_key_and_a_new_card_waits_for_a_person(farm: Any, visit: Start) -> None:
    page = visit().open("/join", wait_for="#join-make")
    page.fill("#join-uses", "2,5")
    page.locator("#join-make").click()
    expect(page.locator("#join-once")).to_have_text("2,5 is not a whole number.")
    page.fill("#join-uses", "2")
    page.locator("#join-make").click()
    file = page.locator(".once code").inner_text()
    key = next(line.split('"')[1] for line in file.splitlines() if line.startswith("enrollment_key"))
    assert f'server_url = "{farm.url}"' in file

    assert enroll(farm, key, "10000000abcdef01") == 201
    expect(page.locator("#join-joined")).to_contain_text("pi-1", timeout=15_000)
    assert enroll(farm, key, "10000000abcdef01") == 202
    expect(page.locator("#join-waiting-rows")).to_contain_text("10000000abcdef01", timeout=15_000)
    page.locator("#join-waiting-rows .pick-card").click()
    page.locator("#join-approve").click()

    expect(page.locator("#join-decided")).to_have_text("pi-1 is in. Its old card no longer works.")
    expect(page.locator("#join-waiting-rows")).to_contain_text("No Pi waits for a decision.")
    expect(page.locator("#join-keys-rows")).to_contain_text("1 of 2 used")


def test_a_code_for_one_pi_lets_one_in(farm: Any, visit: Start, tmp_path: Path) -> None:
    page = visit(PHONE, scheme="dark").open("/join", wait_for="#join-make-code")
    page.locator("#join-make-code").click()
    expect(page.locator("#join-once")).to_contain_text("make it first: hydrofleet tls init")
    authority = make_authority("Lembang", now=farm.clock()).certificate
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "ca.pem").write_bytes(authority)
    page.locator("#join-make-code").click()
    code = page.locator(".once-code")
    code.wait_for()
    stick = tmp_path / "hydrofleet-enroll.toml"
    stick.write_text(page.locator(".once code").inner_text(), encoding="utf-8")

    assert code.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 60  # modules
    found = read_stick_file(stick)
    assert (found.server_url, found.ca_pem.strip()) == (farm.url, authority.decode().strip())
    assert enroll(farm, found.enrollment_key, "10000000abcdef01") == 201
    assert enroll(farm, found.enrollment_key, "10000000abcdef02") == 403


def test_devices_are_registered_all_or_none_and_retired_again(farm: Any, visit: Start) -> None:
    page = visit(PHONE, scheme="dark").open("/join", wait_for="#join-make")
    page.fill("#join-text", "name,site\npi-1,Lembang\npi one,Lembang\n")
    page.locator("#join-text").press("Tab")
    page.locator("#join-check").click()
    expect(page.locator("#join-preview")).to_contain_text("row 2, name")
    expect(page.locator("#join-register")).to_be_disabled()

    page.fill("#join-text", "name,site\npi-1,Lembang\npi-2,Lembang\n")
    page.locator("#join-text").press("Tab")
    page.locator("#join-check").click()
    expect(page.locator("#join-preview")).to_contain_text("2 new devices")
    page.locator("#join-register").click()

    expect(page.locator("#join-preview")).to_have_text("2 devices registered.")
    page.locator("#join-devices").fill("pi-2")
    page.get_by_role("option", name="pi-2").click()
    page.locator("#join-devices").press("Escape")
    page.locator("#join-retire").click()
    expect(page.locator("#join-left")).to_contain_text("Retired")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_stickers_are_drawn_under_the_policy(farm: Any, visit: Start) -> None:
    page = visit().open("/labels?devices=pi-1..pi-3", wait_for=".code svg")

    assert page.locator(".code svg").count() == 3
    assert page.locator(".code").first.evaluate("code => code.getBoundingClientRect().width") == pytest.approx(
        98.3, abs=1
    )

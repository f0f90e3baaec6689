"""Being invited, managing people, one's own password; and that no page does what the policy forbids."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.navigation import PAGES
from models.db import session_scope
from models.write.people import set_role

Start = Callable[..., Any]
PHONE = {"width": 390, "height": 844}
NEW = "four quite new words"


@pytest.fixture
def farm(live: Any) -> Any:
    """A server on which Sari is the administrator and one tank sends readings."""
    with session_scope(live.engine) as session:
        set_role(session, "sari", "admin")
    live.add_device("pi-2", crop="lettuce")
    live.read("pi-2")
    live.roll_up()
    return live


def invite(page: Page, name: str) -> str:
    """Invite somebody on the page that is open; gives the link."""
    page.fill("#users-new-name", name)
    page.locator("#users-invite").click()
    return page.locator(".once code").inner_text()


def choose_password(page: Page, password: str = NEW) -> None:
    page.fill("#password", password)
    page.fill("#again", password)
    with page.expect_navigation():
        page.click("button.primary")


def test_no_page_does_what_the_policy_forbids(farm: Any, visit: Start) -> None:
    """A violation is an error on the console, which fails the test when the browser closes."""
    reader = visit(logged_in=False)
    reader.open("/invitation", wait_for="#password")
    reader.log_in()

    for page in PAGES:
        path = (page.path_template or page.path).replace("<device>", "pi-2")
        reader.open(path, wait_for=".page-title, .device-title, h1")
        reader.page.wait_for_load_state("networkidle")
    reader.open("/no/such/page", wait_for="text=There is nothing at this address")
    reader.forget_missing()

    assert reader.page.evaluate("document.querySelectorAll('script:not([src])').length") >= 1


def test_a_breach_of_the_policy_is_noticed(farm: Any, visit: Start) -> None:
    reader = visit()
    with reader.page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        reader.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"injected = 1\">')")

    assert any("Content Security Policy" in problem for problem in reader.problems)
    assert reader.page.evaluate("window.injected") is None
    reader.problems.clear()


def test_a_person_is_invited_and_logs_in_with_a_password_of_their_own(farm: Any, visit: Start) -> None:
    link = invite(visit().open("/users", wait_for=".pick-card"), "Budi")
    assert link.startswith(f"{farm.url}/invitation#hfi_")

    guest = visit(PHONE, logged_in=False, scheme="dark", language="id")
    guest.page.goto(link)
    expect(guest.page.locator("#code-field")).to_be_hidden()
    expect(guest.page.locator("#name")).to_have_value("budi")
    assert guest.page.url == f"{farm.url}/invitation"
    choose_password(guest.page)
    guest.page.wait_for_selector("text=pi-2")

    late = visit(logged_in=False)
    late.page.goto(link)
    choose_password(late.page, "another long password")
    expect(late.page.locator("[role=alert]")).to_contain_text("does not work any more")
    late.problems = [problem for problem in late.problems if "400" not in problem]


def test_choosing_another_language_does_not_lose_the_invitation(farm: Any, visit: Start) -> None:
    link = invite(visit().open("/users", wait_for=".pick-card"), "Budi")
    guest = visit(logged_in=False)
    guest.page.goto(link)

    guest.page.click("text=Bahasa Indonesia")

    guest.page.wait_for_selector("text=Selamat datang")
    expect(guest.page.locator("#name")).to_have_value("budi")
    choose_password(guest.page)
    guest.page.wait_for_selector("text=pi-2")


def test_a_new_password_logs_every_other_browser_out(farm: Any, visit: Start) -> None:
    office, phone = visit(), visit(PHONE)
    page = office.open("/account", wait_for=".pick-card")
    expect(page.locator(".pick-card")).to_have_count(2)
    for name, value in (("present", "correct horse battery"), ("new", NEW), ("again", NEW)):
        page.fill(f"input[name={name}]", value)

    page.click(".form-button")

    page.wait_for_selector("text=The password is changed.")
    expect(page.locator(".pick-card")).to_have_count(1)
    phone.page.goto(f"{farm.url}/account")
    assert phone.page.url == f"{farm.url}/login?next=/account"
    phone.problems = [problem for problem in phone.problems if "401" not in problem]


@pytest.mark.parametrize("path", ["/users", "/audit", "/account"])
def test_nothing_is_wider_than_a_phone(farm: Any, visit: Start, path: str) -> None:
    page = visit(PHONE, scheme="dark", language="id").open(path, wait_for=".pick-card, .log")

    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

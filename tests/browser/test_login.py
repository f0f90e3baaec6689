"""Logging in, as a person does it."""

from collections.abc import Callable
from typing import Any

Start = Callable[..., Any]


def test_a_person_logs_in_and_arrives_at_the_page_that_was_asked_for(live: Any, visit: Start):
    reader = visit(logged_in=False)
    reader.page.goto(f"{live.url}/fleet?state=out")

    assert reader.page.url == f"{live.url}/login?next=/fleet%3Fstate%3Dout"
    reader.send_login()

    reader.page.wait_for_selector("text=No devices yet")
    assert reader.page.url == f"{live.url}/fleet?state=out"


def test_a_wrong_password_is_said_and_the_name_is_kept(visit: Start):
    reader = visit(logged_in=False)
    reader.log_in("wrong password!")

    assert reader.page.inner_text("[role=alert]") == "Name or password is wrong."
    assert reader.page.input_value("#name") == "sari"
    assert reader.page.input_value("#password") == ""
    reader.problems = [problem for problem in reader.problems if "403" not in problem]


def test_the_login_page_changes_its_language_without_a_script(visit: Start):
    reader = visit(logged_in=False)
    reader.page.goto(f"{reader.url}/login")

    reader.page.click("text=Bahasa Indonesia")

    reader.page.wait_for_selector("text=Kata sandi")
    assert reader.page.get_attribute("html", "lang") == "id"


def test_logging_out_leads_to_the_login_and_back_leads_nowhere(live: Any, visit: Start):
    reader = visit()
    page = reader.open("/", wait_for="text=No devices yet")
    page.click("[aria-label=Account]")

    page.click("text=Log out")

    page.wait_for_url("**/login")
    page.goto(f"{live.url}/")
    assert page.url == f"{live.url}/login"


def test_a_page_whose_session_has_ended_asks_to_log_in_again(live: Any, visit: Start):
    reader = visit()
    page = reader.open("/", wait_for="text=No devices yet")

    live.clock.turn(hours=13)

    page.wait_for_url("**/login", timeout=20_000)
    reader.problems = [problem for problem in reader.problems if "401" not in problem]


def test_the_login_page_is_dark_where_the_reader_prefers_it(visit: Start):
    grounds = {}
    for scheme in ("light", "dark"):
        reader = visit(logged_in=False, scheme=scheme)
        reader.page.goto(f"{reader.url}/login")
        grounds[scheme] = reader.page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert grounds == {"light": "rgb(246, 248, 249)", "dark": "rgb(13, 17, 21)"}

"""From "what needs me today?" to the cause, as an agronomist goes in the morning."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.jobs.findings import check_fleet

Start = Callable[..., Any]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def morning(live: Any) -> Any:
    """pi-4 has had a high pH for hours, three Pis of GH 3 fell silent together, pi-1 and pi-2 are fine."""
    for name, zone in {"pi-1": "GH 1", "pi-2": "GH 1", "pi-4": "GH 2"}.items():
        live.add_device(name, zone=zone)
    for name in ("pi-7", "pi-8", "pi-9"):
        live.add_device(name, zone="GH 3")
        live.read(name)
    live.clock.turn(minutes=10)
    for minutes in range(240, 0, -20):
        live.read("pi-4", s_ago=minutes * 60, ph=6.94)
    for name in ("pi-1", "pi-2"):
        live.read(name)
    live.read("pi-4", ph=6.94)
    live.roll_up()
    check_fleet(live.engine, now=live.clock())
    return live


def section(page: Page, kind: str) -> Any:
    return page.locator(f"#today-section-{kind}")


@pytest.mark.parametrize(
    ("viewport", "scheme", "language"),
    [(DESK, "light", "en"), (DESK, "dark", "id"), (PHONE, "dark", "id")],
    ids=["desk", "desk-id", "phone-id"],
)
def test_the_cause_is_two_clicks_away(morning: Any, visit: Start, viewport: dict[str, int], scheme: str, language: str):
    page = visit(viewport, scheme=scheme, language=language).open("/", wait_for=".task")
    title = {"en": "too high", "id": "terlalu tinggi"}[language]

    expect(section(page, "out")).to_contain_text("pi-4")
    expect(section(page, "out")).to_contain_text(title)
    expect(section(page, "out")).to_contain_text("Lembang · GH 2")
    expect(section(page, "silent").locator(".task")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]

    page.click("#today-counter-out")
    expect(section(page, "silent")).to_be_hidden()
    assert page.url.endswith("/?kind=out")
    page.click("#today-section-out .task-link")

    page.wait_for_url("**/devices/pi-4?range=24h*")
    page.wait_for_selector("#device-graph .xy")
    expect(page.locator("#device-insights-findings")).to_contain_text("pH", timeout=20_000)


def test_a_common_silence_is_one_line_that_leads_to_those_pis(morning: Any, visit: Start):
    page = visit().open("/?zone=GH+3", wait_for=".task")

    expect(section(page, "silent")).to_contain_text("3 of 3 Pis of GH 3 silent since")
    expect(section(page, "out")).to_be_hidden()
    page.click("#today-section-silent .task-link")

    page.wait_for_selector(".ag-row[row-id='pi-7']")
    assert "zone=GH+3" in page.url
    assert page.locator(".ag-center-cols-container .ag-row").count() == 3


def test_the_list_follows_the_tanks_by_itself(morning: Any, visit: Start):
    page = visit().open("/", wait_for=".task")
    expect(page.locator("#today-numbers")).to_contain_text("3 of 6")

    for name in ("pi-7", "pi-8", "pi-9"):
        morning.read(name, s_ago=1)
    morning.read("pi-4", s_ago=1, ph=6.2)

    expect(page.locator(".empty-title:visible")).to_have_text("Nothing needs you", timeout=25_000)
    expect(page.locator("#today-foot")).to_contain_text("All tanks were checked at 07:40")
    expect(page.locator("#today-numbers")).to_contain_text("6 of 6")


def test_nobody_is_called_silent_after_an_outage_of_the_server(morning: Any, visit: Start):
    morning.clock.turn(hours=3)
    check_fleet(morning.engine, now=morning.clock())
    page = visit().open("/", wait_for=".task")

    expect(section(page, "server")).to_contain_text("The server was away from")
    expect(section(page, "silent").locator(".task")).to_have_count(1)  # GH 3, which was silent before

"""What happened to a tank, as an agronomist sees, tells and corrects it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.read.devices import find_device
from models.write.devices import ensure_site, register_device

Start = Callable[..., Any]
PHONE = {"width": 390, "height": 844}
DRAWN = "#device-graph .nsewdrag"


@pytest.fixture
def dosed(live: Any) -> Any:
    """pi-1 in Jakarta with a day of readings a minute, in the middle of which its EC rises by 200 µS/cm."""
    with session_scope(live.engine) as session:
        ensure_site(session, "Bogor", time_zone="Asia/Jakarta", ppm_scale=500)
        register_device(session, "pi-1", site="Bogor", has_history=True, now=live.clock() - timedelta(days=3))
    with session_scope(live.engine) as session:
        device = find_device(session, "pi-1")
        seconds = live.clock().timestamp() - 20 - 60 * np.arange(1440)[::-1]
        wave = np.where(np.arange(1440) % 2, 1.0, -1.0)
        sent = SentReadings.of(
            device.id,
            (seconds * 1000).astype(np.int64),
            ph=6.0 + wave / 100,
            ec_us_cm=1500.0 + wave + np.where(np.arange(1440) >= 720, 200.0, 0.0),
            water_c=21.0 + wave / 20,
        )
        take_in(session, {device.id: device}, sent, now=live.clock())
    live.roll_up()
    return live


def shapes(page: Page) -> list[str]:
    """The marks in the lane under the panels."""
    return page.evaluate(
        "() => document.querySelector('#device-graph .js-plotly-plot').data"
        ".filter(one => one.yaxis === 'y4').flatMap(one => one.marker.symbol)"
    )


def test_a_detected_dose_is_marked_and_listed(dosed: Any, visit: Start):
    page = visit().open("/devices/pi-1?range=24h&window=1h", wait_for=DRAWN)

    row = page.locator(".event")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Dose")
    expect(row).to_contain_text(re.compile(r"\+(99|100|101) ppm \(500\)"))
    expect(row).to_contain_text("found in the readings, confidence")
    page.wait_for_function("() => document.querySelector('#device-graph .js-plotly-plot')?.data?.length > 3")
    assert shapes(page) == ["triangle-up"]


def test_a_rejected_dose_goes_and_can_be_brought_back(dosed: Any, visit: Start):
    page = visit().open("/devices/pi-1?range=24h&window=1h", wait_for=".event")

    page.get_by_role("button", name="Not an event: Dose").click()

    expect(page.locator("#device-events-message")).to_contain_text("Rejected")
    expect(page.locator(".event")).to_have_count(0)
    page.get_by_role("switch", name="Show what was rejected").check(force=True)
    page.get_by_role("button", name="Bring back: Dose").click()
    expect(page.get_by_role("button", name="Confirm: Dose")).to_be_visible()


def test_a_corrected_dose_says_who_checked_it(dosed: Any, visit: Start):
    page = visit().open("/devices/pi-1?range=24h&window=1h", wait_for=".event")

    page.get_by_role("button", name="Edit: Dose").click()
    expect(page.get_by_label("TDS change, ppm (500)")).not_to_have_value("")
    page.get_by_label("TDS change, ppm (500)").fill("80,0")
    page.get_by_label("Note", exact=True).fill("half a measure of A and B")
    page.get_by_role("button", name="Save").click()

    row = page.locator(".event")
    expect(row).to_contain_text("+80 ppm (500)")
    expect(row).to_contain_text("half a measure of A and B")
    expect(row).to_contain_text("checked by sari")


def test_a_click_in_the_figure_chooses_the_time_of_a_note(dosed: Any, visit: Start):
    page = visit().open("/devices/pi-1?range=24h&window=1h", wait_for=".event")
    page.wait_for_function("() => document.querySelector('#device-graph .js-plotly-plot')?.data?.length > 3")
    box = page.locator(DRAWN).first.bounding_box()

    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)
    page.wait_for_selector("#device-graph .hoverlayer .legend, #device-graph .hoverlayer .hovertext")
    page.mouse.down()
    page.mouse.up()
    page.get_by_role("button", name="Add an event at 22 Nov 13:").click()
    page.locator("#device-event-kind").click()
    page.get_by_role("option", name="Note").click()
    page.get_by_label("Note", exact=True).fill("pump was off")
    page.get_by_role("button", name="Save").click()

    told = page.locator(".event", has_text="pump was off")
    expect(told).to_contain_text("22 Nov 2026 13:")
    expect(told).to_contain_text("sari")
    page.wait_for_function(
        "() => document.querySelector('#device-graph .js-plotly-plot').data"
        ".some(one => one.yaxis === 'y4' && one.marker.symbol.includes('square-open'))"
    )
    told.get_by_role("button", name="Delete").click()
    expect(page.locator(".event")).to_have_count(1)


def test_a_form_that_says_too_little_stays_open_and_says_why(dosed: Any, visit: Start):
    page = visit().open("/devices/pi-1?range=24h&window=1h", wait_for=".event")

    page.click("#device-events-add")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#device-event-refusal")).to_have_text("Choose what happened and when; a note needs words.")
    page.keyboard.press("Escape")
    expect(page.locator("#device-event-refusal")).not_to_be_visible()


def test_the_list_fits_a_phone_and_speaks_indonesian(dosed: Any, visit: Start):
    page = visit(PHONE, language="id").open("/devices/pi-1?range=24h&window=1h", wait_for=".event")

    expect(page.locator(".event")).to_contain_text("Dosis nutrisi")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390

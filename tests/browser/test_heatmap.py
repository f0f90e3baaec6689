"""The Heatmap: read, changed, shared and left by a click, as a reader does it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.read.devices import find_device

Start = Callable[..., Any]
PHONE = {"width": 390, "height": 844}
DRAWN = "#heatmap-summary:has-text('%')"


@pytest.fixture
def farm(live: Any) -> Any:
    """Two days of a reading every ten minutes: pi-1 in range, pi-2 at pH 7 in the second day."""
    ts_ms = int(live.clock().timestamp() * 1000) - 600_000 * np.arange(288)[::-1]
    for name, late in (("pi-1", 6.0), ("pi-2", 7.0)):
        live.add_device(name)
        with session_scope(live.engine) as session:
            device = find_device(session, name)
            assert device is not None
            # Not quite still: a flat line would be suspect.
            ph = np.where(np.arange(288) < 144, 6.0, late) + np.arange(288) % 7 / 1000
            sent = SentReadings.of(device.id, ts_ms, ph=ph, ec_us_cm=1500.0 + np.arange(288) % 5, water_c=21.0)
            take_in(session, {device.id: device}, sent, now=live.clock())
    live.roll_up()
    return live


def cell(page: Page, device: str, column: int) -> tuple[float, float]:
    """Where a cell of the map stands on the screen; columns are counted from the end."""
    return page.evaluate(
        """([device, column]) => {
            const map = document.querySelector('#heatmap-graph .js-plotly-plot'), layout = map._fullLayout;
            const x = map.data[2].x, box = map.getBoundingClientRect();
            const values = map._fullData[2].x;
            return [box.left + layout.xaxis._offset + layout.xaxis.d2p(values[values.length - column]),
                    box.top + layout.yaxis._offset + layout.yaxis.d2p(device)];
        }""",
        [device, column],
    )


def test_a_reader_hovers_changes_the_band_and_opens_a_tank(farm: Any, visit: Start) -> None:
    page = visit().open("/heatmap", wait_for=DRAWN)
    page.wait_for_selector("#heatmap-graph .heatmaplayer image", state="attached")

    page.mouse.move(*cell(page, "pi-2", 3))
    expect(page.locator("#heatmap-graph .hoverlayer")).to_contain_text("out of range for 100 % of the time")
    expect(page.locator("#heatmap-graph .hoverlayer")).to_contain_text("pi-2")

    page.locator("label", has_text="What if the band were different?").click()
    expect(page.locator("#heatmap-band-text")).to_have_text("5.5 – 6.5")
    page.get_by_role("slider", name="Upper limit").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#heatmap-band-text")).to_have_text("5.5 – 7.1")
    expect(page.locator("#heatmap-summary")).to_contain_text("with 5.5 – 7.1 out of range for 0.0 % of the time")
    assert "low=5.5&high=7.1" in page.url

    page.reload()
    expect(page.locator("#heatmap-summary")).to_contain_text("with 5.5 – 7.1 out of range for 0.0 % of the time")
    page.wait_for_selector("#heatmap-graph .heatmaplayer image", state="attached")
    page.mouse.move(*cell(page, "pi-2", 3))
    expect(page.locator("#heatmap-graph .hoverlayer")).to_contain_text("pi-2")
    page.mouse.click(*cell(page, "pi-2", 3))
    page.wait_for_url("**/devices/pi-2?*zoom=*")


def test_the_numbers_are_saved_as_a_file_and_the_map_as_a_picture(farm: Any, visit: Start) -> None:
    page = visit().open("/heatmap", wait_for=DRAWN)

    with page.expect_download() as numbers:
        page.locator("#heatmap-csv").click()
    with page.expect_download() as picture:
        page.locator("#heatmap-png").click()

    assert numbers.value.suggested_filename == "heatmap_ph_2026-11-16_2026-11-23.csv"
    assert picture.value.suggested_filename == "heatmap_ph.png"
    assert picture.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_table_leads_to_the_tanks_by_keyboard(farm: Any, visit: Start) -> None:
    page = visit().open("/heatmap", wait_for=DRAWN)

    page.wait_for_selector("#heatmap-graph .heatmaplayer image", state="attached")
    page.locator("#heatmap-table-head").press("Enter")
    expect(page.locator(".heatmap-table tbody tr").first).to_contain_text("pi-2")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/devices/pi-2?*zoom=*")


def test_nothing_is_wider_than_a_phone_in_indonesian_and_in_the_dark(farm: Any, visit: Start) -> None:
    page = visit(PHONE, scheme="dark", language="id").open("/heatmap?low=5.8&high=6.2&group=zone", wait_for=DRAWN)

    expect(page.locator("h1")).to_have_text("Peta panas")
    page.wait_for_selector("#heatmap-graph .heatmaplayer image", state="attached")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    scale = page.evaluate("document.querySelector('#heatmap-graph .js-plotly-plot').data[2].colorscale[0][1]")
    assert scale == "#2b2113"


def test_a_fleet_without_pis_says_what_to_do(live: Any, visit: Start) -> None:
    page = visit().open("/heatmap", wait_for=".empty-title")

    expect(page.locator(".empty-title")).to_have_text("No devices yet")
    expect(page.locator("#heatmap-graph")).to_be_hidden()

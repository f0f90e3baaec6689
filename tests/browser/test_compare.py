"""Compare: tanks chosen, drawn in every shape, ranked, shared and zoomed, as a reader does it."""

import re
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
DRAWN = "#compare-summary:has-text('pH')"
READINGS = 432


@pytest.fixture
def farm(live: Any) -> Any:
    """Three days of a reading every ten minutes: pi-1 and pi-2 with lettuce in range, pi-10 at pH 7."""
    ts_ms = int(live.clock().timestamp() * 1000) - 600_000 * np.arange(READINGS)[::-1]
    wave = 0.1 * np.sin(ts_ms / 86_400_000 * 2 * np.pi)
    for name, ph, crop in (("pi-1", 5.9, "lettuce"), ("pi-2", 6.0, "lettuce"), ("pi-10", 7.0, None)):
        live.add_device(name, zone="GH 1" if crop else "GH 2", crop=crop)
        with session_scope(live.engine) as session:
            device = find_device(session, name)
            assert device is not None
            # Not quite still: a flat line would be suspect.
            near = ph + wave + np.arange(READINGS) % 7 / 1000
            sent = SentReadings.of(device.id, ts_ms, ph=near, ec_us_cm=1500.0 - 500 * wave, water_c=21.0 + 10 * wave)
            take_in(session, {device.id: device}, sent, now=live.clock())
    live.roll_up()
    return live


def lines(page: Page) -> list[str]:
    """The names of what is drawn, in order."""
    names: list[str] = page.evaluate(
        "document.querySelector('#compare-graph .js-plotly-plot').data.filter(one => one.name).map(one => one.name)"
    )
    return names


def point(page: Page, name: str) -> tuple[float, float]:
    """Where the middle point of a line stands on the screen."""
    place: tuple[float, float] = page.evaluate(
        """name => {
            const graph = document.querySelector('#compare-graph .js-plotly-plot'), layout = graph._fullLayout;
            const trace = graph._fullData.find(one => one.name === name), at = Math.floor(trace.x.length / 2);
            const box = graph.getBoundingClientRect();
            return [box.left + layout.xaxis._offset + layout.xaxis.d2p(trace.x[at]),
                    box.top + layout.yaxis._offset + layout.yaxis.d2p(trace.y[at])];
        }""",
        name,
    )
    return place


def segment(page: Page, control: str, name: str) -> None:
    page.locator(f"#{control} label", has_text=name).click()


def ranked(page: Page) -> list[str]:
    """The names in the ranking from top to bottom."""
    rows = page.locator("#compare-ranking .ag-pinned-left-cols-container .ag-row").all()
    return [row.inner_text() for row in sorted(rows, key=lambda row: int(row.get_attribute("row-index") or 0))]


def test_a_reader_chooses_a_zone_looks_at_every_shape_and_shares_it(farm: Any, visit: Start) -> None:
    page = visit().open("/compare", wait_for=".compare-suggestion")
    expect(page.locator("#compare-empty .empty-title")).to_have_text("Which Pis?")
    expect(page.locator("#compare-summary")).to_have_text("Many tanks in one figure, and ranked below it.")
    page.locator(".compare-suggestion", has_text="Lettuce: 2 Pis").click()
    expect(page.locator("#compare-summary")).to_contain_text("2 Pis, pH")

    page.get_by_role("textbox", name="Pis to compare").click()
    page.get_by_role("option", name="Lembang, GH 2 (1)").click()
    expect(page.locator("#compare-summary")).to_have_text("3 Pis, pH: pi-10 is in range least, 0 % of the time")
    page.wait_for_selector("#compare-graph .scatterlayer path.js-line")
    assert lines(page) == ["pi-1", "pi-2", "pi-10"]
    page.keyboard.press("Escape")

    page.mouse.move(*point(page, "pi-10"))
    expect(page.locator("#compare-graph .hoverlayer")).to_contain_text("pi-10 · Lembang, GH 2")
    expect(page.locator("#compare-graph .hoverlayer")).to_contain_text("pH")

    assert ranked(page)[0] == "pi-10"
    page.locator("#compare-ranking .ag-header-cell", has_text="Mean").click()
    page.wait_for_selector("#compare-ranking .ag-header-cell[col-id='mean'][aria-sort='ascending']")
    assert ranked(page) == ["pi-1", "pi-2", "pi-10"]

    segment(page, "compare-shape", "Small multiples")
    expect(page.locator("#compare-words")).to_contain_text("All panels share both axes")
    expect(page.locator("#compare-graph .annotation", has_text="pi-10")).to_be_visible()
    segment(page, "compare-shape", "Cohort")
    expect(page.locator("#compare-words")).to_contain_text("The band holds the middle half")
    expect(page.locator("#compare-graph .legend")).to_contain_text("Median")
    segment(page, "compare-shape", "Correlation")
    expect(page.locator("#compare-words")).to_contain_text("Half of all pairs are above 1.00.")
    segment(page, "compare-between", "Within one Pi")
    expect(page.locator("#compare-words")).to_contain_text("When Water temperature rises, TDS mostly falls")

    segment(page, "compare-range", "24 h")
    page.wait_for_url("**range=24h**")
    shared = page.url
    page.reload()
    expect(page.locator("#compare-words")).to_contain_text("When Water temperature rises, TDS mostly falls")
    assert page.url == shared
    assert "devices=pi-1,pi-2,pi-10" in shared

    with page.expect_download() as ranking:
        page.locator("#compare-csv").click()
    text = ranking.value.path().read_text()
    assert ranking.value.suggested_filename.startswith("compare_ph_2026-11-22")
    assert text.splitlines()[0].startswith("device,start_utc,end_utc,in_range,below,above,ph_mean")
    assert len(text.splitlines()) == 4


def test_a_zoom_stays_in_the_address_and_goes_back(farm: Any, visit: Start) -> None:
    page = visit().open("/compare?devices=pi-1,pi-2,pi-10&range=7d", wait_for=DRAWN)
    page.wait_for_selector("#compare-graph .scatterlayer path.js-line")
    # A figure that is drawn anew under the mouse forgets the drag.
    page.wait_for_load_state("networkidle")
    box = page.locator("#compare-graph .nsewdrag").bounding_box()
    assert box is not None

    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 102, steps=5)
    page.mouse.up()
    page.wait_for_url("**zoom=**")
    page.get_by_role("button", name="Show the whole range again").click()

    expect(page).not_to_have_url(re.compile("zoom"))


def test_a_phone_in_indonesian_and_in_the_dark_shows_all_of_it(farm: Any, visit: Start) -> None:
    page = visit(PHONE, scheme="dark", language="id").open(
        "/compare?devices=pi-1,pi-2,pi-10,pi-77&shape=multiples", wait_for=DRAWN
    )

    expect(page.locator("h1")).to_have_text("Bandingkan")
    expect(page.locator(".compare-notice")).to_contain_text("Tidak ada Pi bernama pi-77")
    page.wait_for_selector("#compare-graph .scatterlayer path.js-line")
    segment(page, "compare-align", "Menurut hari sejak pindah tanam")
    expect(page.locator("#compare-shown")).to_contain_text("hari sejak pindah tanam")
    expect(page.locator("#compare-notices")).to_contain_text("Penanaman di pi-10 belum dicatat")
    for shape in ("Tumpuk", "Kelompok", "Korelasi"):
        segment(page, "compare-shape", shape)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), shape
    line = page.locator("#compare-ranking .ag-row").first
    expect(line).to_be_visible()


def test_a_farm_without_readings_says_what_to_do(live: Any, visit: Start) -> None:
    page = visit().open("/compare", wait_for=".empty-title")
    expect(page.locator(".empty-title").last).to_have_text("No devices yet")
    live.add_device("pi-1")

    page.goto(f"{live.url}/compare?devices=pi-1")

    expect(page.locator(".empty-title").first).to_have_text("Nothing to compare")

"""The Targets page: an agronomist changes a band, and the Device page shows it from its day on."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.read.devices import find_device

Start = Callable[..., Any]
PHONE = {"width": 390, "height": 844}
#: 2026-11-22 00:00 on the clock of the site, as figures write it.
MIDNIGHT_OF_22_NOVEMBER = "2026-11-22T00:00:00"


@pytest.fixture
def farm(live: Any) -> Any:
    """pi-1 with lettuce, planted three days ago, with readings every half an hour since; pi-2 with nothing."""
    live.add_device("pi-1", crop="lettuce")
    live.add_device("pi-2")
    ts_ms = int(live.clock().timestamp() * 1000) - 1_800_000 * np.arange(130)[::-1]
    with session_scope(live.engine) as session:
        device = find_device(session, "pi-1")
        assert device is not None
        sent = SentReadings.of(device.id, ts_ms, ph=6.0 + np.arange(130) % 7 / 100, ec_us_cm=1700.0, water_c=21.0)
        take_in(session, {device.id: device}, sent, now=live.clock())
    live.roll_up()
    return live


def fill(page: Page, name: str, value: str) -> None:
    page.locator(f"#targets-{name}").fill(value)
    page.locator(f"#targets-{name}").press("Tab")


def band_edges(page: Page) -> list[list[Any]]:
    """The pH bands drawn on the Device page: when each begins, in milliseconds on the site's clock, low and high."""
    # The empty figure of the beginning can be dragged, too.
    page.wait_for_function("() => document.querySelector('#device-graph .js-plotly-plot')?.layout?.shapes?.length > 0")
    return page.evaluate(
        """() => document.querySelector('#device-graph .js-plotly-plot').layout.shapes
            .filter(shape => shape.type === 'rect' && shape.y0 > 5 && shape.y1 < 8)
            .map(shape => [shape.x0, shape.y0, shape.y1])"""
    )


def test_a_band_saved_right_after_the_last_key_is_the_one_typed(farm: Any, visit: Start) -> None:
    page = visit().open("/targets?crop=lettuce", wait_for=".targets-band")
    page.locator(".targets-band").first.click()
    expect(page.locator("#targets-edited")).to_have_text("Lettuce, seedling: pH")
    expect(page.locator("#targets-low")).to_have_value("6")
    page.locator("#targets-source").fill("our trial")
    expect(page.locator("#targets-save")).to_be_enabled()

    page.locator("#targets-high").fill("6.4")
    page.locator("#targets-save").click()

    expect(page.locator("#targets-message")).to_have_text("Saved.")
    expect(page.locator("#targets-history")).to_contain_text("6.0 – 6.4 pH")


def test_what_nobody_changed_cannot_be_saved(farm: Any, visit: Start) -> None:
    page = visit().open("/targets?crop=lettuce", wait_for=".targets-band")
    expect(page.locator("#targets-effect")).to_have_text("Nothing changed: this band holds already.")
    expect(page.locator("#targets-save")).to_be_disabled()

    page.locator("#targets-high").fill("6.4")
    expect(page.locator("#targets-save")).to_be_enabled()
    page.locator("#targets-save").click()

    expect(page.locator("#targets-message")).to_have_text("Saved.")
    expect(page.locator("#targets-effect")).to_have_text("Nothing changed: this band holds already.")
    expect(page.locator("#targets-save")).to_be_disabled()


def test_nothing_can_be_typed_that_an_answer_on_its_way_would_replace(farm: Any, visit: Start) -> None:
    page = visit().open("/targets?crop=lettuce", wait_for=".targets-band")
    expect(page.locator("#targets-edited")).to_have_text("Lettuce, full-grown: pH")
    held: list[Route] = []
    page.route("**/_dash-update-component", lambda route: held.append(route))

    page.locator(".targets-band").first.click()
    for name in ("low", "high", "source"):
        expect(page.locator(f"#targets-{name}")).not_to_be_editable()
    page.unroute("**/_dash-update-component")
    for route in held:
        route.continue_()

    expect(page.locator("#targets-edited")).to_have_text("Lettuce, seedling: pH")
    for name in ("low", "high", "source"):
        expect(page.locator(f"#targets-{name}")).to_be_editable()


def test_a_changed_band_is_drawn_from_its_day_on_and_the_old_one_before(farm: Any, visit: Start) -> None:
    reader = visit()
    reader.page.clock.set_fixed_time(farm.clock())  # the calendar opens at the month of the browser
    page = reader.open("/targets?crop=lettuce", wait_for=".targets-band")

    page.locator(".targets-band").first.click()
    expect(page.locator("#targets-edited")).to_have_text("Lettuce, seedling: pH")
    fill(page, "low", "5.6")
    fill(page, "high", "6.2")
    fill(page, "source", "our trial")
    page.locator("#targets-from").click()
    page.get_by_role("button", name="22 November 2026").click()
    expect(page.locator("#targets-effect")).to_have_text("Changes the band of 1 Pi from 22 Nov 2026 on: pi-1.")
    page.locator("#targets-save").click()
    expect(page.locator("#targets-message")).to_have_text("Saved.")
    expect(page.locator("#targets-history")).to_contain_text("from 22 Nov 2026 · our trial · sari")

    before, since = band_edges(reader.open("/devices/pi-1?range=7d", wait_for="#device-graph"))[-2:]
    assert before[1:] == [6.0, 7.0]
    assert since == [MIDNIGHT_OF_22_NOVEMBER, 5.6, 6.2]


def test_many_tanks_are_planted_from_a_phone_and_the_effect_is_told_before(farm: Any, visit: Start) -> None:
    page = visit(PHONE).open("/targets?view=tanks", wait_for=".targets-tank")

    page.locator("#targets-choose-all").click()
    page.locator("#targets-plant-crop").click()
    page.get_by_role("option", name="Basil").click()
    expect(page.locator("#targets-plant-effect")).to_have_text(
        "2 Pis keep to the bands of Basil from 23 Nov 2026 on. What grows there ends: Lettuce (1)."
    )
    page.locator("#targets-plant").click()

    expect(page.locator("#targets-plant-message")).to_have_text("Saved.")
    expect(page.locator(".targets-tank")).to_contain_text(["pi-1Basil, seedling", "pi-2Basil, seedling"])
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_limits_are_shown_and_read_with_a_comma_or_a_point(farm: Any, visit: Start) -> None:
    page = visit(language="id").open("/targets?crop=lettuce", wait_for=".targets-band")
    page.locator(".targets-band").first.click()
    expect(page.locator("#targets-edited")).to_have_text("Selada, semai: pH")
    fill(page, "source", "uji coba")

    fill(page, "low", "5.6")
    fill(page, "high", "1.400")
    expect(page.locator("#targets-effect")).to_have_text("1.400 bisa berarti dua angka: tulis 1400 atau 1,4.")
    expect(page.locator("#targets-save")).to_be_disabled()
    fill(page, "high", "6,2")
    page.locator("#targets-save").click()

    expect(page.locator("#targets-message")).to_have_text("Tersimpan.")
    expect(page.locator("#targets-low")).to_have_value("5,6")
    expect(page.locator("#targets-high")).to_have_value("6,2")
    expect(page.locator("#targets-low")).to_have_attribute("inputmode", "decimal")


def test_nothing_is_wider_than_a_phone_in_indonesian_and_in_the_dark(farm: Any, visit: Start) -> None:
    page = visit(PHONE, scheme="dark", language="id").open("/targets?crop=lettuce", wait_for=".targets-band")

    expect(page.locator("h1")).to_have_text("Target")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

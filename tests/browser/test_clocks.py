"""Times in figures are those of the site, whatever the clock of the browser says: readers sit in Jakarta, or abroad."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_device import send_history

Start = Callable[..., Any]

#: Where every trace begins and ends on its axis, in milliseconds, and the outlines of all shapes.
_DRAWN = """graph => {
    const drawn = document.querySelector(graph + ' .js-plotly-plot');
    const ends = drawn.calcdata.map(points => [points[0].x, points[points.length - 1].x]);
    const outlines = [...drawn.querySelectorAll('.shapelayer path')].map(path => path.getAttribute('d'));
    return JSON.stringify([ends, outlines, drawn._fullLayout.xaxis.range]);
}"""


@pytest.fixture
def farm(live: Any) -> Any:
    """Three tanks with a target and a day of readings."""
    for name in ("pi-1", "pi-2", "pi-3"):
        live.add_device(name, crop="lettuce")
        send_history(live, name, newest=live.clock() - timedelta(seconds=20), every_s=300, days=1)
    live.roll_up()
    return live


def drawn(page: Page, path: str, url: str) -> str:
    graph = f"#{path.split('?')[0].strip('/').split('/')[0].removesuffix('s')}-graph"
    page.goto(url + path)
    page.wait_for_selector(f"{graph} .scatterlayer path, {graph} .heatmaplayer image", state="attached")
    text: str = page.evaluate(_DRAWN, graph)
    return text


@pytest.mark.parametrize(
    "path",
    [
        "/devices/pi-1?range=24h",
        "/compare?devices=pi-1,pi-2&range=24h",
        "/compare?devices=pi-1,pi-2,pi-3&range=24h&shape=cohort",
        "/heatmap?range=7d",
    ],
)
@pytest.mark.parametrize("time_zone", ["Asia/Jakarta", "America/St_Johns"])
def test_a_figure_is_the_same_on_every_clock(farm: Any, visit: Start, path: str, time_zone: str) -> None:
    at_home, abroad = visit(time_zone="UTC"), visit(time_zone=time_zone)

    assert drawn(abroad.page, path, farm.url) == drawn(at_home.page, path, farm.url)


def test_a_small_panel_says_the_time_of_the_site(farm: Any, visit: Start) -> None:
    page = visit(time_zone="America/St_Johns").open(
        "/compare?devices=pi-1,pi-2&range=24h&shape=multiples", wait_for="#compare-graph .nsewdrag"
    )
    page.wait_for_selector("#compare-graph .scatterlayer path.js-line")
    box = page.locator("#compare-graph .nsewdrag").first.bounding_box()

    page.mouse.move(box["x"] + box["width"] * 0.24, box["y"] + box["height"] * 0.4)

    expect(page.locator("#compare-graph .hoverlayer")).to_contain_text(re.compile(r"\d Nov 2026 \d\d:\d\d"))

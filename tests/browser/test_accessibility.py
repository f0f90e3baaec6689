"""Every page can be used with a keyboard and a screen reader, as far as axe-core can tell."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from app.jobs.findings import check_fleet
from app.navigation import PAGES
from models.db import session_scope
from models.write.people import set_role

SEVERE = {"serious", "critical"}
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


@pytest.fixture
def farm(live: Any) -> Any:
    """Sari is the administrator; pi-2 is out of range, pi-3 is silent."""
    with session_scope(live.engine) as session:
        set_role(session, "sari", "admin")
    for name in ("pi-2", "pi-3"):
        live.add_device(name, crop="lettuce")
        live.read(name)
    live.clock.turn(minutes=30)
    for minutes in range(25, 0, -5):
        live.read("pi-2", s_ago=minutes * 60, ph=7.4)
    live.roll_up()
    check_fleet(live.engine, now=live.clock())
    return live


#: react-dropzone keeps its file input out of sight, of the tab order and of clicks; the button around it has the name.
EXEMPT = {"exclude": [["input[type=file]"]]}


def severe_faults(page: Page) -> list[str]:
    found = Axe().run(page, context=EXEMPT).response["violations"]
    return [
        f"{page.url} {fault['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for fault in found
        if fault["impact"] in SEVERE
        for node in fault["nodes"][:3]
    ]


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def test_no_page_has_a_serious_fault(
    farm: Any, visit: Callable[..., Any], viewport: dict[str, int], scheme: str
) -> None:
    reader = visit(viewport, scheme=scheme)
    faults = []

    for page in PAGES:
        path = (page.path_template or page.path).replace("<device>", "pi-2")
        reader.open(path, wait_for=".page-title, .device-title, h1")
        reader.page.wait_for_load_state("networkidle")
        faults += severe_faults(reader.page)

    assert faults == [], "\n".join(faults)


def test_charts_and_the_worklist_use_a_big_screen(farm: Any, visit: Callable[..., Any]) -> None:
    reader = visit({"width": 3840, "height": 2160})
    width = "document.querySelector('.shell-main').getBoundingClientRect().width"

    chart = reader.open("/devices/pi-2", wait_for="h1").evaluate(width)
    today = reader.open("/", wait_for=".today-page").evaluate(width)
    words = reader.open("/targets", wait_for=".targets-page").evaluate(width)

    assert (chart, today, words) == (2560, 2424, 1600)

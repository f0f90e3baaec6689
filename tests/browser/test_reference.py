"""The API reference in a browser: readable under the server's own policy, with nothing from elsewhere."""

import os
from collections.abc import Callable
from typing import Any

Start = Callable[..., Any]


def test_swagger_ui_shows_an_operation_and_tries_it_out(live: Any, visit: Start):
    live.add_device("pi-1")
    page = visit().open("/api/docs", wait_for=".opblock")

    page.click("#operations-devices-devices .opblock-summary-control")
    page.click("#operations-devices-devices .try-out__btn")
    page.click("#operations-devices-devices .execute")
    page.wait_for_selector("#operations-devices-devices .live-responses-table")

    assert '"name": "pi-1"' in page.inner_text("#operations-devices-devices .live-responses-table")
    keep(page, "swagger")


def test_redoc_shows_every_operation(visit: Start):
    page = visit().open("/api/redoc", wait_for="h2:has-text('List the devices')")

    assert page.locator("h2:has-text('line protocol')").count() == 1
    keep(page, "redoc")


def keep(page: Any, name: str) -> None:
    """Keep a picture where HYDROFLEET_TEST_PICTURES names a folder, for looking at."""
    if folder := os.environ.get("HYDROFLEET_TEST_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")

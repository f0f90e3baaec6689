"""An agronomist gives readings of a wrong clock their time, from a phone."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def awake_in_1970(live: Any) -> Any:
    """pi-2 started without knowing the time, and sent three readings as it made them."""
    live.add_device("pi-2")
    for minute in (1, 2, 3):
        live.clock.turn(minutes=1)
        answer = requests.post(
            f"{live.url}/api/v1/readings",
            json={"ts": f"1970-01-01T00:0{minute}:00Z", "ph": 6.0, "ec_us_cm": 1500.0, "water_c": 22.0},
            headers={"Authorization": f"Bearer {live.tokens['pi-2']}"},
            timeout=10,
        )
        assert answer.json()["quarantined"] == 1
    return live


def test_readings_of_1970_get_the_suggested_times(awake_in_1970: Any, visit: Callable[..., Any]) -> None:
    page = visit(PHONE).open("/quarantine", wait_for=".pick-card")
    expect(page.locator(".pick-card")).to_contain_text("3 readings")
    expect(page.locator("#quarantine-then")).to_contain_text("23 Nov 2026 07:31")

    page.locator("#quarantine-retime").click()

    expect(page.locator("#quarantine-said")).to_have_text("pi-2: 3 readings stored, 0 were there already.")
    expect(page.get_by_text("Nothing waits")).to_be_visible()


def test_readings_are_left_out_with_a_reason(awake_in_1970: Any, visit: Callable[..., Any]) -> None:
    page = visit().open("/quarantine", wait_for=".pick-card")
    page.locator("#quarantine-drop").click()
    expect(page.locator("#quarantine-said")).to_have_text("Say why these readings are left out")

    page.fill("#quarantine-reason", "bench test")
    page.locator("#quarantine-drop").click()

    expect(page.locator("#quarantine-said")).to_have_text("3 readings are left out.")

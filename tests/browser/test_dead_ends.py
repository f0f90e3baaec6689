"""Addresses that lead nowhere, or not for this reader: a page with a heading that says what to do, and leads home."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

Start = Callable[..., Any]


@pytest.mark.parametrize(
    ("path", "heading", "title", "home"),
    [
        ("/nowhere", "There is nothing at this address", "Not found · hydrofleet", "Go to Today"),
        ("/users", "This page is for administrators", "People · hydrofleet", "Go to Today"),
        ("/devices/pi-404", "There is no device called pi-404", "pi-404 · hydrofleet", "Go to the fleet"),
        ("/assets/gone.js", "There is nothing at this address", "Not found · hydrofleet", "Go to Today"),
    ],
)
def test_a_dead_end_has_a_heading_and_leads_back(
    live: Any, visit: Start, path: str, heading: str, title: str, home: str
) -> None:
    reader = visit()
    page = reader.open(path, wait_for="h1")

    assert page.locator("h1").all_inner_texts() == [heading]
    expect(page).to_have_title(title)
    page.get_by_role("link", name=home).click()

    page.wait_for_selector(".page-title")
    reader.forget_missing()

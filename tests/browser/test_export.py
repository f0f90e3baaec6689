"""The Export page: chosen, shared by its address, downloaded, and found in the history."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import expect

from models.db import session_scope
from models.write.people import set_role

Start = Callable[..., Any]
PHONE = {"width": 390, "height": 844}


def test_a_reader_chooses_a_file_downloads_it_and_finds_it_in_the_history(live: Any, visit: Start) -> None:
    live.add_device("pi-1")
    live.add_device("pi-2")
    live.read("pi-1", s_ago=120)
    live.read("pi-2", s_ago=60, ph=6.4)
    live.roll_up()
    page = visit().open("/export", wait_for="#export-download[href]")

    page.locator("label", has_text="Parquet").click()
    page.locator("label", has_text="24 hours").click()
    page.locator("#export-devices").click()
    page.get_by_role("option", name="pi-2").click()

    expect(page.locator("#export-size")).to_have_text(re.compile("1 Pi · about 1 row"))
    assert page.url.endswith("/export?devices=pi-2&range=24h&format=parquet")
    with page.expect_download() as arriving:
        page.locator("#export-download").click()
    file = arriving.value
    assert file.suggested_filename.startswith("pi-2_")
    assert pd.read_parquet(io.BytesIO(Path(file.path()).read_bytes()))["ph"].tolist() == [6.4]
    row = page.locator(".export-list li").first
    expect(row).to_contain_text("pi-2 · every reading")
    expect(row).to_contain_text("1 row")
    row.get_by_text("Again").click()
    expect(page.locator("#export-as-url")).to_contain_text("/api/v1/export.parquet?devices=pi-2")


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize(("choice", "columns"), [("range", 4), ("resolution", 3), ("format", 4), ("layout", 2)])
def test_a_choice_of_two_lines_stands_in_columns_on_a_phone(
    live: Any, visit: Start, language: str, choice: str, columns: int
) -> None:
    live.add_device("pi-1")
    page = visit(PHONE, language=language).open("/export", wait_for=f"#export-{choice} label")

    boxes = page.locator(f"#export-{choice} label").evaluate_all(
        "labels => labels.map(one => one.getBoundingClientRect()).map(box => [box.left, box.width].map(Math.round))"
    )
    cut = page.locator(f"#export-{choice} label").evaluate_all(
        "labels => labels.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    )

    assert len({left for left, _width in boxes}) == columns
    assert max(width for _left, width in boxes) - min(width for _left, width in boxes) <= 1
    assert cut == []


@pytest.mark.parametrize("language", ["en", "id"])
def test_who_may_only_look_takes_the_chosen_pis_of_the_fleet_home(live: Any, visit: Start, language: str) -> None:
    with session_scope(live.engine) as session:
        set_role(session, "sari", "viewer")
    for name, ph in {"pi-1": 6.1, "pi-2": 6.4}.items():
        live.add_device(name)
        live.read(name, s_ago=60, ph=ph)
    live.roll_up()
    page = visit(language=language).open("/fleet")

    page.locator('.ag-row[row-id="pi-2"] .ag-selection-checkbox input').check()
    page.locator("#fleet-export").click()
    page.wait_for_selector("#export-download[href*='pi-2']")
    with page.expect_download() as arriving:
        page.locator("#export-download").click()

    file = arriving.value
    assert file.suggested_filename.startswith("pi-2_")
    rows = pd.read_csv(io.BytesIO(Path(file.path()).read_bytes()), comment="#")
    assert rows["ph"].tolist() == [6.4]


def test_on_a_phone_in_indonesian_the_page_fits_and_says_the_same(live: Any, visit: Start) -> None:
    live.add_device("pi-1")
    page = visit(PHONE, scheme="dark", language="id").open(
        "/export?layout=wide&resolution=1h&format=xlsx", wait_for="#export-download[href]"
    )

    expect(page.locator("#export-size")).to_contain_text("1 Pi · sekitar")
    expect(page.locator("#export-as-pandas")).to_contain_text("pd.read_excel")
    lines, dividers = page.locator("#export-range").evaluate(
        """range => [new Set([...range.querySelectorAll("label")].map(part => part.getBoundingClientRect().top)).size,
            [...range.querySelectorAll(".mantine-SegmentedControl-control")]
                .filter(part => getComputedStyle(part, "::before").display !== "none").length]"""
    )
    assert (lines, dividers) == (2, 0)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_time_zone_is_found_as_it_is_typed(live: Any, visit: Start) -> None:
    live.add_device("pi-1")
    page = visit().open("/export", wait_for="#export-download[href]")
    zone = page.locator("#export-zone")

    zone.fill("utc-7")
    expect(page.get_by_role("option", name="UTC−7")).to_be_visible()
    zone.fill("new york")
    page.get_by_role("option", name="America/New_York").click()
    zone.fill("utc-7")
    page.get_by_role("option", name="UTC−7").click()

    page.wait_for_url("**/export?tz=Etc%2FGMT%2B7")

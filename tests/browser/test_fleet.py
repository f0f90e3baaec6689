"""The fleet page, as a reader sees and uses it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from models.db import session_scope
from models.write.devices import register_device

Start = Callable[..., Any]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
DEVICES = ".ag-pinned-left-cols-container .device-link, .fleet-row-card .device-link"


@pytest.fixture
def fleet(live: Any) -> Any:
    """pi-2 in range, pi-4 with a high pH, pi-10 silent, pi-11 without any reading."""
    live.add_device("pi-2", zone="GH 1")
    live.add_device("pi-4", zone="GH 2")
    live.add_device("pi-10", site="Bandung", zone="GH 2", crop="tomato")
    live.add_device("pi-11", site="Bandung", zone="GH 10")
    live.read("pi-10", s_ago=7300)
    live.clock.turn(minutes=10)
    for minutes in (150, 90, 30):
        live.read("pi-2", s_ago=minutes * 60)
    live.read("pi-2")
    live.read("pi-4", ph=6.94)
    live.roll_up()
    return live


def devices(page: Page) -> list[str]:
    """The names on screen, from top to bottom."""
    return page.evaluate(
        """(selector) => [...document.querySelectorAll(selector)]
            .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
            .map((link) => link.textContent)""",
        DEVICES,
    )


def wait_for_devices(page: Page, names: list[str]) -> None:
    """Wait until exactly these names are on screen, in this order."""
    page.wait_for_function(
        """([selector, names]) => JSON.stringify([...document.querySelectorAll(selector)]
            .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
            .map((link) => link.textContent)) === JSON.stringify(names)""",
        arg=[DEVICES, names],
    )


def cell(page: Page, device: str, column: str) -> Any:
    return page.locator(f'.ag-row[row-id="{device}"] [col-id="{column}"]')


def test_every_device_stands_there_with_its_state_in_words(fleet: Any, visit: Start):
    page = visit().open("/fleet")

    wait_for_devices(page, ["pi-2", "pi-4", "pi-10", "pi-11"])
    words = [cell(page, name, "state").inner_text().split("\n") for name in ("pi-2", "pi-4", "pi-10", "pi-11")]
    assert words == [["In range"], ["Out of range", "pH high"], ["Silent"], ["No data"]]


def test_values_out_of_their_band_carry_an_arrow_beside_the_color(fleet: Any, visit: Start):
    page = visit().open("/fleet")

    expect(cell(page, "pi-4", "ph").locator(".value")).to_have_text("▲6.94")
    expect(cell(page, "pi-4", "ec").locator(".value")).to_have_text("850")
    expect(cell(page, "pi-2", "ph").locator("svg .spark-line")).to_be_attached()


def test_counters_count_and_filter(fleet: Any, visit: Start):
    page = visit().open("/fleet")
    for state, count in {"all": "4", "in": "1", "out": "1", "suspect": "0", "silent": "1", "no-data": "1"}.items():
        expect(page.locator(f"#fleet-count-{state}")).to_have_text(count)

    page.click("#fleet-counter-out")

    wait_for_devices(page, ["pi-4"])
    assert page.url.endswith("/fleet?state=out")


def test_search_finds_names_and_zones_but_not_values(fleet: Any, visit: Start):
    page = visit().open("/fleet")

    page.fill("#fleet-search", "gh 2")
    wait_for_devices(page, ["pi-4", "pi-10"])
    page.fill("#fleet-search", "6.94")
    wait_for_devices(page, [])
    expect(page.locator(".ag-overlay")).to_contain_text("Nothing matches")


def test_a_shared_address_opens_with_the_same_filters(fleet: Any, visit: Start):
    page = visit().open("/fleet?q=pi-1&site=Bandung&zone=GH+10")

    wait_for_devices(page, ["pi-11"])
    assert page.input_value("#fleet-search") == "pi-1"
    assert page.input_value("#fleet-site") == "Bandung"


def test_a_zone_is_chosen_from_those_there_are(fleet: Any, visit: Start):
    page = visit().open("/fleet")

    page.click("#fleet-zone")
    options = page.locator("[role=option]:visible")
    assert options.all_inner_texts() == ["GH 1", "GH 2", "GH 10"]
    options.nth(1).click()

    wait_for_devices(page, ["pi-4", "pi-10"])


def test_names_and_values_sort_in_their_natural_order(fleet: Any, visit: Start):
    page = visit().open("/fleet")

    page.click(".ag-header-cell[col-id=device]")
    wait_for_devices(page, ["pi-11", "pi-10", "pi-4", "pi-2"])
    page.click(".ag-header-cell[col-id=ph]")
    # Without a value stays last, whichever way the column is sorted.
    page.click(".ag-header-cell[col-id=ph]")
    page.wait_for_function(
        "() => document.querySelector('.ag-row[row-id=\"pi-11\"]').getAttribute('row-index') === '3'"
    )
    assert devices(page)[0] == "pi-4"


def test_a_new_reading_appears_by_itself_and_disturbs_nothing(fleet: Any, visit: Start):
    page = visit().open("/fleet?zone=GH+2")
    wait_for_devices(page, ["pi-4", "pi-10"])
    page.evaluate("document.querySelector('.ag-row[row-id=\"pi-10\"]').dataset.kept = 'yes'")

    fleet.read("pi-4", s_ago=1, ph=6.21)

    expect(cell(page, "pi-4", "ph").locator(".value")).to_have_text("6.21", timeout=20_000)
    expect(cell(page, "pi-4", "state")).to_have_text("In range")
    expect(page.locator("#fleet-count-in")).to_have_text("2")
    assert page.get_attribute('.ag-row[row-id="pi-10"]', "data-kept") == "yes"
    assert devices(page) == ["pi-4", "pi-10"]


def test_the_unit_changes_every_number_and_is_remembered(fleet: Any, visit: Start):
    page = visit().open("/fleet")

    page.click("#shell-unit")
    page.click("[role=option]:has-text('mS/cm')")

    expect(cell(page, "pi-2", "ec").locator(".value")).to_have_text("1.70")
    expect(page.locator(".ag-header-cell[col-id=ec]")).to_contain_text("EC, mS/cm")
    page.reload()
    expect(cell(page, "pi-2", "ec").locator(".value")).to_have_text("1.70")


def test_the_language_changes_words_numbers_and_crops(fleet: Any, visit: Start):
    page = visit().open("/fleet")

    page.click(".from-sm .language:has-text('ID')")

    expect(cell(page, "pi-4", "state")).to_contain_text("Di luar rentang")
    expect(cell(page, "pi-4", "ph").locator(".value")).to_have_text("▲6,94")
    expect(cell(page, "pi-10", "place").locator(".cell-crop")).to_have_text("Tomat, semai")
    assert page.get_attribute("html", "lang") == "id"


def test_the_dark_scheme_is_kept_and_reaches_the_table(fleet: Any, visit: Start):
    page = visit().open("/fleet")
    page.click("#shell-color-scheme")

    def ground(selector: str) -> str:
        return page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).backgroundColor")

    page.reload()
    page.wait_for_selector(".ag-row")
    assert page.get_attribute("html", "data-mantine-color-scheme") == "dark"
    assert ground("body") == "rgb(13, 17, 21)"
    assert ground(".ag-header") == "rgb(21, 26, 32)"


def test_a_phone_shows_cards_that_fit_the_screen(fleet: Any, visit: Start):
    page = visit(PHONE).open("/fleet", wait_for=".fleet-row-card")

    wait_for_devices(page, ["pi-2", "pi-4", "pi-10", "pi-11"])
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert (
        page.evaluate(
            "(grid => grid.scrollWidth - grid.clientWidth)(document.querySelector('.ag-center-cols-viewport'))"
        )
        == 0
    )
    card = page.locator('.ag-row[row-id="pi-4"] .fleet-row-card')
    expect(card).to_contain_text("Out of range")
    expect(card).to_contain_text("6.94")


@pytest.mark.parametrize("screen", [DESK, PHONE])
def test_a_long_name_is_shown_in_full(fleet: Any, visit: Start, screen: dict[str, int]):
    fleet.add_device("mainstreet-corrected-2019")

    page = visit(screen).open("/fleet")

    name = page.locator("a.device-link:visible", has_text="mainstreet-corrected-2019")
    expect(name).to_have_attribute("title", "mainstreet-corrected-2019")
    page.wait_for_function("name => name.closest('.ag-cell').clientWidth > 180", arg=name.element_handle())
    room = name.evaluate(
        "name => Math.min(...[name, name.closest('.cell-name, header')].map(e => e.clientWidth - e.scrollWidth))"
    )
    assert room >= 0
    assert page.evaluate("document.documentElement.scrollWidth") == screen["width"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["59 days ago", "2 mo. ago", "23 mo. ago", "2 yr. ago", "12 yr. ago"]),
        ("id", [re.compile("59 h(r|ari)? lalu"), "2 bln lalu", "23 bln lalu", "2 thn lalu", "12 thn lalu"]),
    ],
)
def test_long_ago_is_told_in_months_and_years(fleet: Any, visit: Start, language: str, told: list[Any]):
    page = visit(language=language).open("/fleet")

    page.evaluate(
        """days => days.forEach(function (ago) {
            const time = document.createElement("time");
            time.className = "ago told";
            time.dataset.ms = document.querySelector(".ago[data-ms]").dataset.ms - ago * 86400000;
            document.body.append(time);
        })""",
        [59, 61, 730, 731, 4716],
    )

    expect(page.locator(".told")).to_have_text(told)


def test_an_age_counts_whole_units_as_on_the_page_of_the_device(fleet: Any, visit: Start):
    reader = visit()
    reader.page.clock.set_fixed_time(fleet.clock())
    page = reader.open("/fleet")
    expect(cell(page, "pi-2", "seen_ms")).to_have_text("1 sec. ago")

    page.evaluate(
        """([now, ages]) => ages.forEach(function (age) {
            const time = document.createElement("time");
            time.className = "ago told";
            time.dataset.ms = now - age * 1000;
            document.body.append(time);
        })""",
        [fleet.clock().timestamp() * 1000, [0.4, 59.9, 119, 3_599, 82_800, 86_399, 172_799]],
    )

    told = ["1 sec. ago", "59 sec. ago", "1 min. ago", "59 min. ago", "23 hr. ago", "23 hr. ago", "1 day ago"]
    expect(page.locator(".told")).to_have_text(told)


def test_filters_work_on_a_phone_too(fleet: Any, visit: Start):
    page = visit(PHONE).open("/fleet", wait_for=".fleet-row-card")

    page.tap("#fleet-counter-silent")

    wait_for_devices(page, ["pi-10"])


def test_turning_a_tablet_changes_between_table_and_cards(fleet: Any, visit: Start):
    page = visit(PHONE).open("/fleet", wait_for=".fleet-row-card")

    page.set_viewport_size({"width": 844, "height": 640})

    page.wait_for_selector(".ag-header-cell[col-id=ph]")
    expect(page.locator(".fleet-row-card")).to_have_count(0)


def test_a_name_leads_to_its_device_without_loading_the_document_again(fleet: Any, visit: Start):
    page = visit().open("/fleet")
    page.evaluate("window.sameDocument = true")

    page.click("text=pi-4")

    page.wait_for_url("**/devices/pi-4")
    expect(page.locator("h1")).to_contain_text("pi-4")
    assert page.evaluate("window.sameDocument") is True


def test_the_navigation_of_a_phone_opens_and_closes(fleet: Any, visit: Start):
    page = visit(PHONE).open("/fleet", wait_for=".fleet-row-card")

    page.tap("#shell-burger")
    expect(page.locator(".shell-navbar .nav-link").first).to_be_in_viewport()
    page.tap("#shell-burger")
    expect(page.locator(".shell-navbar .nav-link").first).not_to_be_in_viewport()


def test_an_empty_fleet_says_what_to_do(visit: Start):
    page = visit().open("/fleet", wait_for="text=No devices yet")

    expect(page.locator("#fleet-empty")).to_contain_text("An administrator lets Pis join.")
    expect(page.locator("#fleet-board")).to_be_hidden()


@pytest.mark.parametrize("path", ["/", "/fleet", "/heatmap", "/compare", "/calibrate", "/export"])
def test_a_page_without_devices_leads_to_where_there_will_be_some(visit: Start, path: str):
    page = visit().open(path, wait_for="text=No devices yet")

    page.click(".empty-state:visible >> text=Import a log")

    expect(page.locator(".page-header")).to_contain_text("Import")


def test_a_server_that_stops_answering_is_said(fleet: Any, visit: Start):
    reader = visit()
    page = reader.open("/fleet")
    page.route("**/_dash-update-component*", lambda route: route.abort("connectionrefused"))

    page.click("#shell-unit")
    page.click("[role=option]:has-text('mS/cm')")

    expect(page.locator(".connection")).to_be_visible()
    reader.problems.clear()


def test_ticked_rows_can_be_compared_and_exported(fleet: Any, visit: Start):
    page = visit().open("/fleet")
    expect(page.locator("#fleet-chosen")).to_be_hidden()

    boxes = page.locator(".ag-row .ag-selection-checkbox input")
    boxes.nth(0).check()
    boxes.nth(1).check()

    expect(page.locator("#fleet-chosen-count")).to_have_text("2")
    address = page.locator("#fleet-export").get_attribute("href")
    assert address.startswith("/export?devices=pi-")
    page.click("#fleet-compare")
    page.wait_for_url("**/compare?devices=pi-*,pi-*")


def test_devices_are_grouped_and_a_group_is_chosen(fleet: Any, visit: Start):
    page = visit().open("/fleet?group=site")
    wait_for_devices(page, ["pi-10", "pi-11", "pi-2", "pi-4"])
    groups = page.locator(".fleet-group")
    expect(groups).to_have_count(2)
    expect(groups.nth(0)).to_contain_text("Bandung")
    expect(groups.nth(0)).to_contain_text("1 Silent")
    expect(groups.nth(1)).to_contain_text("1 Out of range")

    groups.nth(1).click()

    wait_for_devices(page, ["pi-2", "pi-4"])
    assert page.url.endswith("/fleet?site=Lembang&group=site")
    groups.nth(1).click()
    wait_for_devices(page, ["pi-10", "pi-11", "pi-2", "pi-4"])


def test_zones_of_two_sites_are_two_groups(fleet: Any, visit: Start):
    page = visit().open("/fleet?group=zone")

    expect(page.locator(".fleet-group strong")).to_have_text(
        ["Bandung · GH 2", "Bandung · GH 10", "Lembang · GH 1", "Lembang · GH 2"]
    )


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["Bandung · GH 2", "Bandung · GH 10", "Lembang · GH 1", "Lembang · GH 2", "No site · No zone"]),
        ("id", ["Bandung · GH 2", "Bandung · GH 10", "Lembang · GH 1", "Lembang · GH 2", "Tanpa lokasi · Tanpa zona"]),
    ],
)
def test_a_group_without_a_place_is_named_in_words_and_chosen(
    fleet: Any, visit: Start, language: str, names: list[str]
):
    with session_scope(fleet.engine) as session:
        register_device(session, "pi-20", now=fleet.clock())
    page = visit(language=language).open("/fleet?group=zone")
    groups = page.locator(".fleet-group")
    expect(groups.locator("strong")).to_have_text(names)

    groups.last.click()

    wait_for_devices(page, ["pi-20"])
    expect(page.locator("#fleet-site")).to_have_value(names[-1].split(" · ")[0])
    groups.last.click()
    wait_for_devices(page, ["pi-10", "pi-11", "pi-2", "pi-4", "pi-20"])


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_desk_shows_every_column_without_scrolling_sideways(fleet: Any, visit: Start, language: str):
    for number in range(21, 36):  # more rows than the window holds: the bar to scroll them takes room, too
        fleet.add_device(f"pi-{number}")
    page = visit(language=language).open("/fleet")

    expect(cell(page, "pi-10", "place")).to_have_text(re.compile("Bandung · GH 2(Tomato|Tomat)"))
    clipped = page.evaluate(
        """() => [...document.querySelectorAll(".ag-header-cell-text, .cell-place, .cell-state > *, .ago")]
            .filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth).map((one) => one.textContent)"""
    )
    assert clipped == []
    # The columns are fitted to the window after the rows have come.
    page.wait_for_function(
        """() => [...document.querySelectorAll(".ag-center-cols-viewport")]
            .every((seen) => seen.clientWidth && seen.scrollWidth === seen.clientWidth)"""
    )


def test_cards_on_a_phone_are_ticked_and_compared(fleet: Any, visit: Start):
    page = visit(PHONE).open("/fleet")

    page.get_by_role("checkbox", name="pi-4").check()
    page.get_by_role("checkbox", name="pi-10").check()

    expect(page.locator("#fleet-chosen-count")).to_have_text("2")
    expect(page.locator("#fleet-compare")).to_have_attribute("href", "/compare?devices=pi-4,pi-10")
    page.get_by_role("checkbox", name="pi-4").uncheck()
    expect(page.locator("#fleet-chosen-count")).to_have_text("1")


def test_the_unit_goes_with_the_account_to_another_browser(fleet: Any, visit: Start):
    page = visit().open("/fleet")
    page.click("#shell-unit")
    with page.expect_response(lambda answer: "account-unit" in (answer.request.post_data or "")):
        page.get_by_role("option", name="mS/cm").click()
    expect(cell(page, "pi-2", "ec").locator(".value")).to_have_text("1.70")

    elsewhere = visit().open("/fleet")

    expect(cell(elsewhere, "pi-2", "ec").locator(".value")).to_have_text("1.70")


def test_the_order_of_groups_outlasts_another_unit_and_a_visit_elsewhere(fleet: Any, visit: Start):
    page = visit().open("/fleet?group=site")
    wait_for_devices(page, ["pi-10", "pi-11", "pi-2", "pi-4"])

    page.click("#shell-unit")
    page.get_by_role("option", name="mS/cm").click()
    expect(cell(page, "pi-2", "ec").locator(".value")).to_have_text("1.70")
    wait_for_devices(page, ["pi-10", "pi-11", "pi-2", "pi-4"])

    page.locator('.device-link:text-is("pi-2")').first.click()
    page.wait_for_url("**/devices/pi-2*")
    page.go_back()
    expect(page.locator(".fleet-group")).to_have_count(2)
    wait_for_devices(page, ["pi-10", "pi-11", "pi-2", "pi-4"])


def test_a_group_keeps_the_focus_while_readings_come_in(fleet: Any, visit: Start):
    page = visit().open("/fleet?group=site")
    groups = page.locator(".fleet-group")
    expect(groups).to_have_count(2)
    groups.nth(1).focus()

    fleet.read("pi-2", s_ago=1, ph=6.21)

    expect(cell(page, "pi-2", "ph").locator(".value")).to_have_text("6.21", timeout=20_000)
    expect(groups.nth(1)).to_be_focused()


@pytest.mark.parametrize(
    ("language", "names", "order"),
    [
        ("en", ["Basil", "Chili"], ["pi-1", "pi-3"]),
        ("id", ["Cabai", "Kemangi"], ["pi-3", "pi-1"]),
    ],
)
def test_crops_stand_in_the_order_of_their_names(
    live: Any, visit: Start, language: str, names: list[str], order: list[str]
):
    live.add_device("pi-1", crop="basil")
    live.add_device("pi-3", crop="chili")

    page = visit(language=language).open("/fleet?group=crop")

    expect(page.locator(".fleet-group strong")).to_have_text(names)
    wait_for_devices(page, order)

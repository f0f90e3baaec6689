"""The page of one device, as a reader sees and uses it."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from analytics.quantities import Quantity
from app.calibration.desk import CalibrationDesk
from app.calibration.visits import Circumstances, OffsetVisit
from app.jobs.rederive import finish_rederivations
from app.principal import Principal, Role
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.read.devices import find_device
from models.read.people import find_user
from models.read.readings import readings_frame
from models.write.devices import register_device

Start = Callable[..., Any]
PHONE = {"width": 390, "height": 844}
DRAWN = "#device-graph .nsewdrag"
#: The page asks for news every ten seconds.
TWO_TICKS_MS = 20_000
NEWEST_2019 = datetime(2019, 9, 27, 22, 0, tzinfo=UTC)


def send_history(live: Any, name: str, *, newest: datetime, every_s: int, days: float) -> None:
    """Give a device a wavy history up to ``newest``, the ordinary way in."""
    count = round(days * 86_400 / every_s)
    seconds = newest.timestamp() - every_s * np.arange(count)[::-1]
    wave = np.sin(seconds / 86_400 * 2 * np.pi)
    with session_scope(live.engine) as session:
        device = find_device(session, name)
        assert device is not None
        sent = SentReadings.of(
            device.id,
            (seconds * 1000).astype(np.int64),
            ph=6.0 + 0.2 * wave,
            ec_us_cm=1500.0 + 80.0 * wave,
            water_c=21.0 + 2.0 * wave,
        )
        take_in(session, {device.id: device}, sent, now=live.clock())


@pytest.fixture
def tanks(live: Any) -> Any:
    """pi-1 and pi-10 with two days of readings every five minutes, pi-2 without any; a log that ended in 2019."""
    with session_scope(live.engine) as session:
        for name in ("pi-1", "pi-2", "pi-10"):
            register_device(session, name, interval_s=300, has_history=True, now=live.clock() - timedelta(days=3))
        given = {"interval_s": 900, "has_history": True, "origin": "import", "medium": "natural"}
        register_device(session, "river", now=live.clock(), **given)
    for name in ("pi-1", "pi-10"):
        send_history(live, name, newest=live.clock() - timedelta(seconds=20), every_s=300, days=2)
    send_history(live, "river", newest=NEWEST_2019, every_s=900, days=40)
    live.roll_up()
    return live


def time_axis(page: Page) -> list[str]:
    """The ends of the time axis, on the clock of the site."""
    ends = page.evaluate("() => document.querySelector('#device-graph .js-plotly-plot')._fullLayout.xaxis.range")
    return [str(pd.Timestamp(end).floor("min")) for end in ends]


def layers(page: Page) -> list[str]:
    return page.evaluate("() => document.querySelector('#device-graph .js-plotly-plot').data.map(one => one.name)")


def wait_for_shown(page: Page, words: str) -> None:
    expect(page.locator("#device-shown")).to_contain_text(words, timeout=TWO_TICKS_MS)


def test_a_device_shows_its_state_its_values_and_its_figure(tanks: Any, visit: Start):
    page = visit().open("/devices/pi-1", wait_for=DRAWN)

    expect(page.locator("h1")).to_contain_text("pi-1")
    expect(page.locator("h1 .state")).to_have_text("In range")
    expect(page.locator(".device-tiles")).to_contain_text("target 5.50 to 6.50")
    wait_for_shown(page, "single readings")
    assert {"Readings", "Mean of 6 hours", "± standard deviation", "Median of 6 hours"} <= set(layers(page))
    assert page.title() == "pi-1 · hydrofleet"


def test_an_old_log_shows_its_own_last_days(tanks: Any, visit: Start):
    page = visit().open("/devices/river", wait_for=DRAWN)

    wait_for_shown(page, "newest reading: 28 Sep 2019 05:00")
    assert time_axis(page) == ["2019-09-21 05:15:00", "2019-09-28 05:15:00"]


def test_all_of_an_old_log_reaches_from_its_first_to_its_last_reading(tanks: Any, visit: Start):
    page = visit().open("/devices/river", wait_for=DRAWN)

    page.get_by_text("All", exact=True).click()

    wait_for_shown(page, "19 Aug 2019 05:15 – 28 Sep 2019 05:15")
    expect(page).to_have_url(f"{tanks.url}/devices/river?range=all&window=6h")
    expect(page.locator(".statistics tbody tr").first).to_contain_text("3,840")


def test_choices_survive_a_reload(tanks: Any, visit: Start):
    page = visit().open("/devices/pi-1", wait_for=DRAWN)
    page.get_by_text("24 h", exact=True).first.click()
    page.locator("#device-window").get_by_text("1 h", exact=True).click()
    expect(page).to_have_url(f"{tanks.url}/devices/pi-1?range=24h&window=1h")

    page.reload()

    page.wait_for_selector(DRAWN)
    page.wait_for_function("() => document.querySelector('#device-graph .js-plotly-plot')?.data?.length > 3")
    assert "Mean of 1 hour" in layers(page)
    assert time_axis(page) == ["2026-11-22 07:34:00", "2026-11-23 07:34:00"]


def test_another_window_is_drawn(tanks: Any, visit: Start):
    page = visit().open("/devices/pi-1", wait_for=DRAWN)

    page.locator("#device-window").get_by_text("24 h", exact=True).click()

    expect(page.locator("#device-graph .legend")).to_contain_text("Mean of 24 hours")


def test_a_zoom_is_loaded_shared_and_ended(tanks: Any, visit: Start):
    page = visit().open("/devices/pi-1", wait_for=DRAWN)
    wait_for_shown(page, "single readings")
    whole = time_axis(page)
    # A figure that is drawn anew under the mouse forgets the drag.
    page.wait_for_load_state("networkidle")
    box = page.locator(DRAWN).first.bounding_box()

    page.mouse.move(box["x"] + 300, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 62, steps=4)
    page.mouse.up()

    page.wait_for_url("**zoom=**")
    zoomed = time_axis(page)
    assert whole[0] < zoomed[0] < zoomed[1] < whole[1]
    page.get_by_text("Show the whole range again").click()
    page.wait_for_url(lambda url: "zoom" not in url)
    expect(page.locator("#device-shown")).to_contain_text("23 Nov 2026 07:34")
    assert time_axis(page) == whole


def test_days_are_chosen_from_a_calendar(tanks: Any, visit: Start):
    page = visit().open("/devices/pi-1?from=2026-11-22&to=2026-11-22", wait_for=DRAWN)
    wait_for_shown(page, "22 Nov 2026 00:00 – 23 Nov 2026 00:00")

    page.click("#device-days")
    page.locator("[data-dates-dropdown]").get_by_role("button", name="21 November 2026").click()
    page.locator("[data-dates-dropdown]").get_by_role("button", name="22 November 2026").click()

    wait_for_shown(page, "21 Nov 2026 00:00 – 23 Nov 2026 00:00")
    expect(page).to_have_url(f"{tanks.url}/devices/pi-1?from=2026-11-21&to=2026-11-22&window=6h")


def test_another_unit_changes_figure_and_statistics(tanks: Any, visit: Start):
    page = visit().open("/devices/pi-1", wait_for=DRAWN)
    expect(page.locator("#device-statistics .statistics")).to_contain_text("750")

    page.click("#shell-unit")
    page.get_by_role("option", name="mS/cm").click()

    expect(page.locator("#device-graph")).to_contain_text("EC, mS/cm")
    expect(page.locator("#device-statistics .statistics")).to_contain_text("1.50")


def test_the_file_holds_what_the_database_holds(tanks: Any, visit: Start, tmp_path: Path):
    page = visit().open("/devices/pi-1?range=24h&window=6h", wait_for=DRAWN)
    wait_for_shown(page, "single readings")

    with page.expect_download() as download:
        page.click("#device-csv")
    download.value.save_as(tmp_path / "shown.csv")

    with (tmp_path / "shown.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    end = tanks.clock() - timedelta(seconds=20) + timedelta(seconds=300)
    with session_scope(tanks.engine) as session:
        device = find_device(session, "pi-1")
        assert device is not None
        kept = readings_frame(session, device.id, end - timedelta(hours=24), end)
    assert download.value.suggested_filename == "pi-1_2026-11-22_2026-11-23.csv"
    assert [float(row["ph"]) for row in rows] == kept["ph"].tolist()
    assert [float(row["tds_ppm_500"]) * 2 for row in rows] == pytest.approx(kept["ec_us_cm"].tolist())
    assert len(rows) == 288


def test_a_new_reading_appears_by_itself_and_moves_the_range(tanks: Any, visit: Start):
    page = visit().open("/devices/pi-1?range=6h&window=1h", wait_for=DRAWN)
    wait_for_shown(page, "newest reading: 23 Nov 2026 07:29")

    tanks.clock.turn(minutes=5)
    send_history(tanks, "pi-1", newest=tanks.clock(), every_s=300, days=1 / 288)

    wait_for_shown(page, "23 Nov 2026 01:40 – 23 Nov 2026 07:40")
    axis = "document.querySelector('#device-graph .js-plotly-plot')._fullLayout.xaxis"
    page.wait_for_function(f"() => {axis}.range[1] === '2026-11-23 07:40'")


def test_one_goes_on_to_other_devices_with_the_same_choices(tanks: Any, visit: Start):
    page = visit().open("/devices/pi-1?range=24h&window=1h", wait_for=DRAWN)
    wait_for_shown(page, "single readings")

    page.click("#device-next")

    expect(page.locator("h1")).to_contain_text("pi-2")
    expect(page).to_have_url(f"{tanks.url}/devices/pi-2?range=24h&window=1h")
    page.click("#device-switch")
    page.fill("#device-switch", "10")
    page.get_by_role("option", name="pi-10").click()
    expect(page.locator("h1")).to_contain_text("pi-10")
    wait_for_shown(page, "single readings")


def test_a_device_without_readings_says_what_to_do_and_fills_up_by_itself(tanks: Any, visit: Start):
    page = visit().open("/devices/pi-2", wait_for=".empty-state")
    expect(page.locator("#device-empty").get_by_role("link", name="Import a log")).to_have_attribute("href", "/import")
    expect(page.locator("#device-graph")).to_be_hidden()

    send_history(tanks, "pi-2", newest=tanks.clock(), every_s=300, days=0.5)

    expect(page.locator("#device-graph")).to_be_visible(timeout=TWO_TICKS_MS)
    expect(page.locator("#device-empty")).to_be_hidden()


def test_an_unknown_device_leads_back_to_the_fleet(tanks: Any, visit: Start):
    page = visit().open("/devices/pi-99", wait_for=".empty-state")

    expect(page.locator(".empty-state")).to_contain_text("There is no device called pi-99")
    page.get_by_text("Go to the fleet").click()
    page.wait_for_selector(".ag-row")


def test_as_measured_shows_the_values_before_they_were_corrected(tanks: Any, visit: Start):
    with session_scope(tanks.engine) as session:
        person = find_user(session, "sari")
    made = OffsetVisit(Circumstances(tanks.clock() - timedelta(days=2)), Quantity.PH, shown=6.0, true=6.2)
    by = Principal(person.id, person.name, Role.AGRONOMIST)
    CalibrationDesk(tanks.engine, tanks.clock).save("pi-1", made, by=by)
    finish_rederivations(tanks.engine, now=tanks.clock())
    page = visit().open("/devices/pi-1?range=24h&window=1h", wait_for=DRAWN)
    mean = page.locator(".statistics tbody tr").first.locator("td").first
    expect(mean).to_have_text("6.20")

    page.get_by_text("As measured").click()

    expect(mean).to_have_text("6.00")
    wait_for_shown(page, "suspect and failed as judged after correction")
    expect(page).to_have_url(f"{tanks.url}/devices/pi-1?range=24h&window=1h&values=measured")
    page.get_by_text("As corrected").click()
    expect(mean).to_have_text("6.20")


@pytest.mark.parametrize("path", ["/devices/pi-1", "/devices/pi-2", "/devices/river?range=all"])
def test_a_phone_scrolls_down_and_never_sideways(tanks: Any, visit: Start, path: str):
    page = visit(PHONE).open(path, wait_for=".device-page h1")
    page.wait_for_function("() => document.querySelector('.statistics') || document.querySelector('.empty-state')")

    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_the_figure_follows_light_and_dark(tanks: Any, visit: Start):
    page = visit(scheme="dark").open("/devices/pi-1", wait_for=DRAWN)
    wait_for_shown(page, "single readings")
    axis = "document.querySelector('#device-graph .js-plotly-plot')._fullLayout.xaxis"
    assert page.evaluate(f"() => {axis}.gridcolor") == "#2a323a"

    page.evaluate("() => document.documentElement.setAttribute('data-mantine-color-scheme', 'light')")

    page.wait_for_function(f"() => {axis}.gridcolor === '#e4e9ed'")


def test_the_page_speaks_indonesian(tanks: Any, visit: Start):
    page = visit(language="id").open("/devices/pi-1", wait_for=DRAWN)

    wait_for_shown(page, "bacaan satuan")
    expect(page.locator("#device-graph")).to_contain_text("Suhu air, °C")
    expect(page.locator("#device-statistics .statistics")).to_contain_text("6,00")

"""The Import page: a log is sent, its reading is proposed, tried and stored."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.imports import shelf
from models.db import session_scope
from models.read.devices import find_device
from models.read.readings import readings_frame

Start = Callable[..., Any]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A day of minutes of a meter in Jakarta, one line of which is no reading."""
    lines = [f"2026-11-20 {n // 60:02d}:{n % 60:02d},{6 + n % 7 / 100:.2f},1.{n % 10}" for n in range(1440)]
    lines[700] = "2026-11-20 11:40,broken,1.4"
    path = tmp_path / "pond 30cm.csv"
    path.write_text("\n".join(["Waktu,pH,EC (mS/cm)", *lines]) + "\n", encoding="utf-8")
    return path


def choose(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#import-upload").click()
    chooser.value.set_files(file)


def send(page: Page, log: Path) -> None:
    choose(page, log)
    expect(page.locator("#import-found")).to_contain_text("Waktu, pH, EC (mS/cm)")


def choose_zone(page: Page, zone: str) -> None:
    page.locator("#import-time-zone").fill(zone)
    page.get_by_role("option", name=zone, exact=True).click()


def test_an_agronomist_tries_a_log_and_then_stores_it(live: Any, visit: Start, log: Path) -> None:
    page = visit().open("/import", wait_for="#import-upload")

    send(page, log)

    expect(page.locator("#import-device")).to_have_value("pond-30cm")
    expect(page.locator("#import-ph-column")).to_have_value("pH")
    expect(page.locator("#import-ec-unit")).to_have_value("EC, mS/cm")
    expect(page.locator("#import-asked")).to_contain_text("choose the zone of the logger's clock")
    page.locator("#import-try").click()
    expect(page.locator("#import-asked")).to_contain_text("Choose a zone.")
    choose_zone(page, "Asia/Jakarta")
    page.locator("#import-try").click()
    report = page.locator("#import-report")
    expect(report).to_contain_text("A trial: nothing is stored yet")
    expect(report).to_contain_text("1,439 accepted")
    expect(report).to_contain_text("line 702: pH: 'broken' is not a number")
    expect(report.locator("tbody tr").nth(1)).to_contain_text("1,100")
    with session_scope(live.engine) as session:
        assert find_device(session, "pond-30cm") is None
    page.locator("#import-load").click()
    expect(report).to_contain_text("Done")
    with session_scope(live.engine) as session:
        frame = readings_frame(session, find_device(session, "pond-30cm").id, columns=("ec_us_cm",))
    assert len(frame) == 1439
    assert frame.index[0].isoformat() == "2026-11-19T17:00:00+00:00"
    assert frame["ec_us_cm"].iloc[5] == 1500.0


def test_what_was_changed_since_the_trial_is_tried_again_first(live: Any, visit: Start, log: Path) -> None:
    page = visit().open("/import", wait_for="#import-upload")
    send(page, log)
    choose_zone(page, "Asia/Jakarta")
    page.locator("#import-try").click()
    expect(page.locator("#import-load")).to_be_enabled()

    page.locator("#import-device").fill("pond-60cm")
    page.locator("#import-load").click()

    expect(page.locator("#import-asked")).to_contain_text("Try it first: something was changed since the last trial.")


def test_what_is_to_be_replaced_is_asked_for_twice(live: Any, visit: Start, log: Path) -> None:
    live.add_device("pond-30cm")
    page = visit().open("/import", wait_for="#import-upload")
    send(page, log)
    choose_zone(page, "UTC")
    page.get_by_text("Put the file in place of all there is in its span").click()
    page.locator("#import-try").click()
    expect(page.locator("#import-load")).to_be_enabled()

    page.locator("#import-load").click()
    expect(page.locator("#import-asked")).to_contain_text("type pond-30cm below the choice")
    expect(page.locator("#import-report")).to_contain_text("A trial")
    page.locator("#import-sure").fill("pond-30cm")
    page.locator("#import-load").click()

    expect(page.locator("#import-report")).to_contain_text("Done")


def test_another_sheet_of_a_workbook_is_looked_at(live: Any, visit: Start, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Tank A"
    workbook.active.append(["Waktu WIB", "pH"])
    workbook.active.append([datetime(2026, 11, 20), 6.1])
    workbook.create_sheet("Tank B").append(["Waktu WIB", "pH lama"])
    workbook["Tank B"].append([datetime(2026, 11, 20, 0, 1), 6.4])
    workbook.create_sheet("Notes").append(["Nothing"])
    workbook.save(tmp_path / "tanks.xlsx")
    page = visit().open("/import", wait_for="#import-upload")
    choose(page, tmp_path / "tanks.xlsx")
    expect(page.locator("#import-ph-column")).to_have_value("pH")

    page.locator("#import-sheet").click()
    page.get_by_role("option", name="Tank B").click()

    expect(page.locator("#import-ph-column")).to_have_value("pH lama")
    page.locator("#import-try").click()
    expect(page.locator("#import-report")).to_contain_text("1 accepted")
    page.locator("#import-sheet").click()
    page.get_by_role("option", name="Notes").click()
    expect(page.locator("#import-said")).to_contain_text("looks like the header of a table")
    expect(page.locator("#import-sheet")).to_be_visible()


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    live: Any, visit: Start, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "MOST_BYTES", 1024)
    started = visit()
    page = started.open("/import", wait_for="#import-upload")

    choose(page, log)

    expect(page.locator("#import-said")).to_contain_text("The file is larger than")
    started.problems.clear()


def test_what_is_no_table_is_said_so(live: Any, visit: Start, tmp_path: Path) -> None:
    page = visit().open("/import", wait_for="#import-upload")
    (tmp_path / "letter.txt").write_text("Dear Sari,\n")

    choose(page, tmp_path / "letter.txt")

    expect(page.locator("#import-said")).to_contain_text("No line of letter.txt looks like the header of a table")
    expect(page.locator("#import-form")).to_be_hidden()


def test_on_a_phone_in_indonesian_the_form_fits(live: Any, visit: Start, log: Path) -> None:
    page = visit(PHONE, scheme="dark", language="id").open("/import", wait_for="#import-upload")

    send(page, log)

    expect(page.locator("#import-asked")).to_contain_text("pilih zona jam alat pencatat")
    choose_zone(page, "Asia/Jakarta")
    page.locator("#import-try").click()
    expect(page.locator("#import-report")).to_contain_text("baris 702: pH: 'broken' bukan angka")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "dark"), (PHONE, "light")], ids=["desk", "phone"])
def test_the_form_and_the_report_have_no_serious_fault(
    live: Any, visit: Start, log: Path, viewport: dict[str, int], scheme: str
) -> None:
    page = visit(viewport, scheme=scheme).open("/import", wait_for="#import-upload")
    send(page, log)
    choose_zone(page, "Asia/Jakarta")
    page.get_by_text("Put the file in place of all there is in its span").click()
    page.locator("#import-try").click()
    expect(page.locator("#import-load")).to_be_enabled()

    page.wait_for_function("() => document.getAnimations().length === 0")
    faults = [one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in {"serious", "critical"}]

    assert faults == []

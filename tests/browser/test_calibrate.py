"""The Calibrate page: a wrong buffer of two weeks ago, put right from a phone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from analytics.buffers import Buffer, BufferSet
from app.calibration.desk import CalibrationDesk
from app.calibration.visits import Circumstances, InBuffer, PhVisit
from app.jobs.rederive import RederiveJob
from app.principal import Principal, Role
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.read.devices import find_device
from models.read.people import find_user
from models.read.readings import readings_frame

Start = Callable[..., Any]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def tank(live: Any) -> Any:
    """pi-17, whose pH 7.00 buffer was taken for 6.86 two weeks ago, with readings since; and the repair job."""
    live.add_device("pi-17", crop="lettuce")
    with session_scope(live.engine) as session:
        user = find_user(session, "sari")
        device = find_device(session, "pi-17")
        assert user
        assert device
    at = live.clock() - timedelta(days=14)
    wrong = (InBuffer(Buffer.PH_4_01, 2025.0, 25.0), InBuffer(Buffer.PH_6_86, 1500.0, 25.0))
    person = Principal(user.id, "sari", Role.AGRONOMIST)
    CalibrationDesk(live.engine, live.clock).save(
        "pi-17", PhVisit(Circumstances(at), BufferSet.NIST_POWDER, wrong), by=person
    )
    ts_ms = int(live.clock().timestamp() * 1000) - 60_000 * np.arange(2 * 1440)[::-1]
    wave = np.arange(2880) * 7919 % 101 / 101 - 0.5
    sent = SentReadings.of(device.id, ts_ms, ph_mv=1677.5 + 4 * wave, ec_mv=1500.0 + 8 * wave, water_c=25.0)
    with session_scope(live.engine) as session:
        take_in(session, {device.id: device}, sent, now=live.clock())
    job = RederiveJob(live.engine, 0.2, clock=live.clock)
    job.start()
    yield live
    job.stop()


def stored(live: Any) -> Any:
    with session_scope(live.engine) as session:
        device = find_device(session, "pi-17")
        assert device is not None
        return readings_frame(session, device.id, columns=("ph", "ph_mv", "ph_as_measured"))


def choose(page: Page, label: str) -> None:
    page.get_by_text(label, exact=True).first.click()


def test_a_wrong_buffer_is_repaired_from_a_phone_and_the_millivolts_stay(tank: Any, visit: Start) -> None:
    before = stored(tank)
    page = visit(PHONE).open("/calibrate?device=pi-17", wait_for=".calibrate-version")

    page.locator(".calibrate-version input").first.check()
    page.locator("#calibrate-edit").click()
    expect(page.locator("#calibrate-left-2")).to_have_value("1500")
    choose(page, "4.00 / 7.00 / 10.01")
    expect(page.locator("#calibrate-verdict")).to_contain_text("The electrode is good.")
    page.locator("#calibrate-save").click()

    expect(page.locator("#calibrate-message")).to_have_text("Saved.")
    expect(page.locator("#calibrate-repair")).to_contain_text("2,880 readings changed")
    after = stored(tank)
    assert before["ph"].mean() == pytest.approx(5.895, abs=0.01)
    assert after["ph"].mean() == pytest.approx(5.986, abs=0.01)
    assert after["ph_mv"].tolist() == before["ph_mv"].tolist()
    assert after["ph_as_measured"].tolist() == before["ph"].tolist()


def test_two_buffers_are_captured_judged_and_saved(tank: Any, visit: Start) -> None:
    page = visit(PHONE).open("/calibrate?device=pi-17", wait_for=".calibrate-version")
    expect(page.locator("#calibrate-signal-text")).to_contain_text("mV")

    page.locator("#calibrate-take-2").click()
    expect(page.locator("#calibrate-left-2")).not_to_have_value("")
    page.locator("#calibrate-left-1").fill("1700")
    page.locator("#calibrate-celsius-1").fill("25")
    page.locator("#calibrate-celsius-1").press("Tab")
    expect(page.locator("#calibrate-save")).to_be_disabled()
    page.locator("#calibrate-left-1").fill("2100")
    page.locator("#calibrate-left-1").press("Tab")
    expect(page.locator("#calibrate-verdict")).to_contain_text("Outside the limits")
    page.locator("#calibrate-save").click()
    expect(page.locator("#calibrate-message")).to_contain_text("give a reason")
    page.locator("#calibrate-reason").fill("no spare until Friday")
    page.locator("#calibrate-reason").press("Tab")
    page.locator("#calibrate-save").click()

    expect(page.locator("#calibrate-message")).to_have_text("Saved.")
    expect(page.locator(".calibrate-version")).to_have_count(2)


def test_a_technician_sees_when_the_pi_begins_to_read_every_second(tank: Any, visit: Start) -> None:
    page = visit(PHONE, language="id").open("/calibrate?device=pi-17", wait_for=".calibrate-version")
    state = page.locator("#calibrate-live-text")

    page.locator("#calibrate-go-live").click()
    expect(state).to_contain_text("Pi mulai pada kiriman berikutnya.")
    tank.clock.turn(seconds=20)
    tank.read("pi-17", s_ago=1)

    expect(state).to_contain_text("satu bacaan per detik")
    page.locator("#calibrate-end-live").click()
    expect(state).to_contain_text("Pi membaca pada interval biasanya.")


def test_a_number_that_is_set_at_once_keeps_its_mark_whichever_it_has(tank: Any, visit: Start) -> None:
    page = visit(language="id").open("/calibrate?device=pi-17", wait_for=".calibrate-version")
    choose(page, "Dengan alat ukur")

    page.locator("#calibrate-check-shown").fill("6.3")
    page.locator("#calibrate-check-true").fill("5,5")

    expect(page.locator("#calibrate-verdict")).to_contain_text("0,80 pH")
    page.locator("#calibrate-check-true").fill("5.500")
    expect(page.locator("#calibrate-verdict")).to_have_text("5.500 bisa berarti dua angka: tulis 5500 atau 5,5.")
    expect(page.locator("#calibrate-save")).to_be_disabled()


def test_nothing_is_wider_than_a_phone_in_indonesian_and_in_the_dark(tank: Any, visit: Start) -> None:
    page = visit(PHONE, scheme="dark", language="id").open("/calibrate?device=pi-17", wait_for=".calibrate-version")

    expect(page.locator("h1")).to_have_text("Kalibrasi")
    line = page.locator("#calibrate-spark .js-line")
    expect(line).to_have_css("stroke", "rgb(168, 146, 245)")  # the violet of the dark scheme
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    heights = page.locator("#calibrate-stage label").evaluate_all("parts => parts.map(part => part.offsetHeight)")
    assert heights[0] == heights[1] > 40, "one takes two lines, and the other is as high"

"""Live mode and the form of the Calibrate page, as its callbacks answer."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from app.pages.calibrate.ids import Id
from ingest_api.device_config import config_for
from models.db import session_scope
from models.read.devices import find_device
from models.write.devices_seen import DeviceSeen, record_seen

TICK = {"quantity": "ph", "buffers": "NIST_POWDER", "scheme": None}


def asked_of(engine: Engine, now: Any) -> dict[str, Any]:
    """What the Pi is told with its next post."""
    with session_scope(engine) as session:
        found = find_device(session, "pi-17")
    assert found is not None
    return config_for(found, now=now)


@pytest.mark.usefixtures("device")
def test_looking_at_a_device_asks_nothing_of_its_pi(pages: Any, asked_by: Any, engine: Engine, now: Any) -> None:
    with asked_by("agronomist"):
        answer = pages.live.tick("pi-17", **TICK)

    assert answer["live"].startswith("The Pi reads at its usual interval.")
    assert (answer["go_disabled"], answer["end_disabled"]) == (False, True)
    assert asked_of(engine, now) == {"name": "pi-17", "interval_s": 300}


@pytest.mark.usefixtures("device")
def test_a_button_starts_live_readings_and_another_ends_them_at_once(
    pages: Any, asked_by: Any, engine: Engine, clock: Any
) -> None:
    with asked_by("agronomist"):
        pages.live.switch("pi-17", moved=Id.GO_LIVE)
        live = pages.live.tick("pi-17", **TICK)
        told = asked_of(engine, clock())
        clock.turn(minutes=1)
        pages.live.switch("pi-17", moved=Id.END_LIVE)
        ended = pages.live.tick("pi-17", **TICK)

    assert live["live"] == "Live until 07:45. The Pi begins with its next post."
    assert (live["go_disabled"], live["end_disabled"]) == (True, False)
    assert (told["interval_s"], told["live_for_s"], told["usual_interval_s"]) == (1, 900.0, 300)
    assert ended["end_disabled"]
    assert asked_of(engine, clock()) == {"name": "pi-17", "interval_s": 300}


def test_what_is_said_of_live_readings_changes_with_the_first_post_after_the_button(
    pages: Any, asked_by: Any, device: Any, engine: Engine, clock: Any
) -> None:
    with asked_by("agronomist"):
        assert pages.live.switch("pi-17", moved=Id.GO_LIVE) == ""
        clock.turn(seconds=20)
        waiting = pages.live.tick("pi-17", **TICK)["live"]
        with session_scope(engine) as session:
            record_seen(session, DeviceSeen(device.id, clock()))
        begun = pages.live.tick("pi-17", **TICK)["live"]

    assert waiting == "Live until 07:45. The Pi begins with its next post."
    assert begun.startswith("Live until 07:45: a reading every second.")


@pytest.mark.usefixtures("device")
def test_live_readings_end_by_themselves(pages: Any, asked_by: Any, engine: Engine, clock: Any) -> None:
    with asked_by("agronomist"):
        pages.live.switch("pi-17", moved=Id.GO_LIVE)

    assert asked_of(engine, clock() + timedelta(minutes=15))["interval_s"] == 300


@pytest.mark.usefixtures("device")
def test_a_viewer_cannot_start_live_readings(pages: Any, asked_by: Any, engine: Engine, now: Any) -> None:
    with asked_by("viewer"):
        said = pages.live.switch("pi-17", moved=Id.GO_LIVE)

    assert said == "Only agronomists and administrators may calibrate."
    assert asked_of(engine, now)["interval_s"] == 300


def form(**typed: Any) -> dict[str, Any]:
    """The form of a check with a meter, as the browser sends it."""
    rows = {row: dict.fromkeys(("left", "found", "celsius"), "") for row in ("1", "2", "3", "ec")}
    check = {"shown": "", "true": "", "left": "", **typed.pop("check", {})}
    usual = {"quantity": "ph", "method": "meter", "unit": "ppm500", "transition": "step", "buffers": "NIST_POWDER"}
    empty = {"standard": 1413, "at": None, "since": None, "note": "", "reason": ""}
    return {**usual, **empty, "rows": rows, "check": check, **typed}


def words(component: Any) -> str:
    if isinstance(component, list | tuple):
        return " ".join(filter(None, map(words, component)))
    return words(component.children) if hasattr(component, "children") else str(component or "")


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"check": {"shown": 6.3, "true": 6.1}}, "From the visit on: 0.20 pH lower."),
        (
            {"check": {"shown": 6.3, "true": 6.1, "left": 6.1}, "transition": "blend"},
            "Readings before the visit move little by little, up to 0.20 pH lower. From the visit on: no change.",
        ),
        (
            {"check": {"shown": 700, "true": 750}, "quantity": "ec_us_cm"},
            "From the visit on: 50 ppm higher.",
        ),
        ({"check": {"shown": "6,3", "true": "6.1"}}, "From the visit on: 0.20 pH lower."),
        ({"check": {"shown": "1.400", "true": "6.1"}}, "1.400 may be two numbers: write 1400 or 1.4."),
        ({"check": {"shown": "six", "true": "6.1"}}, "six is not a number."),
        ({"check": {"shown": 6.3, "true": 61}}, "are they in another unit?"),
        ({"check": {"shown": 6.3}}, "Fill in what is shown here and what the meter says."),
    ],
)
def test_what_a_meter_would_change_is_said_before_it_is_saved(
    pages: Any, asked_by: Any, typed: dict[str, Any], sentence: str
) -> None:
    with asked_by("agronomist"):
        assert sentence in words(pages.filling.verdict("pi-17", form(**typed))["verdict"])


@pytest.mark.usefixtures("device")
def test_a_saved_check_comes_back_into_the_form_in_the_readers_unit(pages: Any, asked_by: Any, engine: Engine) -> None:
    with asked_by("agronomist"):
        typed = form(quantity="ec_us_cm", check={"shown": 700, "true": 750, "left": 740}, note="Hanna")
        assert pages.saving.save("pi-17", typed, editing=None) == "Saved."
        (radio,) = pages.saving.history("pi-17", "ec_us_cm", "ppm500")["versions"]
        pressed = {"signal": None, "stage": "left", "number": radio.value, "unit": "ms-cm", "name": "pi-17"}
        filled = pages.filling.fill(Id.EDIT, pressed)

    # No line of it can begin with the dot.
    assert words(radio.label).endswith("meter 750 ppm, shown 700 ppm\u00a0· agronomist\u00a0· Hanna")
    assert filled["check"] == {"shown": "1.4", "true": "1.5", "left": "1.48"}
    assert (filled["method"], filled["note"]) == ("meter", "Hanna")


@pytest.mark.usefixtures("device")
def test_what_is_not_known_of_an_electrode_is_said(pages: Any, asked_by: Any) -> None:
    with asked_by("agronomist"):
        health = words(pages.saving.history("pi-17", "ph", "ppm500")["health"])
        cell = words(pages.saving.history("pi-17", "ec_us_cm", "ppm500")["health"])

    assert "worn out below 85\u00a0%" in health
    assert "not known a date needs three calibrations over two weeks; there is one" in health
    assert cell == "Nothing is known of this probe before its first calibration."

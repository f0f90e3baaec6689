"""The demo's wrong buffer of two weeks ago, put right from the page: what people see follows, what was sent stays."""

import time
from base64 import b64decode
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from sqlalchemy import Engine

from app.components import ConductivityUnit, Look
from app.jobs.rederive import RederiveJob
from app.jobs.rollups import refresh_dirty_hours
from app.pages.device.callbacks import DeviceAnswers
from app.pages.device.source import DatabaseDevices
from models.db import session_scope
from models.read.calibrations import list_calibrations
from models.read.jobs import list_jobs
from models.read.readings import readings_frame

SENT = ["ph_mv", "ec_mv", "water_c"]
DEADLINE_S = 60


def numbers(values: Any) -> np.ndarray:
    """Read a column of a figure: numbers, or the bytes that stand for them."""
    if isinstance(values, dict):
        return np.frombuffer(b64decode(values["bdata"]), dtype=values["dtype"]).astype(float)
    return np.asarray(values, dtype=float)


def words(component: Any) -> str:
    if isinstance(component, list | tuple):
        return " ".join(filter(None, map(words, component)))
    return words(component.children) if hasattr(component, "children") else str(component or "")


@pytest.fixture
def seen(engine: Engine, device: Any, pages: Any, client: Any, log_in: Any, add_person: Any) -> Any:
    """Look at everything: the pH drawn for the last three days, the statistics, the file, and what was sent."""
    add_person("sari")
    log_in(client)
    answers = DeviceAnswers(DatabaseDevices(engine, pages.context.clock), pages.context)

    def look() -> dict[str, Any]:
        answer = answers.draw("pi-17", address="?range=7d&window=1h", look=Look(ConductivityUnit.PPM_500))
        means = [
            numbers(one["y"]) for one in answer["figure"]["data"] if one["name"] == "Mean of 1 hour" and "y" in one
        ]
        (ph,) = [one for one in means if one.size > 100 and 5 < np.nanmedian(one) < 7]
        link = urlsplit(answer["csv"])
        with session_scope(engine) as session:
            stored = readings_frame(session, device.id, columns=(*SENT, "ph_as_measured"))
        return {
            "drawn": float(np.nanmean(ph)),
            "statistics": words(answer["statistics"]),
            "file": client.get(f"{link.path}?{link.query}").text,
            "stored": stored,
        }

    return look


def mean_of_file(text: str) -> float:
    header, *lines = text.splitlines()
    place = header.split(",").index("ph" if ",ph," in header else "ph_mean")
    return float(np.mean([float(line.split(",")[place]) for line in lines if line.split(",")[place]]))


def corrected_form(pages: Any, device: Any, number: int) -> dict[str, Any]:
    """Press *Edit* and choose the buffers that were really used."""
    pressed = {"signal": None, "stage": "left", "number": str(number), "unit": "ppm500", "name": "pi-17"}
    filled = pages.filling.fill("calibrate-edit", pressed)
    usual = {"quantity": "ph", "reason": "", "unit": "ppm500", "standard": 1413}
    return {**filled, **usual, "buffers": "TECHNICAL", "since": None}


def test_a_wrong_buffer_is_repaired_from_the_page(
    engine: Engine, device: Any, pages: Any, clock: Any, asked_by: Any, seen: Any
) -> None:
    before = seen()
    with session_scope(engine) as session:
        (mistake,) = list_calibrations(session, device.id)
    job = RederiveJob(engine, 0.05, clock=clock)
    job.start()

    with asked_by("agronomist"):
        form = corrected_form(pages, device, mistake.id)
        assert pages.filling.verdict("pi-17", form)["disabled"] is False
        began = time.monotonic()
        assert pages.saving.save("pi-17", form, editing=form["editing"]) == "Saved."
    while any(one.state not in ("done", "failed") for one in jobs(engine, device)):
        assert time.monotonic() < began + DEADLINE_S, "the repair is not done within a minute"
        time.sleep(0.02)
    refresh_dirty_hours(engine, now=clock())
    print(f"two weeks of readings were repaired and summed up in {time.monotonic() - began:.1f} s")
    job.stop()

    after = seen()
    # The tank stood at pH 6.005 on average. With 6.86 for 7.00 a unit of pH was worth 2.86 / 3 of one, from 4.00 up.
    assert (before["drawn"], after["drawn"]) == pytest.approx((5.915, 6.005), abs=0.005)
    assert (mean_of_file(before["file"]), mean_of_file(after["file"])) == pytest.approx((5.915, 6.005), abs=0.005)
    assert before["statistics"] != after["statistics"]
    assert after["stored"].equals(before["stored"])
    changed = [one.progress["changed"] for one in jobs(engine, device)]
    assert changed == [14 * 288 + 1]


def jobs(engine: Engine, device: Any) -> Any:
    with session_scope(engine) as session:
        return list_jobs(session, "rederive", {"device_id": device.id})

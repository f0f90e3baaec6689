"""What arrived of a stretch, in words, and the lines that read it in a notebook."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from dash import html
from sqlalchemy import Engine, text

from app.components import ConductivityUnit
from app.pages.device.arrivals.callbacks import ArrivalAnswers
from app.pages.device.arrivals.snippet import pandas_lines
from app.pages.device.arrivals.source import ArrivalSource
from app.pages.device.insights.source import Stretch
from app.pages.device.period import Level
from app.pages.page import PageContext
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.write.devices import register_device


@pytest.fixture
def send(engine: Engine, now: datetime) -> Callable[..., None]:
    """Give a function with which a Pi sends a reading in each of these minutes before now."""

    def send(minutes: list[int], name: str = "pi-1") -> None:
        with session_scope(engine) as session:
            device = register_device(session, name, now=now - timedelta(days=9))
            ts_ms = round(now.timestamp() * 1000) - 60_000 * np.array(minutes)
            sent = SentReadings.of(device.id, ts_ms.astype(np.int64), ph=6.0, ec_us_cm=1500.0, water_c=21.0)
            take_in(session, {device.id: device}, sent, now=now)

    return send


@pytest.fixture
def answers(engine: Engine, now: datetime) -> ArrivalAnswers:
    return ArrivalAnswers(ArrivalSource(engine, lambda: now), PageContext(engine, lambda: now))


@pytest.fixture
def shown(now: datetime) -> dict[str, str]:
    """The browser says that the last hour is shown."""
    hour = {"from": (now - timedelta(hours=1)).isoformat(), "to": now.isoformat()}
    return {**hour, "unit": "us-cm", "resolution": "readings"}


def said(report: Any) -> list[str]:
    return [part.children for part in report.children if isinstance(part, html.P)]


def test_a_silence_is_told_with_how_much_is_missing(answers, shown, send):
    send([10, 9, 8, 4, 3, 2, 1])

    report = answers.report("pi-1", shown)

    assert said(report) == [
        "7 of 10 expected readings arrived (70.0 %), usually one every 60 seconds.",
        "These readings carry no numbers, so a loss on the way cannot be told from a device that was off.",
    ]
    (row,) = report.children[-1].children[1].children
    link, *cells = row.children
    assert link.children.children == "23 Nov 2026 07:22"
    assert link.children.href.startswith("/devices/pi-1?zoom=")
    assert [cell.children for cell in cells] == ["4 minutes", "3"]


def test_numbers_that_never_came_are_counted(answers, shown, send, engine):
    send([4, 3, 2, 1])
    with session_scope(engine) as session:
        session.execute(text("INSERT INTO streams (device_id, number, name) SELECT id, 0, 'queue' FROM devices"))
        # 11, 12, 13 and, instead of 14, 16.
        session.execute(
            text(
                "UPDATE readings r SET stream = 0, seq = 10 + CASE n WHEN 4 THEN 6 ELSE n END "
                "FROM (SELECT ts, rank() OVER (ORDER BY ts) AS n FROM readings) AS p WHERE p.ts = r.ts"
            )
        )

    assert said(answers.report("pi-1", shown))[1] == ("By the numbers that the Pi gives its readings, 2 never arrived.")


def test_nothing_and_one_reading_are_told_without_a_share(answers, shown, send):
    send([300])
    send([5], "pi-2")

    assert said(answers.report("pi-1", shown)) == ["No reading lies in this period."]
    assert said(answers.report("pi-2", shown))[0] == "One reading lies in this period; a pace needs two."


def test_the_lines_ask_for_what_is_shown_as_finely_as_it_is_drawn(now):
    stretch = Stretch(now - timedelta(days=1), now)

    lines = pandas_lines("pi-1", stretch, Level.HOURS, ConductivityUnit.PPM_500, server_url="http://farm:8050/")

    assert (
        'url = "http://farm:8050/api/v1/export.csv.gz?devices=pi-1&start=2026-11-22T00:30:00.000Z'
        '&end=2026-11-23T00:30:00.000Z&resolution=1h&unit=ppm500&details=none"'
    ) in lines
    assert 'parse_dates=["hour_utc"]' in lines

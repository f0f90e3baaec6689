"""Stretches of many devices, read at once."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine

from app.jobs.rollups import refresh_dirty_hours
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.errors import BadReadings
from models.read.traces import Span, newest_reading, reading_traces, rollup_traces
from models.write.devices import register_device

HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
MIDNIGHT_MS = 1_795_392_000_000


@pytest.fixture
def pair(engine: Engine, now: datetime) -> list[int]:
    """Two devices that read every half hour from 21:30 to 00:00: pH 6.00 6.02 6.00 …, and 5.00 5.02 5.00 …."""
    ids = []
    for name, ph in (("pi-2", 6.0), ("pi-1", 5.0)):
        with session_scope(engine) as session:
            device = register_device(session, name, interval_s=1800, now=now - timedelta(days=30))
            ts_ms = round(now.timestamp() * 1000) - 1_800_000 * np.arange(6, 0, -1)
            sent = SentReadings.of(
                device.id, ts_ms.astype(np.int64), ph=np.array([ph, ph + 0.02] * 3), ec_us_cm=1500.0, water_c=np.nan
            )
            take_in(session, {device.id: device}, sent, now=now)
            ids.append(device.id)
    refresh_dirty_hours(engine, now=now)
    return ids


def test_every_span_has_its_own_hours_in_the_order_asked_for(engine: Engine, pair: list[int]) -> None:
    spans = [
        Span(pair[1], MIDNIGHT - 3 * HOUR, MIDNIGHT),
        Span(pair[0], MIDNIGHT - HOUR, MIDNIGHT),
        Span(pair[1], MIDNIGHT, MIDNIGHT + HOUR),
    ]

    with session_scope(engine) as session:
        rows = rollup_traces(session, "hour", "ph", spans)

    assert rows["trace"].tolist() == [0, 0, 0, 1, 2]
    assert rows["at_ms"].tolist()[-1] == MIDNIGHT_MS
    assert np.round(rows["sum"], 6).tolist() == [5.0, 10.02, 10.02, 12.02, 5.02]
    assert rows[["n", "min", "max"]].iloc[3].tolist() == [2, 6.0, 6.02]


def test_a_day_in_which_a_span_begins_belongs_to_it(engine: Engine, pair: list[int]) -> None:
    refresh_dirty_hours(engine, now=MIDNIGHT + HOUR)

    with session_scope(engine) as session:
        rows = rollup_traces(session, "day", "ph", [Span(pair[0], MIDNIGHT - HOUR, MIDNIGHT)])

    assert rows["at_ms"].tolist() == [MIDNIGHT_MS - 86_400_000]
    assert rows["n"].tolist() == [5]


def test_single_readings_come_with_their_flags_and_without_what_was_not_measured(
    engine: Engine, pair: list[int]
) -> None:
    spans = [Span(one, MIDNIGHT - HOUR, MIDNIGHT) for one in pair]

    with session_scope(engine) as session:
        rows = reading_traces(session, "ph", spans)
        water = reading_traces(session, "water", spans)

    assert rows["trace"].tolist() == [0, 0, 1, 1]
    assert rows["value"].tolist() == [6.02, 6.0, 5.02, 5.0]
    assert rows["quality"].dtype == np.int16
    assert len(water) == 0


def test_no_span_gives_no_row_and_no_question(engine: Engine) -> None:
    with session_scope(engine) as session:
        assert len(rollup_traces(session, "hour", "ph", [])) == 0
        assert len(reading_traces(session, "ph", [])) == 0
        assert newest_reading(session, []) is None


def test_the_newest_reading_is_that_of_any_of_them(engine: Engine, now: datetime, pair: list[int]) -> None:
    with session_scope(engine) as session:
        assert newest_reading(session, pair) == now - HOUR / 2


def test_an_unknown_quantity_is_refused(engine: Engine) -> None:
    with session_scope(engine) as session, pytest.raises(BadReadings, match="'salt'"):
        rollup_traces(session, "hour", "salt", [])

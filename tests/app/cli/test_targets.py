"""``hydrofleet targets``."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from app.jobs.rollups import refresh_dirty_hours
from app.targets import TargetRefused
from ingest_api.intake import take_in
from ingest_api.sent import SentReadings
from models.db import session_scope
from models.errors import UnknownCrop, UnknownDevice
from models.read.rollups import hours_frame
from models.write.devices import register_device

# Midnight in Jakarta, the usual clock on the wall.
FIRST_DAY = datetime(2026, 11, 9, 17, tzinfo=UTC)
SET = ("targets", "set", "lettuce", "ph", "5.8", "6.2", "--source", "our trial", "--from", "2026-11-10")


@pytest.fixture
def device(engine, now):
    """A tank at pH 6.3, a reading every five minutes for ten hours around the first day."""
    with session_scope(engine) as session:
        made = register_device(session, "pi-1", interval_s=300, has_history=True, now=now)
        ts_ms = int(FIRST_DAY.timestamp() * 1000) + np.arange(-60, 60) * 300_000
        ph = 6.3 + np.arange(120) % 3 / 100
        take_in(session, {made.id: made}, SentReadings.of(made.id, ts_ms, ph=ph), now=now)
    return made


def seconds_above(engine, device, now):
    refresh_dirty_hours(engine, now=now)
    with session_scope(engine) as session:
        hours = hours_frame(session, [device.id], FIRST_DAY - timedelta(days=1), FIRST_DAY + timedelta(days=1))
    before = hours["hour"] < FIRST_DAY
    return hours.loc[before, "ph_above_s"].sum(), hours.loc[~before, "ph_above_s"].sum()


def test_a_changed_band_counts_from_its_day_on_and_never_before(hydrofleet, engine, device, now):
    hydrofleet("targets", "plant", "pi-1", "lettuce", "--from", "2026-11-01", "--transplanted", "2026-10-01")
    assert seconds_above(engine, device, now) == (0.0, 0.0)

    result = hydrofleet(*SET)

    assert "bands of 1 tanks change" in result.stdout
    assert seconds_above(engine, device, now) == (0.0, 18_000.0)


def test_a_planting_changes_the_bands_of_its_tank(hydrofleet, engine, device, now):
    hydrofleet(*SET)
    assert seconds_above(engine, device, now) == (0.0, 0.0)

    hydrofleet("targets", "plant", "pi-1", "lettuce", "--from", "2026-11-10", "--transplanted", "2026-10-01")

    assert seconds_above(engine, device, now) == (0.0, 18_000.0)
    listed = json.loads(hydrofleet("targets", "plantings", "--json").stdout)
    assert [(row["device"], row["crop"], row["ended_at"]) for row in listed] == [("pi-1", "lettuce", None)]


def test_the_list_shows_what_holds_with_its_source_and_the_history_all(hydrofleet):
    hydrofleet(*SET)

    def listed(*options):
        rows = json.loads(hydrofleet("targets", "list", "--crop", "lettuce", "--json", *options).stdout)
        return [
            (row["low"], row["high"], row["source"])
            for row in rows
            if (row["stage"], row["quantity"]) == ("adult", "ph")
        ]

    assert listed() == [(5.8, 6.2, "our trial")]
    assert listed("--history")[1:] == [(5.8, 6.2, "our trial")]
    assert listed("--history")[0][:2] == (6.0, 7.0)


@pytest.mark.parametrize(
    ("words", "error", "sentence"),
    [
        (("lettuce", "ph", "6.5", "5.5"), TargetRefused, "low must be below high"),
        (("lettuce", "ec", "1.2", "1.8"), TargetRefused, "1 mS/cm is 1000 µS/cm"),
        (("lettuce", "ph", "5.5", "6.5", "--stage", "fruiting"), TargetRefused, "has no stage 'fruiting'"),
        (("lettuse", "ph", "5.5", "6.5"), UnknownCrop, "'lettuse'"),
    ],
)
def test_a_band_that_cannot_be_meant_is_refused(hydrofleet, words, error, sentence):
    result = hydrofleet("targets", "set", *words, "--source", "x")

    assert isinstance(result.exception, error)
    assert sentence in str(result.exception)


def test_the_same_band_is_not_set_twice(hydrofleet):
    hydrofleet(*SET)

    result = hydrofleet(*SET)

    assert isinstance(result.exception, TargetRefused)
    assert "nothing changed: lettuce (adult) keeps ph between 5.8 and 6.2" in str(result.exception)


def test_a_tank_that_is_not_there_is_named(hydrofleet):
    result = hydrofleet("targets", "plant", "pi-404", "lettuce")

    assert isinstance(result.exception, UnknownDevice)

"""The rules that put a device into a state."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.quantities import Quantity
from app.pages.fleet.status import Channel, Mark, Snapshot, State, state_of
from app.silence import Outage, silent_after

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


def channel(value: float | None = 6.0, *, flag: int = 1, low: float | None = 5.5, high: float | None = 6.5) -> Channel:
    return Channel(value, flag, low, high)


def device(*, ph: Channel | None = None, seen_s_ago: float | None = 10, **changes: object) -> Snapshot:
    seen_at = None if seen_s_ago is None else NOW - timedelta(seconds=seen_s_ago)
    facts: dict = {"origin": "agent", "interval_s": 60, "last_seen_at": seen_at, "measured_at": seen_at}
    channels = {Quantity.PH: ph or channel(), Quantity.EC: channel(), Quantity.WATER: channel()}
    return Snapshot(**{**facts, "channels": channels, **changes})


def test_a_device_with_every_value_in_its_band_is_in_range():
    assert state_of(device(), NOW) is State.IN


@pytest.mark.parametrize("value", [5.5, 6.5])
def test_a_value_on_the_edge_of_its_band_is_inside(value: float):
    assert state_of(device(ph=channel(value)), NOW) is State.IN


@pytest.mark.parametrize(("value", "mark"), [(5.49, Mark.LOW), (6.51, Mark.HIGH)])
def test_one_value_outside_its_band_puts_the_device_out_of_range(value: float, mark: Mark):
    assert channel(value).mark is mark
    assert state_of(device(ph=channel(value)), NOW) is State.OUT


@pytest.mark.parametrize("flag", [3, 4, 9])
def test_a_suspect_failed_or_missing_channel_makes_the_device_suspect(flag: int):
    assert state_of(device(ph=channel(flag=flag)), NOW) is State.SUSPECT


def test_a_doubtful_value_outside_its_band_proves_nothing():
    assert state_of(device(ph=channel(9.9, flag=3)), NOW) is State.SUSPECT


def test_a_good_value_outside_its_band_is_a_fact_whatever_another_probe_is_worth():
    doubtful = {Quantity.PH: channel(7.0), Quantity.EC: channel(flag=3), Quantity.WATER: channel(flag=9)}

    assert state_of(device(channels=doubtful), NOW) is State.OUT


def test_a_value_that_was_not_evaluated_is_judged_by_its_band():
    assert state_of(device(ph=channel(7.0, flag=2)), NOW) is State.OUT


def test_a_band_open_on_one_side_judges_the_other():
    assert channel(99.0, low=5.5, high=None).mark is Mark.IN
    assert channel(1.0, low=5.5, high=None).mark is Mark.LOW


@pytest.mark.parametrize(
    ("interval_s", "seen_s_ago", "state"),
    [
        (60, 180, State.IN),  # three intervals to the second
        (60, 180.5, State.SILENT),
        (10, 119, State.IN),  # two minutes at least, however short the interval
        (10, 121, State.SILENT),
        (3600, 3 * 3600 - 1, State.IN),
    ],
)
def test_a_device_is_silent_after_three_intervals_and_at_least_two_minutes(
    interval_s: float, seen_s_ago: float, state: State
):
    assert state_of(device(interval_s=interval_s, seen_s_ago=seen_s_ago), NOW) is state


@pytest.mark.parametrize(
    ("seen_min_ago", "back_min_ago", "state"),
    [
        (121, 1, State.IN),  # nobody listened until a minute ago
        (121, 4, State.IN),  # and it may take the Pi five minutes to try again
        (121, 9, State.SILENT),  # it had three minutes more than that
        (240, 1, State.SILENT),  # silent two hours before anybody went away
        (0.2, 1, State.IN),
    ],
)
def test_nobody_is_silent_while_the_server_was_away(seen_min_ago: float, back_min_ago: float, state: State):
    outage = Outage(NOW - timedelta(minutes=120), NOW - timedelta(minutes=back_min_ago))

    assert state_of(device(seen_s_ago=seen_min_ago * 60), NOW, outage) is state


def test_silence_is_told_rather_than_the_last_value():
    assert state_of(device(ph=channel(9.0), seen_s_ago=3600), NOW) is State.SILENT


def test_a_device_that_never_sent_a_reading_has_no_data():
    assert state_of(device(seen_s_ago=None), NOW) is State.NO_DATA
    assert state_of(device(measured_at=None), NOW) is State.NO_DATA


def test_an_imported_log_is_history_however_old_it_is():
    assert state_of(device(origin="import", seen_s_ago=7 * 365 * 86400), NOW) is State.HISTORY


def test_an_imported_log_without_readings_has_no_data():
    assert state_of(device(origin="import", seen_s_ago=None), NOW) is State.NO_DATA


def test_a_device_without_any_band_is_not_judged():
    bare = channel(8.0, low=None, high=None)

    judged = device(channels=dict.fromkeys(Quantity, bare))

    assert state_of(judged, NOW) is State.UNJUDGED


def test_one_known_band_is_enough_to_be_in_range():
    bare = channel(8.0, low=None, high=None)

    judged = device(channels={Quantity.PH: channel(), Quantity.EC: bare, Quantity.WATER: bare})

    assert state_of(judged, NOW) is State.IN


def test_the_longest_of_three_intervals_and_two_minutes_counts():
    assert silent_after(30) == timedelta(minutes=2)
    assert silent_after(300) == timedelta(minutes=15)


def test_a_row_of_the_database_is_read_with_its_packed_flags():
    row = {
        "origin": "agent",
        "interval_s": 60,
        "last_seen_at": pd.Timestamp(NOW),
        "ts": pd.NaT,
        "quality": 0x931,  # water 9, EC 3, pH 1
        "skew_ms": -120,
        "config_damaged": True,
        "ph": 6.1,
        "ec_us_cm": 1500.0,
        "water_c": np.nan,
        "ph_low": 5.5,
        "ph_high": 6.5,
        "ec_low": np.nan,
        "ec_high": pd.NA,
        "water_low": None,
        "water_high": 26.0,
    }

    snapshot = Snapshot.from_row(row)

    assert snapshot.measured_at is None
    assert (snapshot.skew_ms, snapshot.config_damaged) == (-120, True)
    assert snapshot.channels == {
        Quantity.PH: Channel(6.1, 1, 5.5, 6.5),
        Quantity.EC: Channel(1500.0, 3, None, None),
        Quantity.WATER: Channel(None, 9, None, 26.0),
    }


def test_a_row_without_quality_counts_every_channel_as_missing():
    names = ("ph", "ec_us_cm", "water_c", "ph_low", "ph_high", "ec_low", "ec_high", "water_low", "water_high")
    row = {"origin": "agent", "interval_s": 60, "last_seen_at": None, "ts": None, "quality": pd.NA, "skew_ms": pd.NA}
    row["config_damaged"] = False

    snapshot = Snapshot.from_row(row | dict.fromkeys(names))

    assert {channel.mark for channel in snapshot.channels.values()} == {Mark.MISSING}

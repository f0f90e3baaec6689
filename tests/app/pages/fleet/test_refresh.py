"""What a browser is told, and what it is spared."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from app.components import ConductivityUnit
from app.pages.fleet.refresh import Refresh, refresh
from app.pages.fleet.status import State

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
PPM = ConductivityUnit.PPM_500


@pytest.fixture
def first(fleet) -> Refresh:
    """The answer to a browser that shows nothing yet."""
    return refresh(fleet, PPM, None, NOW)


def test_a_browser_that_shows_nothing_gets_every_row_in_order(first: Refresh):
    assert [row["device"] for row in first.rows] == ["pi-2", "pi-10"]
    assert first.changes is None


def test_devices_are_counted_by_state(first: Refresh):
    assert first.counts == {State.IN: 1, State.OUT: 1}


def test_places_are_offered_once_in_natural_order_with_crops_by_name(first: Refresh):
    assert first.places == {
        "site": [{"value": "Lembang", "label": "Lembang"}],
        "zone": [{"value": "GH 2", "label": "GH 2"}, {"value": "GH 10", "label": "GH 10"}],
        "crop": [{"value": "lettuce", "label": "Lettuce"}],
    }


def test_nothing_is_sent_where_nothing_changed(fleet, first: Refresh):
    second = refresh(fleet, PPM, first.shown, NOW + timedelta(seconds=10))

    assert (second.rows, second.changes, second.places) == (None, None, None)


def test_only_the_device_that_spoke_is_sent(fleet, first: Refresh):
    fleet.records[1]["ph"] = 6.4

    second = refresh(fleet, PPM, first.shown, NOW)

    assert [row["device"] for row in second.changes["update"]] == ["pi-10"]
    assert second.changes["update"][0]["ph"]["text"] == "6.40"
    assert (second.changes["add"], second.changes["remove"]) == ([], [])
    assert second.counts == {State.IN: 2}


def test_falling_silent_is_a_change_although_nothing_was_received(fleet, first: Refresh):
    fleet.records[0]["last_seen_at"] = pd.Timestamp("2026-11-23T00:31:00Z")
    second = refresh(fleet, PPM, first.shown, NOW + timedelta(minutes=1))

    third = refresh(fleet, PPM, second.shown, NOW + timedelta(minutes=3))

    assert [(row["device"], row["state"]) for row in third.changes["update"]] == [("pi-10", "silent")]


def test_a_new_device_is_added_and_a_retired_one_removed(fleet, first: Refresh, make_record):
    fleet.records = [fleet.records[0], make_record("pi-11")]

    second = refresh(fleet, PPM, first.shown, NOW)

    assert [row["device"] for row in second.changes["add"]] == ["pi-11"]
    assert second.changes["remove"] == [{"device": "pi-10"}]


def test_another_unit_sends_every_row_again(fleet, first: Refresh):
    second = refresh(fleet, ConductivityUnit.MS_CM, first.shown, NOW)

    assert [row["ec"]["text"] for row in second.rows] == ["1.70", "1.70"]


def test_a_new_zone_is_offered_as_soon_as_somebody_stands_there(fleet, first: Refresh):
    fleet.records[0]["zone"] = "GH 3"

    second = refresh(fleet, PPM, first.shown, NOW)

    assert [option["value"] for option in second.places["zone"]] == ["GH 2", "GH 3"]


def test_devices_without_a_place_can_be_chosen_by_words_that_come_last(fleet, make_record):
    fleet.records = [make_record("pi-1", site=None, zone=None, crop=None), *fleet.records]

    places = refresh(fleet, PPM, None, NOW).places

    assert [each[-1] for each in places.values()] == [
        {"value": "-", "label": "No site"},
        {"value": "-", "label": "No zone"},
        {"value": "-", "label": "No crop"},
    ]


def test_readings_of_the_last_24_hours_are_summed(fleet):
    hours = pd.DataFrame({"device_id": [2, 10], "n": [30, 12], "hour": pd.Timestamp("2026-11-23T00:00Z")})
    fleet.means = hours.assign(ph=6.0, ec_us_cm=1500.0, water_c=22.0)

    assert refresh(fleet, PPM, None, NOW).readings == 42


def test_a_fleet_without_devices_is_an_answer_too(fleet, make_record):
    fleet.devices = lambda now: pd.DataFrame([make_record("pi-1")]).iloc[:0]

    answer = refresh(fleet, PPM, None, NOW)

    assert (answer.rows, answer.counts, answer.readings) == ([], {}, 0)

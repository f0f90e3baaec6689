"""Histograms of many hours and days come out as they went in."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from models.errors import BadReadings
from models.read.histograms import histograms_of_span, read_histograms
from models.tables import ROLLUP_QUANTITIES, reading_days, reading_hours
from models.write.devices import register_device

FIRST, END = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def devices(session: Session, now: datetime) -> list[int]:
    """pi-1 and pi-2, each with two hours and a day; the second hour of pi-1 has no usable pH."""
    ids = [register_device(session, name, now=now).id for name in ("pi-1", "pi-2")]
    counts = dict.fromkeys(("n", "n_suspect", "n_fail", *(f"{one}_n" for one in ROLLUP_QUANTITIES)), 1)
    for device_id, histograms in zip(ids, [([58, 100, 0, 3500], []), ([-3, 7], [61, 3600])], strict=True):
        for hour, histogram in enumerate(histograms):
            row = {"device_id": device_id, "hour": FIRST.replace(hour=hour), "ph_hist": histogram or None, **counts}
            session.execute(insert(reading_hours).values(row))
        row = {"device_id": device_id, "day": FIRST.date(), "ec_hist": [30, 86_400], **counts}
        session.execute(insert(reading_days).values(row))
    return ids


def test_every_occupied_bin_stands_with_its_hour(session, devices):
    found = read_histograms(session, "ph", "hour", devices, FIRST, END)

    assert found.device_id.tolist() == [devices[0], devices[0], devices[1], devices[1]]
    assert [f"{start:%dT%H%z}" for start in found.start] == ["20T00+0000", "20T01+0000"] * 2
    row, bins, seconds = found.occupied()
    assert row.tolist() == [0, 0, 2, 3]
    assert bins.tolist() == [58, 60, -3, 61]
    assert seconds.tolist() == [100, 3500, 7, 3600]


def test_days_are_those_of_utc_and_of_the_devices_asked_for(session, devices):
    found = read_histograms(session, "ec", "day", devices[1:], FIRST, END)

    assert (found.device_id.tolist(), found.first_bin.tolist(), found.seconds.tolist()) == (
        [devices[1]],
        [30],
        [86_400],
    )
    assert found.start[0] == FIRST


def test_the_end_is_not_included(session, devices):
    assert len(read_histograms(session, "ph", "hour", devices, FIRST, FIRST.replace(hour=1)).device_id) == 2


def test_nothing_found_is_empty_and_a_quantity_that_is_none_is_named(session, devices):
    assert read_histograms(session, "water", "hour", [], FIRST, END).seconds.size == 0
    with pytest.raises(BadReadings, match="no histograms of 'salt'"):
        read_histograms(session, "salt", "hour", devices, FIRST, END)


def test_whole_days_of_a_span_are_one_histogram_each_and_the_rest_is_hours(session, now):
    device = register_device(session, "pi-1", now=now).id
    counts = dict.fromkeys(("n", "n_suspect", "n_fail", *(f"{one}_n" for one in ROLLUP_QUANTITIES)), 1)
    hours = [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((19, 22), (19, 23), (20, 5), (21, 0), (21, 1))]
    for place, hour in enumerate(hours):
        row = {"device_id": device, "hour": hour, "ph_hist": [60 + place, 3600], **counts}
        session.execute(insert(reading_hours).values(row))
    row = {"device_id": device, "day": FIRST.date(), "ph_hist": [62, 3600], "water_hist": [20, 86_400], **counts}
    session.execute(insert(reading_days).values(row))

    found = histograms_of_span(session, device, FIRST.replace(day=19, hour=23), FIRST.replace(day=21, hour=1))

    assert [one.tolist() for one in found["ph"] if one.size] == [[61, 3600], [62, 3600], [63, 3600]]
    assert [one.tolist() for one in found["water"] if one.size] == [[20, 86_400]]
    within = histograms_of_span(session, device, FIRST.replace(hour=5), FIRST.replace(hour=6))
    assert [one.tolist() for one in within["ph"]] == [[62, 3600]]

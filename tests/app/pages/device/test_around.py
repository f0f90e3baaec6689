"""What is drawn around the rolling mean."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.quantities import Quantity
from app.pages.device.around import edges_around, with_edges_of_readings, with_edges_of_rollups
from app.pages.device.channels import reading_channels, rollup_channels
from app.pages.device.period import Level, Period
from app.pages.device.view import Around, View, Window, view_at


@pytest.mark.parametrize(
    ("around", "lower", "upper"),
    [
        # The mean of 5 6 7 8 9 is 7, the sum of squares 10, the deviation the root of 10 / 4.
        (Around.DEVIATION, 7 - 2.5**0.5, 7 + 2.5**0.5),
        (Around.EXTREMES, 5.0, 9.0),
        # A tenth of the way along four steps.
        (Around.TENTHS, 5.4, 8.6),
    ],
)
def test_the_edges_are_those_of_the_readings_in_the_window(make: Any, around: Around, lower: float, upper: float):
    frame = make.readings([5.0, 6.0, 7.0, 8.0, 9.0])
    period = Period(make.START, make.START + timedelta(minutes=5))
    channels = reading_channels(frame, period, Window.HOUR, interval_s=60)

    rolling = with_edges_of_readings(channels, frame, Window.HOUR, around)[Quantity.PH].rolling

    assert rolling is not None
    assert [edge.iloc[-1] for edge in edges_around(rolling)] == pytest.approx([lower, upper])


def test_hours_give_the_extremes_of_their_readings_and_the_tenths_of_their_means(make: Any):
    rows = [{"ph_sum": 60 * mean, "ph_min": mean - 1, "ph_max": mean + 1} for mean in (5.0, 6.0, 7.0, 8.0, 9.0)]
    frame = make.hours(rows)
    period = Period(make.START, make.START + timedelta(hours=5))
    channels = rollup_channels(frame, period, Window.DAY, level=Level.HOURS)

    found = {
        around: with_edges_of_rollups(channels, frame, Window.DAY, around)[Quantity.PH].rolling
        for around in (Around.EXTREMES, Around.TENTHS)
    }

    assert [edge.iloc[-1] for edge in edges_around(found[Around.EXTREMES])] == [4.0, 10.0]
    assert [edge.iloc[-1] for edge in edges_around(found[Around.TENTHS])] == pytest.approx([5.4, 8.6])


def test_the_choice_travels_in_the_address():
    assert view_at(View(around=Around.TENTHS).address()).around is Around.TENTHS
    assert "around" not in View().address()

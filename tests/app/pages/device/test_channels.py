"""What a channel holds, from single readings and from hours."""

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analytics.quantities import Quantity
from app.pages.device.channels import reading_channels, rollup_channels
from app.pages.device.period import Level, Period
from app.pages.device.view import Window


def test_suspect_and_failed_readings_are_marked_and_not_drawn(make: SimpleNamespace) -> None:
    frame = make.readings([6.0, 6.1, 9.9, np.nan, 6.2], flags=[1, 2, 3, 4, 1])
    period = Period(make.START, make.START + timedelta(minutes=5))

    channel = reading_channels(frame, period, Window.HOUR, interval_s=60)[Quantity.PH]

    np.testing.assert_array_equal(channel.values, [6.0, 6.1, np.nan, np.nan, 6.2])
    np.testing.assert_array_equal(channel.flagged["value"], [9.9, np.nan])
    assert channel.flagged["flag"].tolist() == [3, 4]


def test_flagged_readings_do_not_enter_the_rolling_statistics(make: SimpleNamespace) -> None:
    frame = make.readings([6.0, 6.1, 9.9, 6.2], flags=[1, 1, 3, 1])
    period = Period(make.START, make.START + timedelta(minutes=4))

    rolling = reading_channels(frame, period, Window.HOUR, interval_s=60)[Quantity.PH].rolling

    assert rolling is not None
    assert rolling["mean"].iloc[-1] == pytest.approx(6.1)
    assert rolling["std"].iloc[-1] == pytest.approx(0.1)
    assert rolling["median"].iloc[-1] == pytest.approx(6.1)


def test_windows_look_back_before_the_shown_period(make: SimpleNamespace) -> None:
    frame = make.readings([5.0, 6.0, 7.0, 8.0])
    period = Period(make.START + timedelta(minutes=3), make.START + timedelta(minutes=4))

    channel = reading_channels(frame, period, Window.HOUR, interval_s=60)[Quantity.PH]

    assert channel.values.tolist() == [8.0]
    assert channel.rolling is not None
    assert channel.rolling["mean"].tolist() == [6.5]


def test_a_window_of_fewer_than_three_intervals_gives_no_statistics(make: SimpleNamespace) -> None:
    index = pd.date_range(make.START, periods=5, freq="30min", unit="ms")
    frame = make.readings([6.0] * 5, index=index)
    period = Period(make.START, make.START + timedelta(hours=3))

    assert reading_channels(frame, period, Window.HOUR, interval_s=1800)[Quantity.PH].rolling is None


def test_no_readings_give_empty_channels(make: SimpleNamespace) -> None:
    frame = make.readings([6.0]).iloc[:0]
    period = Period(make.START, make.START + timedelta(hours=1))

    channel = reading_channels(frame, period, Window.HOUR, interval_s=60)[Quantity.PH]

    assert channel.values.empty
    assert channel.flagged.empty


def test_an_hour_is_drawn_as_the_mean_of_its_readings_between_its_extremes(make: SimpleNamespace) -> None:
    frame = make.hours([{"ph_n": 2, "ph_sum": 12.4, "ph_min": 6.1, "ph_max": 6.3}])
    period = Period(make.START, make.START + timedelta(hours=1))

    channel = rollup_channels(frame, period, Window.DAY, level=Level.HOURS)[Quantity.PH]

    assert channel.values.tolist() == [6.2]
    assert channel.envelope is not None
    assert channel.envelope.iloc[0].tolist() == [6.1, 6.3]
    assert channel.interval_s == 3600


def test_a_window_over_hours_gives_the_mean_and_deviation_of_the_readings_themselves(make: SimpleNamespace) -> None:
    # The readings 6, 7 | 8 | 9: mean 7.5, squared deviations 2.25 + 0.25 + 0.25 + 2.25 = 5, deviation sqrt(5 / 3).
    frame = make.hours(
        [
            {"ph_n": 2, "ph_sum": 13.0, "ph_sumsq": 85.0},
            {"ph_n": 1, "ph_sum": 8.0, "ph_sumsq": 64.0},
            {"ph_n": 1, "ph_sum": 9.0, "ph_sumsq": 81.0},
        ]
    )
    period = Period(make.START, make.START + timedelta(hours=3))

    rolling = rollup_channels(frame, period, Window.SIX_HOURS, level=Level.HOURS)[Quantity.PH].rolling

    assert rolling is not None
    assert rolling["mean"].iloc[-1] == pytest.approx(7.5)
    assert rolling["std"].iloc[-1] == pytest.approx(1.2909944487358056)
    assert rolling["median"].iloc[-1] == pytest.approx(8.0)  # of the hourly means 6.5, 8 and 9


def test_an_hour_without_a_usable_reading_is_a_gap(make: SimpleNamespace) -> None:
    frame = make.hours([{}, {"ph_n": 0, "ph_sum": 0.0, "ph_sumsq": 0.0, "ph_min": np.nan, "ph_max": np.nan}])
    period = Period(make.START, make.START + timedelta(hours=2))

    channel = rollup_channels(frame, period, Window.DAY, level=Level.HOURS)[Quantity.PH]

    np.testing.assert_array_equal(channel.values, [6.0, np.nan])


def test_an_hour_with_failed_readings_is_marked_with_how_many_were_left_out(make: SimpleNamespace) -> None:
    frame = make.hours([{}, {"n_fail": 4, "ph_n": 56}])
    period = Period(make.START, make.START + timedelta(hours=2))

    channels = rollup_channels(frame, period, Window.DAY, level=Level.HOURS)

    assert channels[Quantity.PH].flagged[["flag", "count"]].to_numpy().tolist() == [[4, 4]]
    assert channels[Quantity.EC].flagged.empty


def test_a_quantity_that_was_never_measured_is_not_marked(make: SimpleNamespace) -> None:
    frame = make.hours([{"n_suspect": 3, "ph_n": 57, "ec_n": 0, "ec_sum": 0.0}])
    period = Period(make.START, make.START + timedelta(hours=1))

    assert rollup_channels(frame, period, Window.DAY, level=Level.HOURS)[Quantity.EC].flagged.empty

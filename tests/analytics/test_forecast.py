import math

import numpy as np
import pandas as pd
import pytest

from analytics.diurnal import diurnal_profile
from analytics.forecast import Outlook, time_to_limit

BAND = (5.5, 6.5)
NOW = pd.Timestamp("2026-04-10 08:00", tz="Asia/Jakarta")


def rising(
    per_day: float, *, level: float = 6.0, hours: float = 24, swing: float = 0.0, noise: float = 0.01
) -> pd.Series:
    """pH that reaches ``level`` now, every 10 minutes over the last hours."""
    count = int(hours * 6) + 1
    index = pd.date_range(end=NOW, periods=count, freq="10min")
    days = np.arange(-count + 1, 1) / 144
    clock = (index.hour + index.minute / 60).to_numpy()
    values = level + per_day * days + swing * np.sin(clock / 24 * 2 * np.pi)
    return pd.Series(values + np.random.default_rng(6).normal(0, noise, count), index=index)


def test_a_rise_is_extrapolated_to_the_upper_limit() -> None:
    forecast = time_to_limit(rising(0.5), BAND, now=NOW)

    assert forecast.outlook == Outlook.LEAVES_HIGH
    assert forecast.hours == pytest.approx(24.0, rel=0.05)
    assert forecast.earliest_h < forecast.hours < forecast.latest_h
    assert forecast.latest_h - forecast.earliest_h < 4


def test_a_fall_is_extrapolated_to_the_lower_limit() -> None:
    forecast = time_to_limit(rising(-0.5), BAND, now=NOW)

    assert forecast.outlook == Outlook.LEAVES_LOW
    assert forecast.hours == pytest.approx(24.0, rel=0.05)


def test_noise_makes_the_range_wider() -> None:
    quiet, noisy = (time_to_limit(rising(0.5, noise=noise), BAND, now=NOW) for noise in (0.01, 0.05))

    assert noisy.latest_h - noisy.earliest_h > 2 * (quiet.latest_h - quiet.earliest_h)


def test_what_was_before_the_last_event_does_not_count() -> None:
    readings = rising(0.5)
    readings.iloc[:72] += 1.5

    forecast = time_to_limit(readings, BAND, now=NOW, since=readings.index[72])

    assert forecast.hours == pytest.approx(24.0, rel=0.1)


def test_the_pattern_of_the_day_is_no_trend() -> None:
    week = rising(0.0, hours=24 * 7, swing=0.2)
    morning = week.index[-60]

    naive = time_to_limit(week, BAND, now=NOW, since=morning)
    wise = time_to_limit(week, BAND, now=NOW, since=morning, diurnal=diurnal_profile(week))

    assert naive.outlook == Outlook.LEAVES_HIGH
    assert wise.outlook in (Outlook.NO_TREND, Outlook.STAYS)


@pytest.mark.parametrize(
    ("readings", "outlook"),
    [
        (rising(0.5, hours=3), Outlook.TOO_FEW),
        (rising(0.5).iloc[::12], Outlook.TOO_FEW),
        (rising(0.5).iloc[:0], Outlook.TOO_FEW),
        (rising(0.5) * math.nan, Outlook.TOO_FEW),
        (rising(0.5).iloc[:-20], Outlook.STALE),
        (rising(0.5, level=6.7), Outlook.OUTSIDE),
        (rising(0.0, noise=0.05), Outlook.NO_TREND),
        (rising(0.02, noise=0.0001), Outlook.STAYS),
    ],
)
def test_it_says_when_it_cannot_say(readings: pd.Series, outlook: Outlook) -> None:
    forecast = time_to_limit(readings, BAND, now=NOW)

    assert forecast.outlook == outlook
    assert math.isnan(forecast.hours)


def test_a_missing_limit_is_never_reached() -> None:
    assert time_to_limit(rising(0.5), (5.5, math.nan), now=NOW).outlook == Outlook.STAYS


def test_readings_after_now_are_not_known_yet() -> None:
    readings = rising(0.5)
    earlier = NOW - pd.Timedelta("6h")

    assert time_to_limit(readings, BAND, now=earlier) == time_to_limit(readings.loc[:earlier], BAND, now=earlier)


def test_the_range_holds_the_true_hour_in_most_of_many_tries() -> None:
    held = 0
    for seed in range(100):
        readings = rising(0.5, noise=0.0)
        noise = np.random.default_rng(seed).normal(0, 0.02, readings.size)
        forecast = time_to_limit(readings + noise, BAND, now=NOW)
        held += forecast.earliest_h <= 24.0 <= forecast.latest_h

    assert held >= 95


def test_six_means_of_an_hour_are_enough_when_asked_for() -> None:
    hourly = rising(0.5, hours=5).iloc[::6]

    forecast = time_to_limit(hourly, BAND, now=NOW, fewest=6)

    assert forecast.outlook == Outlook.LEAVES_HIGH
    assert forecast.hours == pytest.approx(24.0, rel=0.3)
    assert time_to_limit(hourly.iloc[1:], BAND, now=NOW, fewest=6).outlook == Outlook.TOO_FEW

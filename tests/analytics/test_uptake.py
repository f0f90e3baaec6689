import numpy as np
import pandas as pd
import pytest

from analytics.uptake import Uptake, uptake_between_events

NO_EVENTS = pd.DataFrame({"start_at": pd.DatetimeIndex([], tz="UTC"), "end_at": pd.DatetimeIndex([], tz="UTC")})


def tank(days: float, ec_per_day: float, ph_per_day: float) -> pd.DataFrame:
    count = int(days * 144)
    rng = np.random.default_rng(3)
    index = pd.date_range("2026-04-01", periods=count, freq="10min", tz="UTC")
    day = np.arange(count) / 144
    swing = np.sin(2 * np.pi * day)
    return pd.DataFrame(
        {
            "ec_us_cm": 1400 + ec_per_day * day + 8 * swing + rng.normal(0, 1.5, count),
            "ph": 6.0 + ph_per_day * day + 0.03 * swing + rng.normal(0, 0.008, count),
        },
        index=index,
    )


@pytest.mark.parametrize(
    ("ec_per_day", "ph_per_day", "uptake"),
    [
        (-20.0, 0.1, Uptake.FEEDING),
        (25.0, 0.05, Uptake.DRINKING),
        (25.0, -0.08, Uptake.TOO_STRONG),
        (1.0, 0.05, Uptake.STEADY),
    ],
)
def test_the_directions_of_ec_and_ph_are_read_as_growers_do(
    ec_per_day: float, ph_per_day: float, uptake: Uptake
) -> None:
    stretch = uptake_between_events(tank(5, ec_per_day, ph_per_day), NO_EVENTS, interval_s=600).iloc[0]

    assert stretch["uptake"] == uptake
    assert stretch["ec_per_day"] == pytest.approx(ec_per_day, abs=1.0)
    assert stretch["ph_per_day"] == pytest.approx(ph_per_day, abs=0.01)


def test_every_stretch_between_events_is_measured_for_itself() -> None:
    frame = tank(6, -20.0, 0.1)
    dose = pd.Timestamp("2026-04-04T09:00Z")
    frame.loc[dose:, "ec_us_cm"] += 150
    events = pd.DataFrame({"start_at": [dose], "end_at": [dose]})

    stretches = uptake_between_events(frame, events, interval_s=600)

    assert stretches["ec_per_day"].tolist() == pytest.approx([-20, -20], abs=3)
    assert stretches["start_at"].iloc[1] == dose + pd.Timedelta("30min")
    assert (stretches["ec_low"] < stretches["ec_per_day"]).all()


def test_half_a_day_is_the_least_to_speak_about() -> None:
    assert uptake_between_events(tank(0.45, -20, 0.1), NO_EVENTS, interval_s=600).empty


def test_a_stretch_full_of_holes_is_left_out() -> None:
    frame = tank(4, -20, 0.1)
    frame.iloc[100:400, 0] = np.nan

    assert uptake_between_events(frame, NO_EVENTS, interval_s=600).empty


def test_no_readings_have_no_stretches() -> None:
    assert uptake_between_events(tank(0, 0, 0), NO_EVENTS, interval_s=600).empty

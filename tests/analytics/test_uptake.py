import numpy as np
import pandas as pd
import pytest

from analytics.uptake import Uptake, stretches_between_events, topped_up_litres, uptake_between_events

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


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Europe/Berlin", "Asia/Kathmandu"])
def test_readings_on_the_wall_clock_are_cut_at_events_in_utc(zone: str) -> None:
    frame = tank(6, -20.0, 0.1)
    dose = pd.Timestamp("2026-04-04T09:00Z")
    frame.index = frame.index - pd.Timedelta(days=8)  # summer time begins on 29 March in Berlin
    events = pd.DataFrame({"start_at": [dose - pd.Timedelta(days=8)], "end_at": [dose - pd.Timedelta(days=8)]})

    on_the_wall = uptake_between_events(frame.tz_convert(zone), events, interval_s=600)

    assert on_the_wall["ec_per_day"].tolist() == pytest.approx([-20, -20], abs=3)
    assert on_the_wall["hours"].tolist() == [81.0, 62 + 1 / 3]


def test_a_tank_without_any_salt_has_no_percentage() -> None:
    frame = tank(4, -20.0, 0.1).assign(ec_us_cm=0.0)

    stretch = uptake_between_events(frame, NO_EVENTS, interval_s=600).iloc[0]

    assert (stretch["ec_per_day"], stretch["uptake"]) == (0.0, Uptake.UNCLEAR)
    assert np.isnan(stretch["ec_percent_per_day"])


def test_stretches_stand_on_the_clock_of_the_readings() -> None:
    stretches = uptake_between_events(tank(4, -20.0, 0.1).tz_convert("Asia/Jakarta"), NO_EVENTS, interval_s=600)

    assert [str(at) for at in stretches[["start_at", "end_at"]].iloc[0]] == [
        "2026-04-01 07:00:00+07:00",
        "2026-04-05 06:50:00+07:00",
    ]


def test_half_a_day_is_the_least_to_speak_about() -> None:
    assert uptake_between_events(tank(0.45, -20, 0.1), NO_EVENTS, interval_s=600).empty


def test_a_stretch_full_of_holes_is_left_out() -> None:
    frame = tank(4, -20, 0.1)
    frame.iloc[100:400, 0] = np.nan

    assert uptake_between_events(frame, NO_EVENTS, interval_s=600).empty


def test_no_readings_have_no_stretches() -> None:
    assert uptake_between_events(tank(0, 0, 0), NO_EVENTS, interval_s=600).empty


def test_hours_in_which_an_event_was_mixing_are_left_out() -> None:
    hourly = tank(6, -20.0, 0.1).resample("h").mean()
    hourly.index += pd.Timedelta("30min")
    dose = pd.Timestamp("2026-04-04T09:40Z")
    # The mean of the hour from 9 to 10 is half before and half after the dose.
    hourly.loc["2026-04-04T09:30Z", "ec_us_cm"] += 75
    hourly.loc["2026-04-04T10:30Z":, "ec_us_cm"] += 150
    events = pd.DataFrame({"start_at": [dose], "end_at": [dose + pd.Timedelta("5min")]})

    stretches = stretches_between_events(hourly, events)

    assert stretches["ec_per_day"].tolist() == pytest.approx([-20, -20], abs=4)
    assert stretches["uptake"].tolist() == [Uptake.FEEDING, Uptake.FEEDING]


def test_a_top_up_is_measured_by_what_it_thins() -> None:
    hourly = pd.Series(1500.0, index=pd.date_range("2026-04-01T00:30Z", periods=10, freq="h"))
    top_ups = pd.DataFrame({"start_at": [pd.Timestamp("2026-04-01T05:10Z")], "ec_change": [-150.0]})

    # a tenth of 200 litres
    assert topped_up_litres(hourly, top_ups, 200.0).tolist() == pytest.approx([20.0])


@pytest.mark.parametrize(
    ("start_at", "ec_change"),
    [("2026-04-01T14:00Z", -150.0), ("2026-03-31T12:00Z", -150.0), ("2026-04-01T05:10Z", 150.0)],
)
def test_a_top_up_without_a_known_level_before_is_not_measured(start_at: str, ec_change: float) -> None:
    hourly = pd.Series(1500.0, index=pd.date_range("2026-04-01T00:30Z", periods=10, freq="h"))
    top_ups = pd.DataFrame({"start_at": [pd.Timestamp(start_at)], "ec_change": [ec_change]})

    assert topped_up_litres(hourly, top_ups, 200.0).isna().all()


def test_no_top_ups_are_no_litres() -> None:
    hourly = pd.Series([], index=pd.DatetimeIndex([], tz="UTC"), dtype=float)

    nothing = NO_EVENTS.assign(ec_change=pd.Series(dtype=float))

    assert topped_up_litres(hourly, nothing, 200.0).empty

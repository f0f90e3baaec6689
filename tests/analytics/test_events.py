import math

import numpy as np
import pandas as pd
import pytest

from analytics.events import EventKind, detect_events, find_steps, near_event


def tank(days: float, interval_min: int = 5, seed: int = 1) -> pd.DataFrame:
    """A quiet tank: EC falls 20 µS/cm and pH rises 0.1 a day, with a daily swing and the noise of real probes."""
    count = int(days * 1440 / interval_min)
    rng = np.random.default_rng(seed)
    index = pd.date_range("2026-04-01", periods=count, freq=f"{interval_min}min", tz="Asia/Jakarta")
    day = np.arange(count) * interval_min / 1440
    ec = 1400 - 20 * day + 8 * np.sin(2 * np.pi * day) + rng.normal(0, 1.5, count)
    ph = 5.8 + 0.1 * day + 0.03 * np.sin(2 * np.pi * day) + rng.normal(0, 0.008, count)
    return pd.DataFrame({"ec_us_cm": ec.round(0), "ph": ph.round(2)}, index=index)


def add(frame: pd.DataFrame, column: str, at: str, size: float, minutes: float = 10) -> None:
    """Let ``column`` change by ``size`` over some minutes from ``at`` on."""
    since = (frame.index - pd.Timestamp(at, tz="Asia/Jakarta")).total_seconds() / 60
    frame[column] += size * np.clip(since / minutes, 0, 1)


@pytest.mark.parametrize("interval_min", [1, 5, 10, 15])
def test_a_quiet_tank_has_no_events(interval_min: int) -> None:
    assert detect_events(tank(7, interval_min), interval_s=interval_min * 60).empty


@pytest.mark.parametrize("interval_min", [1, 5, 10, 15])
@pytest.mark.parametrize(("size", "kind"), [(60, EventKind.DOSE), (200, EventKind.DOSE), (-60, EventKind.TOP_UP)])
def test_doses_and_top_ups_are_found_with_their_size(interval_min: int, size: float, kind: EventKind) -> None:
    frame = tank(3, interval_min)
    add(frame, "ec_us_cm", "2026-04-02 09:00", size)

    events = detect_events(frame, interval_s=interval_min * 60)

    assert events["kind"].tolist() == [kind]
    assert events["ec_change"].iloc[0] == pytest.approx(size, abs=6)
    at = pd.Timestamp("2026-04-02 09:00", tz="Asia/Jakarta")
    assert abs(events["start_at"].iloc[0] - at) <= pd.Timedelta(minutes=max(5, interval_min))
    assert math.isnan(events["ph_change"].iloc[0])


@pytest.mark.parametrize("minute", [0, 1, 7, 14])
def test_a_step_between_two_still_levels_is_found_at_whatever_minute_it_is(minute: int) -> None:
    index = pd.date_range("2026-04-01 00:00", periods=240, freq="1min", tz="UTC")
    ec = np.where(np.arange(240) < 120 + minute, 1400.0, 1500.0)

    events = detect_events(pd.DataFrame({"ec_us_cm": ec}, index=index), interval_s=60)

    assert events["kind"].tolist() == [EventKind.DOSE]
    assert events["ec_change"].tolist() == [100.0]


def test_acid_and_base_are_steps_of_ph_alone() -> None:
    frame = tank(3)
    add(frame, "ph", "2026-04-02 09:00", -0.5)
    add(frame, "ph", "2026-04-03 09:00", 0.3)

    events = detect_events(frame, interval_s=300)

    assert events["kind"].tolist() == [EventKind.ACID, EventKind.BASE]
    assert events["ph_change"].tolist() == pytest.approx([-0.5, 0.3], abs=0.02)
    assert events["ec_change"].isna().all()


@pytest.mark.parametrize("at", ["2026-04-02 09:05", "2026-04-02 09:30", "2026-04-02 08:40"])
def test_the_ph_step_of_a_dose_belongs_to_the_dose(at: str) -> None:
    frame = tank(3)
    add(frame, "ec_us_cm", "2026-04-02 09:00", 200)
    add(frame, "ph", at, -0.25)

    events = detect_events(frame, interval_s=300)

    assert events["kind"].tolist() == [EventKind.DOSE]
    assert events["ph_change"].iloc[0] == pytest.approx(-0.25, abs=0.02)


def test_emptying_and_refilling_is_one_water_change() -> None:
    frame = tank(3)
    add(frame, "ec_us_cm", "2026-04-02 09:00", -1100, 20)
    add(frame, "ec_us_cm", "2026-04-02 11:00", 1000, 20)

    events = detect_events(frame, interval_s=300)

    assert events["kind"].tolist() == [EventKind.WATER_CHANGE]
    assert events["ec_change"].iloc[0] == pytest.approx(-100, abs=10)
    assert events["end_at"].iloc[0] >= pd.Timestamp("2026-04-02 11:15", tz="Asia/Jakarta")


def test_one_wild_reading_is_no_event() -> None:
    frame = tank(2)
    frame.iloc[300, 0] += 400

    assert detect_events(frame, interval_s=300).empty


def test_a_bigger_step_is_more_certain() -> None:
    frame = tank(4)
    add(frame, "ec_us_cm", "2026-04-02 09:00", 50)
    add(frame, "ec_us_cm", "2026-04-03 09:00", 300)

    small, big = detect_events(frame, interval_s=300)["confidence"]

    assert 0.5 <= small < 0.7 < 0.9 < big < 1


def test_a_log_of_ph_alone_is_searched_too() -> None:
    frame = tank(2)[["ph"]]
    add(frame, "ph", "2026-04-02 09:00", -0.5)

    assert detect_events(frame, interval_s=300)["kind"].tolist() == [EventKind.ACID]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_next_to_no_readings_have_no_events(count: int) -> None:
    events = detect_events(tank(1).iloc[:count], interval_s=300)

    assert events.empty
    assert list(events.columns) == ["kind", "start_at", "end_at", "ec_change", "ph_change", "confidence"]


def test_fast_changes_are_excused_until_half_an_hour_after_an_event() -> None:
    index = pd.date_range("2026-04-01 09:00", periods=6, freq="15min", tz="UTC")
    events = pd.DataFrame({"start_at": [index[1]], "end_at": [index[2]]})

    assert near_event(index, events).tolist() == [False, True, True, True, True, False]
    assert not near_event(index, events.iloc[:0]).any()


def test_nearly_all_of_a_hundred_random_events_are_found_and_little_else() -> None:
    rng = np.random.default_rng(99)
    frame = tank(102, seed=5)
    frame["ec_us_cm"] += 20 * np.arange(len(frame)) / 288
    sizes = rng.choice([-1, 1], 100) * rng.uniform(60, 200, 100)
    for day, size in enumerate(sizes, start=1):
        at = pd.Timestamp("2026-04-01") + pd.Timedelta(days=day, minutes=int(rng.integers(0, 1380)))
        add(frame, "ec_us_cm", str(at), size, minutes=float(rng.uniform(1, 20)))

    events = detect_events(frame, interval_s=300)

    assert 97 <= len(events) <= 102
    right = (events["ec_change"].to_numpy()[:, None] - sizes[None, :]).__abs__().min(axis=1) < 15
    assert right.sum() >= 95


def test_a_dose_long_after_the_refill_is_a_dose_of_its_own() -> None:
    frame = tank(3)
    add(frame, "ec_us_cm", "2026-04-02 01:00", -1100, 20)
    add(frame, "ec_us_cm", "2026-04-02 03:00", 1000, 20)
    add(frame, "ec_us_cm", "2026-04-02 14:00", 200)

    events = detect_events(frame, interval_s=300)

    assert events["kind"].tolist() == [EventKind.WATER_CHANGE, EventKind.DOSE]


def test_a_piece_with_its_context_has_the_events_of_the_whole() -> None:
    frame = tank(6)
    frame.iloc[:800, 0] += np.random.default_rng(2).normal(0, 30, 800)
    for day in (2, 4, 6):
        add(frame, "ec_us_cm", f"2026-04-0{day} 09:00", 120)
    start, end = pd.Timestamp("2026-04-04", tz="Asia/Jakarta"), pd.Timestamp("2026-04-05", tz="Asia/Jakarta")

    whole = detect_events(frame, interval_s=300)
    piece = detect_events(frame.loc[start - pd.Timedelta("13h") : end + pd.Timedelta("1h")], interval_s=300)

    inside = whole[(whole["start_at"] >= start) & (whole["start_at"] < end)].reset_index(drop=True)
    pd.testing.assert_frame_equal(piece[piece["start_at"] >= start].reset_index(drop=True), inside)
    assert len(inside) == 1


def test_devices_laid_one_behind_the_other_have_the_steps_of_each_alone():
    few = [1500.0] * 3 + [1800.0] * 2
    many = [1500.0, 1501.0] * 20 + [1560.0, 1561.0] * 20
    start = pd.Timestamp("2026-11-01", tz="UTC")
    parts = [
        pd.DataFrame({"ec_us_cm": values}, index=start + pd.to_timedelta(5 * np.arange(len(values)), unit="min"))
        for values, start in ((few, start), (many, start + pd.Timedelta("3D")), (few, start + pd.Timedelta("6D")))
    ]

    together = find_steps(pd.concat(parts), interval_s=300, apart_s=2 * 86_400)

    assert together.ec == find_steps(parts[1], interval_s=300).ec
    assert len(together.ec) == 1
    own = together.of_series(together.ec[0].first_s - 60, together.ec[0].last_s, earlier_s=86_400, index=parts[1].index)
    assert own.table()["start_at"].tolist() == [together.table()["start_at"][0] - pd.Timedelta(days=1)]

"""What a dirty hour is served with: flags by its neighbours in time, and its summary."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from analytics.flags import Test, unpack_flags, unpack_tests
from app.jobs import device_rollups
from app.jobs.rollups import refresh_dirty_hours
from models.db import session_scope
from models.write.rollups import mark_dirty

# 2026-11-01 00:00 UTC, a Sunday.
START = datetime(2026, 11, 1, tzinfo=UTC)
START_MS = 1_793_491_200_000
MINUTE_MS = 60_000
UNPACKERS = ((unpack_flags, "quality"), (unpack_tests, "tests"))


def test_an_hour_is_summarised_with_the_band_valid_then(engine, now, register, send, computed):
    device = register("pi-1", interval_s=1200)
    minutes = np.array([0, 20, 40, 60])
    send(device, START_MS + minutes * MINUTE_MS, ph=[6.4, 6.6, 6.4, 6.4], water_c=[18.0, 17.9, 17.5, np.nan])

    assert refresh_dirty_hours(engine, now=now) == 2

    hours = computed(device)["hours"]
    assert [str(hour) for hour in hours["hour"]] == ["2026-11-01 00:00:00+00:00", "2026-11-01 01:00:00+00:00"]
    first = hours.iloc[0]
    # Generic crop: pH 5.5 to 6.5, water 18 to 26 °C; each reading holds for twenty minutes.
    assert first[["n", "n_suspect", "n_fail", "ph_n", "ph_min", "ph_max", "ph_first", "ph_last"]].tolist() == [
        3, 0, 0, 3, 6.4, 6.6, 6.4, 6.4,
    ]  # fmt: skip
    assert first[["ph_covered_s", "ph_below_s", "ph_above_s"]].tolist() == [3600.0, 0.0, 1200.0]
    assert first[["water_covered_s", "water_below_s", "water_above_s"]].tolist() == [3600.0, 2400.0, 0.0]
    assert first["ph_sum"] == pytest.approx(19.4)
    assert first["ph_sumsq"] == pytest.approx(125.48)
    # Seconds in bins of 0.1 pH from 6.4, of 0.5 °C from 17.5.
    assert list(first["ph_hist"]) == [64, 2400, 0, 1200]
    assert list(first["water_hist"]) == [35, 2400, 1200]
    assert (first["ec_n"], list(first["ec_hist"])) == (0, [])
    day = computed(device)["days"].iloc[0]
    assert (str(day["day"]), day["n"], day["ph_covered_s"]) == ("2026-11-01 00:00:00+00:00", 4, 4800.0)


def test_served_hours_are_clean_and_serving_nothing_is_nothing(engine, now, register, send_rows, tank_log, dirty):
    send_rows(register("pi-1"), tank_log(1), slice(None))

    assert refresh_dirty_hours(engine, now=now) == 24
    assert dirty() == 0
    assert refresh_dirty_hours(engine, now=now) == 0


def test_only_the_devices_asked_for_are_served(engine, now, register, send_rows, computed, tank_log):
    first, second = register("pi-1"), register("pi-2")
    for device in (first, second):
        send_rows(device, tank_log(1), slice(None))

    assert refresh_dirty_hours(engine, now=now, device_ids=[second.id]) == 24
    assert (len(computed(first)["hours"]), len(computed(second)["hours"])) == (0, 24)


def test_a_limit_is_kept_and_the_rest_is_served_next_time(
    engine, now, register, send_rows, computed, assert_same, tank_log
):
    whole, part = register("pi-1"), register("pi-2")
    for device in (whole, part):
        send_rows(device, tank_log(3), slice(None))
    refresh_dirty_hours(engine, now=now, device_ids=[whole.id])

    served = [refresh_dirty_hours(engine, now=now, limit=30) for _ in range(4)]

    assert served == [30, 30, 10, 0]
    assert_same(computed(part), computed(whole))


def test_neighbours_in_time_change_flags_and_summaries(engine, now, register, send, computed):
    device = register("pi-1")
    ph = np.where(np.arange(288) == 100, 7.5, 6.0 + np.arange(288) % 7 / 100)
    send(device, START_MS + np.arange(288) * 5 * MINUTE_MS, ph=ph)
    assert unpack_flags(computed(device)["flags"]["quality"])[0].tolist() == [1] * 288

    refresh_dirty_hours(engine, now=now)

    result = computed(device)
    ph_flags, ph_tests = unpack_flags(result["flags"]["quality"])[0], unpack_tests(result["flags"]["tests"])[0]
    assert np.flatnonzero(ph_flags == 4).tolist() == [100]
    assert ph_tests[100] & Test.SPIKE
    hour = result["hours"].iloc[8]
    assert (hour["n"], hour["n_fail"], hour["ph_n"]) == (12, 1, 11)
    assert hour["ph_max"] < 6.1


def test_an_hour_that_lost_its_last_reading_disappears(engine, now, register, send_rows, computed, tank_log):
    device = register("pi-1")
    send_rows(device, tank_log(1), slice(0, 12))
    refresh_dirty_hours(engine, now=now)

    with session_scope(engine) as session:
        session.execute(text("DELETE FROM readings"))
        mark_dirty(session, device.id, START, START + timedelta(hours=1), now=now)
    refresh_dirty_hours(engine, now=now)

    assert (len(computed(device)["hours"]), len(computed(device)["days"])) == (0, 0)


def test_the_first_reading_after_a_silence_is_told_when_the_silence_is_filled(engine, now, register, send, computed):
    device = register("pi-1")
    send(device, START_MS + np.arange(12) * 5 * MINUTE_MS + 20 * 86_400_000, ph=np.full(12, 6.0))
    refresh_dirty_hours(engine, now=now)

    def gaps():
        return np.flatnonzero(unpack_tests(computed(device)["flags"]["tests"])[0] & Test.GAP).tolist()

    assert gaps() == []
    send(device, START_MS + np.arange(12) * 5 * MINUTE_MS, ph=np.full(12, 6.0))
    refresh_dirty_hours(engine, now=now)
    assert gaps() == [12]


def test_a_reading_holds_into_the_gap_behind_it_once_something_follows(engine, now, register, send, computed):
    device = register("pi-1")
    covered = []
    # Interval 5 minutes: alone it holds 5 minutes, before a gap 15; a reading at 01:02 gives the hour its last 10.
    for minute in (50, 3 * 24 * 60, 62):
        send(device, START_MS + np.array([minute]) * MINUTE_MS, ph=[6.0])
        refresh_dirty_hours(engine, now=now)
        covered.append(computed(device)["hours"]["ph_covered_s"].iloc[0])

    assert covered == [300.0, 600.0, 600.0]


def test_a_reading_no_longer_holds_into_the_gap_once_nothing_follows(engine, now, register, send, computed):
    device = register("pi-1")
    send(device, START_MS + np.array([50, 3 * 24 * 60]) * MINUTE_MS, ph=[6.0, 6.0])
    refresh_dirty_hours(engine, now=now)
    before = computed(device)["hours"]["ph_covered_s"].iloc[0]

    later = START + timedelta(days=3)
    with session_scope(engine) as session:
        session.execute(text("DELETE FROM readings WHERE ts >= :later"), {"later": later})
        mark_dirty(session, device.id, later, later + timedelta(hours=1), now=now)
    refresh_dirty_hours(engine, now=now)

    assert (before, computed(device)["hours"]["ph_covered_s"].tolist()) == (600.0, [300.0])


def test_a_probe_that_is_gone_for_long_does_not_have_its_last_hour_computed_with_every_other(
    engine, now, register, send, monkeypatch
):
    device = register("pi-1")
    n = np.arange(30 * 12)
    water = np.where(n < 12, 22.0, np.nan)
    send(device, START_MS + n * 5 * MINUTE_MS, ph=6 + n % 7 / 100, water_c=water)
    refresh_dirty_hours(engine, now=now)
    starts, compute = [], device_rollups._compute

    def note(session, wanted, **options):
        starts.extend(span.start for _, span in wanted)
        return compute(session, wanted, **options)

    monkeypatch.setattr(device_rollups, "_compute", note)
    send(device, START_MS + np.array([30 * 60]) * MINUTE_MS, ph=[6.0])
    refresh_dirty_hours(engine, now=now)

    # The hour itself and the three before it, in which its predecessor may hold for longer.
    assert starts == [START + timedelta(hours=27)]


def test_a_spike_at_the_end_of_an_hour_is_known_when_the_next_hour_begins(engine, now, register, send, computed):
    device = register("pi-1")
    minutes = np.arange(0, 65, 5)
    ph = np.where(minutes == 55, 7.5, 6.0)
    fails = []
    for rows in (slice(0, 12), slice(12, 13)):
        send(device, START_MS + minutes[rows] * MINUTE_MS, ph=ph[rows])
        refresh_dirty_hours(engine, now=START + timedelta(hours=2))
        fails.append(int(computed(device)["hours"]["n_fail"].iloc[0]))

    assert fails == [0, 1]


def test_why_a_value_is_missing_is_not_forgotten(engine, now, register, send, computed):
    device = register("pi-1")
    hints = np.array([0, Test.RAIL, 0], dtype=np.uint16)
    send(device, START_MS + np.arange(3) * 5 * MINUTE_MS, ph_mv=[1600.0, np.nan, 1600.0], ph_hints=hints)

    refresh_dirty_hours(engine, now=now)

    assert unpack_tests(computed(device)["flags"]["tests"])[0][1] == Test.RAIL | Test.MISSING


def test_scattered_samples_stay_suspect_whenever_their_hour_is_computed(engine, now, register, send, computed):
    device = register("pi-1")
    hints = np.array([0, Test.SCATTERED, 0], dtype=np.uint16)
    send(device, START_MS + np.arange(3) * 5 * MINUTE_MS, ph=[6.0, 6.01, 6.02], ph_hints=hints)
    send(device, START_MS + 20 * MINUTE_MS + np.arange(1), ph=[6.0])

    refresh_dirty_hours(engine, now=now)

    flags = computed(device)["flags"]
    assert unpack_flags(flags["quality"])[0].tolist() == [1, 3, 1, 1]
    assert unpack_tests(flags["tests"])[0][1] == Test.SCATTERED
    assert computed(device)["hours"]["ph_n"].tolist() == [3]


def test_plausible_values_among_impossible_ones_are_doubted(engine, now, register, send, computed):
    device = register("pi-1")
    send(device, START_MS + np.arange(8) * 5 * MINUTE_MS, ph=[15.2, 15.2, 15.2, 6.0, 15.2, 6.0, 15.2, 6.0])

    refresh_dirty_hours(engine, now=now)

    ph_flags, ph_tests = (unpack(computed(device)["flags"][column])[0] for unpack, column in UNPACKERS)
    assert ph_flags.tolist() == [4, 4, 4, 3, 4, 3, 4, 3]
    assert (ph_tests[[3, 5, 7]] & Test.NOISY).all()


def test_a_value_that_was_impossible_stays_so_however_often_it_is_judged(engine, now, register, send, computed):
    device = register("pi-1")
    send(device, START_MS + np.arange(3) * 5 * MINUTE_MS, ph=[6.0, 15.2, 6.0], water_c=[20.0, 85.0, 20.0])
    before = computed(device)["flags"]

    refresh_dirty_hours(engine, now=now)

    after = computed(device)["flags"]
    assert after.iloc[1].tolist() == before.iloc[1].tolist()
    assert after["quality"].iloc[1] == 0x494

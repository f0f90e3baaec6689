"""Waits that spread a fleet."""

import random

from pi_reader.backoff import FullJitter


def test_waits_cover_the_whole_range_below_a_doubling_limit() -> None:
    backoffs = [FullJitter(random.Random(seed)) for seed in range(500)]

    third = [[backoff.after_failure() for _ in range(3)][2] for backoff in backoffs]

    # The third wait is uniform between 0 and 8 seconds.
    assert min(third) < 0.5
    assert 7.5 < max(third) <= 8.0


def test_waits_never_exceed_five_minutes() -> None:
    backoff = FullJitter(random.Random(1))

    assert max(backoff.after_failure() for _ in range(500)) <= 300.0


def test_fleet_does_not_return_in_the_same_second() -> None:
    # 99 Pis an hour into an outage, server back now: when does each one try next?
    arrivals: list[float] = []
    for seed in range(99):
        backoff, clock = FullJitter(random.Random(seed)), 0.0
        while clock < 3600.0:
            clock += backoff.after_failure()
        arrivals.append(clock)

    busiest_second = max(sum(second <= arrival < second + 1 for arrival in arrivals) for second in range(3600, 3900))

    assert busiest_second <= 10
    assert max(arrivals) <= 3900.0


def test_asked_wait_is_never_undercut_and_never_longer_than_an_hour_and_a_quarter() -> None:
    backoff = FullJitter(random.Random(1))

    waits = [backoff.after_request(10**9) for _ in range(200)]

    assert min(waits) >= 3600
    assert max(waits) <= 4500


def test_negative_request_is_no_wait_in_the_past() -> None:
    assert FullJitter(random.Random(1)).after_request(-5) >= 0

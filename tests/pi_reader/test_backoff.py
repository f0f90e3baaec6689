"""Waits that spread a fleet."""

import random
from collections import Counter

from pi_reader.backoff import FIRST_OF_A_GUEST_S, FullJitter


def test_waits_cover_the_whole_range_below_a_doubling_limit() -> None:
    backoffs = [FullJitter(random.Random(seed), first_s=2.0) for seed in range(500)]

    third = [[backoff.after_failure() for _ in range(3)][2] for backoff in backoffs]

    # The third wait is uniform between 0 and 8 seconds.
    assert min(third) < 0.5
    assert 7.5 < max(third) <= 8.0


def test_waits_never_exceed_five_minutes() -> None:
    backoff = FullJitter(random.Random(1))

    assert max(backoff.after_failure() for _ in range(500)) <= 300.0


def test_fleet_that_loses_its_server_at_one_moment_never_asks_more_than_ten_times_a_second() -> None:
    requests: Counter[int] = Counter()
    back: list[float] = []
    for seed in range(99):
        backoff, clock = FullJitter(random.Random(seed)), 0.0
        while clock < 3600.0:
            clock += backoff.after_failure()
            requests[int(clock)] += 1
        back.append(clock)

    assert max(requests.values()) <= 10
    assert max(back) <= 3900.0


def test_pi_that_has_yet_to_join_tries_again_within_two_seconds() -> None:
    firsts = [FullJitter(random.Random(seed), first_s=FIRST_OF_A_GUEST_S).after_failure() for seed in range(100)]

    assert max(firsts) <= 2.0


def test_asked_wait_is_never_undercut_and_never_longer_than_an_hour_and_a_quarter() -> None:
    backoff = FullJitter(random.Random(1))

    waits = [backoff.after_request(10**9) for _ in range(200)]

    assert min(waits) >= 3600
    assert max(waits) <= 4500


def test_negative_request_is_no_wait_in_the_past() -> None:
    assert FullJitter(random.Random(1)).after_request(-5) >= 0

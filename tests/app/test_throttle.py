"""How long failures make a login wait."""

from datetime import UTC, datetime, timedelta

import pytest

from app.throttle import account_wait_s, network_wait_s
from models.networks import network_of

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


def failures(count: int, *, newest_s_ago: float = 0, apart_s: float = 1) -> list[datetime]:
    return [NOW - timedelta(seconds=newest_s_ago + place * apart_s) for place in range(count)]


@pytest.mark.parametrize(
    ("count", "wait_s"), [(0, 0), (4, 0), (5, 2), (6, 4), (7, 8), (10, 64), (13, 512), (14, 900), (40, 900)]
)
def test_the_wait_doubles_from_the_fifth_failure_up_to_a_quarter_of_an_hour(count: int, wait_s: int):
    assert account_wait_s(failures(count), NOW) == wait_s


def test_the_wait_runs_from_the_newest_failure():
    assert account_wait_s(failures(7, newest_s_ago=3), NOW) == 5
    assert account_wait_s(failures(7, newest_s_ago=8), NOW) == 0


def test_part_of_a_second_is_waited_for_in_full():
    assert account_wait_s(failures(5, newest_s_ago=1.5), NOW) == 1


def test_a_quiet_quarter_of_an_hour_forgives_everything():
    assert account_wait_s(failures(40, newest_s_ago=900), NOW) == 0


def test_twenty_failures_of_one_network_in_five_minutes_stop_it_for_all_accounts():
    assert network_wait_s(failures(19), NOW) == 0
    assert network_wait_s(failures(20), NOW) == 300 - 19


def test_a_network_may_go_on_once_the_oldest_of_twenty_is_five_minutes_old():
    assert network_wait_s(failures(20, newest_s_ago=0, apart_s=16), NOW) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.168.4.17", "192.168.4.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_neighbouring_addresses_count_as_one(address: str | None, network: str):
    assert network_of(address) == network

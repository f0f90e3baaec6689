"""Which Pis fell silent together."""

from datetime import UTC, datetime, timedelta

from app.pages.today.entries import Scope, Silence
from app.pages.today.silence import Listener, silent_groups

SIX = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def pis(zone: str, numbers: range, minutes: float | None, *, site: str = "Lembang") -> list[Listener]:
    """Pis of a zone that fell silent one after the other within two minutes, or speak (None)."""
    since = None if minutes is None else SIX + timedelta(minutes=minutes)
    return [
        Listener(f"pi-{n}", site, zone, since and since + timedelta(seconds=10 * place))
        for place, n in enumerate(numbers)
    ]


def told(listeners: list[Listener]) -> list[tuple[Scope, int, int, datetime]]:
    silences: list[Silence] = [group.silence for group in silent_groups(listeners)]
    return [(one.scope, one.count, one.total, one.since) for one in silences]


def test_a_zone_that_stops_together_is_one_line():
    listeners = pis("GH 3", range(12), 12) + pis("GH 1", range(20, 40), None)

    assert told(listeners) == [(Scope.ZONE, 12, 12, SIX + timedelta(minutes=12))]


def test_a_whole_site_is_named_where_several_of_its_zones_stop():
    listeners = pis("GH 1", range(5), 0) + pis("GH 2", range(5, 10), 2)
    listeners += pis("GH 9", range(50, 61), None, site="Bandung")

    assert told(listeners) == [(Scope.SITE, 10, 10, SIX)]


def test_everybody_is_named_where_several_sites_stop():
    listeners = pis("GH 1", range(5), 0) + pis("GH 9", range(50, 61), 3, site="Bandung")

    assert told(listeners) == [(Scope.EVERYBODY, 16, 16, SIX)]


def test_two_pis_may_stop_by_chance():
    listeners = pis("GH 1", range(2), 0) + pis("GH 1", range(2, 8), None)

    assert told(listeners) == [(Scope.ONE, 1, 1, SIX), (Scope.ONE, 1, 1, SIX + timedelta(seconds=10))]


def test_three_of_a_large_zone_have_no_common_cause():
    listeners = pis("GH 1", range(3), 0) + pis("GH 1", range(3, 20), None)

    assert [scope for scope, *_ in told(listeners)] == [Scope.ONE] * 3


def test_one_that_was_silent_for_days_does_not_belong_to_the_others():
    listeners = pis("GH 1", range(1), -4000) + pis("GH 1", range(1, 7), 0)

    assert told(listeners) == [(Scope.ZONE, 6, 7, SIX), (Scope.ONE, 1, 1, SIX - timedelta(minutes=4000))]


def test_two_power_cuts_of_one_zone_are_two_lines():
    listeners = pis("GH 1", range(4), 0) + pis("GH 1", range(4, 8), 120)

    assert told(listeners) == [
        (Scope.ZONE, 4, 8, SIX),
        (Scope.ZONE, 4, 8, SIX + timedelta(hours=2)),
    ]


def test_pis_that_stand_nowhere_are_told_one_by_one():
    listeners = [Listener(f"pi-{n}", None, None, SIX) for n in range(4)] + pis("GH 1", range(10, 30), None)

    assert [scope for scope, *_ in told(listeners)] == [Scope.ONE] * 4

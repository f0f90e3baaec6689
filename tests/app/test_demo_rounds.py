"""The demo opens on a fleet whose calibrations are mostly in order."""

from datetime import UTC, datetime, timedelta

from app.demo.load import last_round

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


def rounds(days: int) -> dict[int, datetime]:
    start = NOW - timedelta(days=days)
    return {seed: at for seed in range(1, 100) for at in last_round(seed, start=start, now=NOW)}


def test_three_of_99_tanks_were_left_out() -> None:
    checked = rounds(days=30)

    assert set(range(1, 100)) - checked.keys() == {25, 50, 75}
    assert min(checked.values()) == NOW - timedelta(days=21)
    assert max(checked.values()) == NOW - timedelta(days=2)


def test_a_short_history_has_no_round_before_its_beginning() -> None:
    assert rounds(days=2) == {}

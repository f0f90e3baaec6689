"""The soak command: short here, and what it would call a failure."""

import threading

import pytest

from pi_reader.soak import SoakPlan, SoakResult, soak

FLAT = (40.0, 42.0, *[42.3] * 8)


def test_a_short_soak_loses_nothing_although_answers_are_lost() -> None:
    lines: list[str] = []

    result = soak(SoakPlan(readings=30, interval_s=0.05), tell=lines.append, stop=threading.Event())

    assert len(lines) == 10
    assert result.created >= 30
    assert result.lost == 0
    assert result.is_good


@pytest.mark.parametrize(
    ("result", "is_good"),
    [
        (SoakResult(FLAT, 1.0, created=360, arrived=350, waiting=10, lost=0), True),
        (SoakResult(FLAT, 1.0, created=360, arrived=351, waiting=10, lost=1), False),
        (SoakResult(FLAT, 1.0, created=0, arrived=0, waiting=0, lost=0), False),
        (SoakResult((*FLAT[:9], 44.0), 1.0, created=360, arrived=360, waiting=0, lost=0), False),
    ],
)
def test_growing_memory_and_lost_readings_are_failures(result: SoakResult, is_good: bool) -> None:
    assert result.is_good is is_good

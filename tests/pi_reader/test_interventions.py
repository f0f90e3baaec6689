"""What was done to simulated tanks, told beside their history."""

import json
import subprocess
import sys
from itertools import pairwise

import pytest

from pi_reader.simulated.interventions import interventions
from pi_reader.simulated.water import Tank

START_MS = 1_795_400_000_000
WEEK_MS = 7 * 86_400_000


def test_every_change_is_seen_in_the_water() -> None:
    tank = Tank(1)
    done = list(interventions(1, start_ms=START_MS, end_ms=START_MS + WEEK_MS))

    # An hour later everything is mixed in, and the plants have taken little.
    for one in done:
        before, after = tank.water(one.at_ms / 1000 - 1), tank.water(one.at_ms / 1000 + 3600)
        assert after.ec_us_cm - before.ec_us_cm == pytest.approx(one.ec_change, abs=12)
        assert after.ph - before.ph == pytest.approx(one.ph_change, abs=0.03)
        assert one.ec_us_cm == pytest.approx(before.ec_us_cm, abs=1)
    assert 5 <= len(done) <= 14
    assert [one.done for one in done].count("water-change") == 1


def test_they_come_in_time_order_from_the_span_asked_for() -> None:
    done = list(interventions(2, start_ms=START_MS, end_ms=START_MS + 3 * WEEK_MS))

    assert all(before.at_ms < after.at_ms for before, after in pairwise(done))
    assert done[0].at_ms >= START_MS
    assert done[-1].at_ms < START_MS + 3 * WEEK_MS


def test_the_command_prints_a_line_each() -> None:
    span = ["--start", "2026-11-01T00:00:00Z", "--end", "2026-11-08T00:00:00Z"]
    command = [sys.executable, "-m", "pi_reader", "events", "--seeds", "1..2", *span]

    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    first = json.loads(lines[0])
    assert set(first) == {"seed", "at_ms", "done", "ec_us_cm", "ec_change", "ph_change"}
    assert {json.loads(line)["seed"] for line in lines} == {1, 2}

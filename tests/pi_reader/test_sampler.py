"""The schedule of readings, and readings that go on whatever happens."""

import threading
from itertools import count

import pytest

from pi_reader.clock import Clock
from pi_reader.outbox import Outbox
from pi_reader.sample import Reason, Sample
from pi_reader.sampler import Sampler, Schedule


def dues(schedule: Schedule, now: float, *, work_s: float, times: int) -> list[float]:
    """Follow a schedule with work that takes ``work_s`` after each due time."""
    made = []
    for _ in range(times):
        due = schedule.next_due(now)
        made.append(due)
        now = max(now, due) + work_s
    return made


def test_readings_are_due_at_multiples_of_the_interval() -> None:
    assert dues(Schedule(10.0, 100.0), 100.0, work_s=3.0, times=4) == [100.0, 110.0, 120.0, 130.0]


def test_schedule_does_not_drift_over_a_month() -> None:
    schedule = Schedule(10.0, 0.0)

    assert dues(schedule, 0.0, work_s=3.3, times=259_200)[-1] == 2_591_990.0


def test_slow_reading_skips_slots_and_returns_to_the_grid() -> None:
    schedule = Schedule(10.0, 0.0)

    assert dues(schedule, 0.0, work_s=25.0, times=3) == [0.0, 30.0, 60.0]
    assert schedule.missed == 4


def test_first_reading_waits_for_its_phase() -> None:
    assert Schedule(10.0, 107.0).next_due(100.0) == 107.0


def test_pause_of_the_machine_costs_the_slots_inside_it_only() -> None:
    schedule = Schedule(10.0, 0.0)
    schedule.next_due(0.0)

    assert schedule.next_due(3601.0) == 3610.0


class Probes:
    """Gives numbered samples and lets the test wait for a number of looks."""

    def __init__(self, *, failing: tuple[int, ...] = (), stop_after: int = 5) -> None:
        self.numbers = count(1)
        self.failing = failing
        self.stop_after = stop_after
        self.stop = threading.Event()

    def read(self) -> Sample | None:
        number = next(self.numbers)
        if number >= self.stop_after:
            self.stop.set()
        if number in self.failing:
            raise RuntimeError("a bug")
        return Sample(float(number), 1.0, 2.0)


def run(probes: Probes, outbox: Outbox) -> list[float | None]:
    seen: list[float | None] = []
    sampler = Sampler(
        probes.read, outbox, Clock(trusted=True), interval_s=0.01, on_stored=lambda reading: seen.append(reading.ph_mv)
    )
    thread = threading.Thread(target=sampler.run, args=(probes.stop,), daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    return seen


def test_every_look_is_stored_and_told(outbox: Outbox) -> None:
    assert run(Probes(), outbox) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert [reading.ph_mv for reading in outbox.batch(10, with_newest=False)] == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_fault_of_the_program_becomes_a_reading_with_a_reason(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    run(Probes(failing=(2, 3)), outbox)

    stored = outbox.batch(10, with_newest=False)
    assert [reading.ph_mv for reading in stored] == [1.0, None, None, 4.0, 5.0]
    assert set(stored[1].reasons.values()) == {Reason.READER_ERROR.value}
    assert "a bug" in caplog.text


def test_pi_without_power_records_nothing(outbox: Outbox) -> None:
    sampler = Sampler(lambda: None, outbox, Clock(trusted=True), interval_s=1.0, on_stored=lambda reading: None)

    sampler.take_one()

    assert (len(outbox), sampler.created) == (0, 0)


def test_a_shorter_interval_does_not_wait_for_the_next_reading(outbox: Outbox) -> None:
    probes = Probes(stop_after=3)
    sampler = Sampler(probes.read, outbox, Clock(trusted=True), interval_s=3600.0, on_stored=lambda stored: None)
    running = threading.Thread(target=sampler.run, args=(probes.stop,))
    running.start()
    while not sampler.created:
        probes.stop.wait(0.01)

    sampler.interval_s = 0.05
    running.join(timeout=20)

    assert sampler.created == 3


def test_a_hurry_ends_by_itself(outbox: Outbox) -> None:
    probes = Probes(stop_after=4)
    sampler = Sampler(probes.read, outbox, Clock(trusted=True), interval_s=0.02, on_stored=lambda stored: None)
    sampler.hurry_until(0.0, then_s=0.05)

    sampler.run(probes.stop)

    assert sampler.interval_s == 0.05


def test_the_probes_hear_of_every_change_of_pace(outbox: Outbox) -> None:
    paces: list[float] = []
    sampler = Sampler(
        lambda: None,
        outbox,
        Clock(trusted=True),
        interval_s=60.0,
        on_stored=lambda reading: None,
        on_pace=paces.append,
    )

    sampler.interval_s = 1.0

    assert paces == [60.0, 1.0]

"""What the agent knows about the time."""

import time

from pi_reader.clock import Clock, Trust


class LostClock(Clock):
    """A clock of a Pi without battery and without a time service."""

    def _kernel_says_synced(self) -> bool:
        return False


def test_trusted_clock_is_the_wall_clock() -> None:
    now = Clock(trusted=True).now()

    assert now.trust is Trust.SYNCED
    assert abs(now.wall_ms - time.time() * 1000) < 5000


def test_time_since_boot_grows_with_real_time() -> None:
    clock = Clock(trusted=True)

    first, second = clock.now(), clock.now()

    assert 0 <= second.boot_ms - first.boot_ms < 5000
    assert first.boot_id == second.boot_id != ""


def test_unsynchronised_clock_is_not_vouched_for() -> None:
    assert LostClock().now().trust is None


def test_time_of_the_server_is_carried_on_by_the_time_since_boot() -> None:
    clock = LostClock()
    at = clock.now()

    clock.learn(1_795_420_800_000, at)

    now = clock.now()
    assert now.trust is Trust.CORRECTED
    assert now.wall_ms - 1_795_420_800_000 == now.boot_ms - at.boot_ms


def test_question_to_the_kernel_has_an_answer_here() -> None:
    # True or False depends on the machine; the call must simply work and agree with itself.
    clock = Clock()

    assert clock._kernel_says_synced() is clock._kernel_says_synced()

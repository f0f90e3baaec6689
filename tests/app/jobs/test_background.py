"""The thread that every job beside the server runs in."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from app.jobs.background import BackgroundJob, Work
from models.db import make_engine
from models.locks import Lock, trying

NEVER_S = 3600.0
DEADLINE_S = 30.0

MakeJob = Callable[..., BackgroundJob]


@pytest.fixture
def make_job() -> Iterator[MakeJob]:
    """Make a job that needs no database; it is stopped at the end."""
    jobs: list[BackgroundJob] = []
    engine = make_engine("postgresql://nobody@127.0.0.1:1/nothing")

    def make(work: Work, **options: float) -> BackgroundJob:
        jobs.append(BackgroundJob("test", work, engine=engine, **{"interval_s": NEVER_S, **options}))
        return jobs[-1]

    yield make
    for job in jobs:
        job.stop()


def test_while_there_is_more_to_do_it_does_not_rest(make_job: MakeJob):
    rounds, done = [0], threading.Event()

    def work(_: Callable[[], bool]) -> bool:
        rounds[0] += 1
        if rounds[0] == 5:
            done.set()
        return rounds[0] < 5

    make_job(work).start()

    assert done.wait(DEADLINE_S)


def test_what_is_due_soon_ends_its_rest(make_job: MakeJob):
    began = threading.Semaphore(0)

    def work(_: Callable[[], bool]) -> bool:
        began.release()
        job.expect_work(0.001)
        return False

    job = make_job(work)
    job.start()

    assert began.acquire(timeout=DEADLINE_S)
    assert began.acquire(timeout=DEADLINE_S)


def test_a_notice_wakes_it_before_its_time(make_job: MakeJob):
    began = threading.Semaphore(0)
    job = make_job(lambda _: began.release() or False)
    job.start()
    assert began.acquire(timeout=DEADLINE_S)

    job.notice()

    assert began.acquire(timeout=DEADLINE_S)


@pytest.mark.parametrize("error", [ValueError("odd"), OperationalError("SELECT 1", {}, Exception("away"))])
def test_it_outlives_a_failure_and_counts_it(make_job: MakeJob, error: Exception, caplog):
    worked = threading.Event()

    def work(_: Callable[[], bool]) -> bool:
        if job.counts.failures < 2:
            raise error
        worked.set()
        return False

    job = make_job(work, interval_s=0.001)
    job.start()

    assert worked.wait(DEADLINE_S)
    assert job.counts.failures == 2
    assert "the test job" in caplog.text


def test_work_is_told_to_leave_off_when_the_job_is_stopped(make_job: MakeJob):
    began = threading.Event()

    def work(should_stop: Callable[[], bool]) -> bool:
        began.set()
        while not should_stop():
            time.sleep(0.001)
        return True

    job = make_job(work)
    job.start()
    assert began.wait(DEADLINE_S)

    job.stop()

    assert not job.is_alive()
    assert job.counts.rounds == 1


def test_a_round_that_hangs_does_not_hold_up_the_end(make_job: MakeJob, caplog):
    began, release = threading.Event(), threading.Event()

    def work(_: Callable[[], bool]) -> bool:
        began.set()
        return not release.wait(DEADLINE_S)

    job = make_job(work)
    job.start()
    assert began.wait(DEADLINE_S)

    job.stop(within_s=0.01)

    assert job.is_alive()
    assert "did not end" in caplog.text
    release.set()


def test_a_job_between_two_rounds_stops_at_once(make_job: MakeJob):
    job = make_job(lambda _: False)
    job.start()

    job.stop()

    assert not job.is_alive()


def test_a_job_that_was_never_started_can_be_stopped(make_job: MakeJob):
    job = make_job(lambda _: False)

    job.stop()

    assert (job.counts.rounds, job.counts.failures) == (0, 0)


def test_of_two_processes_one_works(engine: Engine, database_url: str):
    rounds: list[str] = []
    job = BackgroundJob(
        "test", lambda _: rounds.append("round") is not None, engine=engine, interval_s=NEVER_S, lock=Lock.ROLLUP_JOB
    )
    other = make_engine(database_url)
    with trying(other, Lock.ROLLUP_JOB):
        job.run_once()
        assert rounds == []

    job.run_once()
    other.dispose()

    assert rounds == ["round"]

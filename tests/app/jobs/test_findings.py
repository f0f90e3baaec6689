"""The round of checks: signs of life, outages, and one process that checks for all."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from app.insights.findings import Check, Lack
from app.insights.stored import unpacked
from app.jobs.findings import FindingsJob, check_fleet
from models.db import session_scope
from models.locks import Lock, trying
from models.read.watch import WatchRecord, findings_by_device, server_watch
from models.write.devices import plant, register_device


def watched(engine: Engine) -> WatchRecord | None:
    with session_scope(engine) as session:
        return server_watch(session)


def run_at(engine: Engine, moment: datetime) -> None:
    """One round at a moment, in a process of its own as far as the job can tell."""
    job = FindingsJob(engine, 15.0, clock=lambda: moment)
    assert job.run_once() is False, job.counts


def test_a_restart_is_no_outage(engine: Engine, now: datetime):
    run_at(engine, now)
    run_at(engine, now + timedelta(seconds=80))

    assert watched(engine) == WatchRecord(now + timedelta(seconds=80), None, None, now + timedelta(seconds=80))


def test_a_longer_pause_is_one_and_is_remembered(engine: Engine, now: datetime):
    run_at(engine, now)
    run_at(engine, now + timedelta(hours=2))
    run_at(engine, now + timedelta(hours=2, seconds=15))

    watch = watched(engine)
    assert watch is not None
    assert (watch.down_from, watch.up_since) == (now, now + timedelta(hours=2))


@pytest.mark.parametrize(("seconds", "is_checked_again"), [(15, False), (45, False), (58, True)])
def test_of_many_processes_one_checks_once_a_minute(
    engine: Engine, now: datetime, seconds: int, is_checked_again: bool
):
    run_at(engine, now)
    later = now + timedelta(seconds=seconds)
    run_at(engine, later)

    watch = watched(engine)
    assert watch is not None
    assert watch.checked_at == (later if is_checked_again else now)


def test_a_process_whose_turn_it_is_not_does_nothing(engine: Engine, now: datetime):
    with trying(engine, Lock.FINDINGS_JOB):
        run_at(engine, now)

    assert watched(engine) is None


def test_what_cannot_be_foretold_is_kept_and_forgotten_with_the_device(engine: Engine, now: datetime):
    with session_scope(engine) as session:
        device = register_device(session, "pi-1", now=now - timedelta(days=1))
        plant(session, device.id, "kale", started_at=now - timedelta(days=1), transplanted_on=now.date())
    check_fleet(engine, now=now)

    with session_scope(engine) as session:
        results = [unpacked(one) for one in findings_by_device(session)[device.id]]

    assert [(one.check, one.lack) for one in results] == [(Check.LIMIT, Lack.NO_READINGS)] * 2

"""All tanks checked once a minute, in one of however many processes; pages read what came of it in milliseconds."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from app.insights.findings import Check, Outcome, Result
from app.insights.fleet import fleet_results
from app.insights.stored import packed
from app.jobs.background import BackgroundJob
from models.db import session_scope
from models.locks import Lock
from models.read.watch import server_watch
from models.write.watch import beat, replace_findings

#: So often all tanks are checked: the checks look at hours, and the state of this moment is read anew anyway.
CHECK_EVERY = timedelta(seconds=60)
#: A restart takes seconds; a longer pause between two signs of life was an outage.
OUTAGE_AFTER = timedelta(seconds=90)
# A round that came a little early is not put off by a whole interval.
_SLACK = timedelta(seconds=5)
# Checking a hundred tanks takes a second of one core; posts and pages keep the rest.
_SHARE = 0.2


class FindingsJob(BackgroundJob):
    """Gives a sign of life in every round, and checks all tanks when nobody did so for a minute."""

    def __init__(self, engine: Engine, interval_s: float, *, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(
            "findings", self._round, engine=engine, interval_s=interval_s, share=_SHARE, lock=Lock.FINDINGS_JOB
        )
        self._tell = clock or (lambda: datetime.now(UTC))

    def _round(self, _should_stop: Callable[[], bool]) -> bool:
        now = self._tell()
        with session_scope(self._engine) as session:
            beat(session, now, outage_after=OUTAGE_AFTER)
            watch = server_watch(session)
        checked_at = watch.checked_at if watch else None
        if checked_at is None or not timedelta(0) <= now - checked_at < CHECK_EVERY - _SLACK:
            check_fleet(self._engine, now=now)
        return False


def check_fleet(engine: Engine, *, now: datetime) -> None:
    """Check all tanks as of ``now`` and keep what came of it: what was found, and where no limit can be foretold."""
    with session_scope(engine) as session:
        beat(session, now, outage_after=OUTAGE_AFTER)
        by_device: defaultdict[int, list[Any]] = defaultdict(list)
        for result in fleet_results(session, now=now):
            if _is_worth_keeping(result):
                by_device[result.device_id].append(packed(result))
        replace_findings(session, by_device, now=now)


def _is_worth_keeping(result: Result) -> bool:
    return result.outcome is Outcome.FOUND or (result.check is Check.LIMIT and result.outcome is Outcome.UNKNOWN)

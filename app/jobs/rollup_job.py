"""The rollups kept current beside the server: first the hour in progress of all tanks, then history, tank by tank."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pandas as pd
from sqlalchemy import Engine

from app.jobs.background import BackgroundJob
from app.jobs.live_hours import CONTEXT, compute_live_hours
from app.jobs.rollups import group_devices, serve_devices
from app.jobs.spans import HOUR
from app.memory import give_back
from models.db import session_scope
from models.locks import Lock
from models.read.devices import DeviceRecord, list_devices
from models.read.dirty import readings_per_marked_hour
from models.read.readings import newest_of
from models.read.recent import devices_with_overrides
from models.write.rollups import take_dirty_hours

#: Every tank in turn is judged by all tests at least so often, also in the middle of an hour.
WHOLE_EVERY = timedelta(minutes=10)
#: Marks looked at in one round: a month of hours of a hundred tanks.
_MOST_MARKS = 100_000
# Then the newest readings have their turn again.
_HISTORY_S = 1.5
# A backlog comes in batches, mostly of many tanks at once, and a pass over all of them costs little more than over one:
# they are left until no mark was set for so long, or one of them is so old.
_SETTLED, _PATIENCE = timedelta(seconds=1), timedelta(seconds=3.25)
# Pages and posts keep the rest of the machine.
_SHARE = 0.5


@dataclass(slots=True)
class _Memory:
    """What this process knows of each tank: when all tests judged it and up to where, and the live mark last served."""

    judged_at: dict[int, datetime] = field(default_factory=dict)
    judged_until: dict[int, datetime] = field(default_factory=dict)
    served: dict[int, pd.Timestamp] = field(default_factory=dict)

    def note(self, device_id: int, until: datetime, now: datetime) -> None:
        """Note that all tests have judged a tank's readings up to its newest one."""
        self.judged_at[device_id], self.judged_until[device_id] = now, until
        self.served.pop(device_id, None)


class RollupJob(BackgroundJob):
    """Keeps the rollups current in the background, in one of however many processes share the database.

    The mark of an hour in progress stays until the whole computation has served it, so nothing is forgotten when the
    process dies, and a reader that needs all of it (:func:`app.jobs.rollups.refresh_dirty_hours`) finds it.
    """

    def __init__(self, engine: Engine, interval_s: float, *, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(
            "rollups", self._round, engine=engine, interval_s=interval_s, share=_SHARE, lock=Lock.ROLLUP_JOB
        )
        self._tell = clock or (lambda: datetime.now(UTC))
        self._memory = _Memory()

    def _round(self, should_stop: Callable[[], bool]) -> bool:
        now = self._tell()
        with session_scope(self._engine) as session:
            marks = take_dirty_hours(session, limit=_MOST_MARKS)
            devices = {one.id: one for one in list_devices(session)} if len(marks) else {}
        marks = marks[marks["device_id"].isin(list(devices))]
        self._serve_live(devices, marks, now=now)
        return self._serve_history(devices, marks, now=now, should_stop=should_stop)

    def _serve_live(self, devices: dict[int, DeviceRecord], marks: pd.DataFrame, *, now: datetime) -> None:
        """Serve the hour in progress of all tanks that have been judged by all tests lately."""
        hour = _hour_of(now)
        live = marks[marks["hour"] == hour].set_index("device_id")["marked_at"]
        new = [one for one, mark in live.items() if one in self._recent(now) and self._memory.served.get(one) != mark]
        if not new:
            return
        with session_scope(self._engine) as session:
            # A person's word goes with the whole computation only.
            decided = devices_with_overrides(session, hour - CONTEXT, now + HOUR)
            wanted = [devices[one] for one in new if one not in decided]
            if wanted:
                compute_live_hours(session, wanted, hour, judged_until=self._memory.judged_until)
        self._memory.served |= {one.id: live[one.id] for one in wanted}

    def _serve_history(
        self,
        devices: dict[int, DeviceRecord],
        marks: pd.DataFrame,
        *,
        now: datetime,
        should_stop: Callable[[], bool],
    ) -> bool:
        """Compute tanks as a whole while the round's time lasts; tells whether some are left."""
        due, counts = self._due(marks, now=now), marks["device_id"].value_counts()
        began = time.monotonic()
        with session_scope(self._engine) as session:
            held = readings_per_marked_hour(session, marks[marks["device_id"].isin(due)])
        for group in group_devices({devices[one]: int(counts[one]) for one in due}, held):
            if should_stop() or time.monotonic() - began > _HISTORY_S:
                return True
            with session_scope(self._engine) as session:
                # Asked before: what comes meanwhile may have been too late for the computation.
                newest = newest_of(session, [device.id for device in group])
            for device in serve_devices(self._engine, {one: int(counts[one.id]) for one in group}, held, now=now):
                self._memory.note(device.id, newest.get(device.id, now), now)
            # A stretch of readings a second takes a hundred megabytes, and the C library would keep most of them.
            give_back()
        return False

    def _due(self, marks: pd.DataFrame, *, now: datetime) -> list[int]:
        """List the tanks to be computed as a whole, the one whose mark is oldest first; none while more is awaited."""
        is_live = marks["hour"] == _hour_of(now)
        is_wanted = ~is_live | ~marks["device_id"].isin(list(self._recent(now)))
        marked_at = marks[is_wanted].groupby("device_id")["marked_at"].min().sort_values()
        if marked_at.empty:
            return []
        newest = marks.loc[is_wanted, "marked_at"].max()
        due_at = min(newest + _SETTLED, marked_at.min() + _PATIENCE)
        # A mark of the future was set by a machine whose clock is ahead.
        if now < due_at and newest <= now:
            self.expect_work((due_at - now).total_seconds())
            return []
        return [int(one) for one in marked_at.index]

    def _recent(self, now: datetime) -> set[int]:
        return {one for one, at in self._memory.judged_at.items() if now - at < WHOLE_EVERY}


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)

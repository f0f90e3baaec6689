"""Where the page's facts come from: a handful of short queries, and what the last round of checks kept."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from analytics.quantities import Quantity
from app.health import DISK_WARNING
from app.insights.findings import Result
from app.insights.stored import unpacked
from app.pages.fleet.rows import Device, judged
from app.pages.fleet.source import DatabaseFleet, first_hour
from app.pages.page import PageContext
from app.pages.today.entries import Entry, Kind, ServerTrouble, Trouble, Waiting, Worklist
from app.pages.today.worklist import Known, build_worklist
from app.principal import Role, current_user
from app.silence import Outage
from models.db import session_scope
from models.read.fleet import outside_seconds
from models.read.operations import operations
from models.read.watch import calibration_ages, findings_by_device, server_watch, unplaced_readings, waiting_pis

#: Hours may wait so long for their computation before it is a trouble: charts are behind by as much.
LATE_ROLLUPS_S = 15 * 60.0
#: A round of checks is due every minute.
LATE_CHECKS = timedelta(minutes=10)
#: What happened longer ago is no news.
_NEWS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Look:
    """The fleet at one moment.

    ``readings`` counts those of the reader's day by device id; ``seconds`` is as from
    :func:`models.read.fleet.outside_seconds`; ``checked_at`` is None before the first round of checks.
    """

    devices: Sequence[Device]
    worklist: Worklist
    readings: pd.Series
    seconds: pd.DataFrame
    checked_at: datetime | None


class TodaySource(Protocol):
    """What the page asks."""

    def look(self, now: datetime) -> Look:
        """Look at everything."""


class DatabaseToday:
    """Answers from the database; what changes slowly is kept for all readers of this process for a while."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._engine: Engine = context.engine
        self._fleet = DatabaseFleet(context.engine)
        self._lock = threading.Lock()
        self._results: tuple[datetime | None, Mapping[int, list[Result]]] = (None, {})
        self._seconds: tuple[datetime, pd.DataFrame] | None = None

    def look(self, now: datetime) -> Look:
        """Look at everything."""
        hours = self._fleet.hours(now)
        with session_scope(self._engine) as session:
            watch = server_watch(session)
            checked_at = watch.checked_at if watch else None
            outage = Outage(watch.down_from, watch.up_since) if watch and watch.down_from and watch.up_since else None
            ages = calibration_ages(session, now)
            known = Known(
                judged(self._fleet.devices(now), hours.iloc[:0], now, outage),  # nothing of the day is drawn here
                self._results_of(session, checked_at),
                {(device_id, Quantity(quantity)): at for (device_id, quantity), at in ages.items()},
                _waiting(session),
            )
            troubles = [*self._server_troubles(session, checked_at, outage, now), *_unplaced(session, known, now)]
            seconds = self._seconds_of_day(session, now)
        today = hours[hours["hour"] >= self._midnight(now)]
        worklist = build_worklist(known, now)
        return Look(
            known.devices,
            Worklist([*troubles, *worklist.entries], worklist.unforeseen),
            today.groupby("device_id")["n"].sum(),
            seconds,
            checked_at,
        )

    def _results_of(self, session: Session, checked_at: datetime | None) -> Mapping[int, list[Result]]:
        """Give what the last round of checks kept; read again only after another round, whoever did it."""
        with self._lock:
            if self._results[0] != checked_at:
                stored = findings_by_device(session).items()
                self._results = checked_at, {one: [unpacked(each) for each in results] for one, results in stored}
            return self._results[1]

    def _seconds_of_day(self, session: Session, now: datetime) -> pd.DataFrame:
        """Give for how long tanks were measured and outside in the last 24 hours, at most a minute old."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if self._seconds is None or self._seconds[0] != minute:
                self._seconds = minute, outside_seconds(session, now, short=first_hour(now), long=first_hour(now))
            return self._seconds[1]

    def _midnight(self, now: datetime) -> datetime:
        zone = ZoneInfo(self._context.zone_of_reader())
        return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def _server_troubles(
        self, session: Session, checked_at: datetime | None, outage: Outage | None, now: datetime
    ) -> list[Entry]:
        troubles = []
        used, late_s = self._context.disk_used(), operations(session, now=now).dirty_oldest_s
        if used > DISK_WARNING:
            troubles.append(ServerTrouble(Trouble.DISK, used))
        if late_s > LATE_ROLLUPS_S:
            troubles.append(ServerTrouble(Trouble.ROLLUPS, late_s))
        if checked_at is not None and now - checked_at > LATE_CHECKS:
            troubles.append(ServerTrouble(Trouble.CHECKS, start=checked_at))
        if outage is not None and now - outage.up_since < _NEWS:
            troubles.append(ServerTrouble(Trouble.WAS_AWAY, start=outage.down_from, end=outage.up_since))
        return [Entry(Kind.SERVER, (one,)) for one in troubles]


def _waiting(session: Session) -> Waiting | None:
    user = current_user()
    if user is None or not user.role.includes(Role.ADMIN):
        return None
    count, since = waiting_pis(session)
    return Waiting(count, since) if since else None


def _unplaced(session: Session, known: Known, now: datetime) -> list[Entry]:
    counts = unplaced_readings(session, now - _NEWS)
    return [
        Entry(
            Kind.SERVER,
            (ServerTrouble(Trouble.QUARANTINE, counts[device.name]),),
            (device.name,),
            device.record["site"],
            device.record["zone"],
        )
        for device in known.devices
        if device.name in counts
    ]

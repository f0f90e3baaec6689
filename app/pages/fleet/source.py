"""Where the page's rows come from: four questions to the database."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.pages.fleet.status import Outage
from models.db import session_scope
from models.read.fleet import fleet_frame, sparkline_hours
from models.read.targets import crop_names
from models.read.watch import server_watch

HOURS_SHOWN = 24


class FleetSource(Protocol):
    """What the page asks."""

    def devices(self, now: datetime) -> pd.DataFrame:
        """Give one row per device, as ``models.read.fleet.fleet_frame``."""

    def hours(self, now: datetime) -> pd.DataFrame:
        """Give the hourly means and counts of the last 24 hours, as ``models.read.fleet.sparkline_hours``."""

    def crops(self) -> Mapping[str, tuple[str, str]]:
        """Give the English and the Indonesian name of every crop, by its key."""

    def outage(self) -> Outage | None:
        """Tell when the server itself was away last."""


class DatabaseFleet:
    """Answers from the database; the hours, which change slowly, are asked for once a minute for all readers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._hours: tuple[datetime, pd.DataFrame] | None = None

    def devices(self, now: datetime) -> pd.DataFrame:
        """Give one row per device, as ``models.read.fleet.fleet_frame``."""
        with self._session() as session:
            return fleet_frame(session, now=now)

    def hours(self, now: datetime) -> pd.DataFrame:
        """Give the hourly means of the last 24 hours, at most a minute old. Treat the frame as read-only."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if self._hours is None or self._hours[0] != minute:
                with self._session() as session:
                    self._hours = minute, sparkline_hours(session, first_hour(now), now)
            return self._hours[1]

    def crops(self) -> Mapping[str, tuple[str, str]]:
        """Give the English and the Indonesian name of every crop, by its key."""
        with self._session() as session:
            return crop_names(session)

    def outage(self) -> Outage | None:
        """Tell when the server itself was away last."""
        with self._session() as session:
            return last_outage(session)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with session_scope(self._engine) as session:
            yield session


def last_outage(session: Session) -> Outage | None:
    """Tell when the server itself was away last; None if it never was."""
    watch = server_watch(session)
    return Outage(watch.down_from, watch.up_since) if watch and watch.down_from and watch.up_since else None


def first_hour(now: datetime) -> datetime:
    """Give the first of the 24 hours that end with the one running at ``now``."""
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS_SHOWN - 1)

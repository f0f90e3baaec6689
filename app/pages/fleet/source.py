"""Where the page's rows come from: four questions to the database."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.jobs.summaries import PREFIXES
from app.silence import Outage, last_outage
from models.db import session_scope
from models.read.fleet import fleet_frame, outside_seconds, sparkline_hours
from models.read.targets import crop_names

HOURS_SHOWN = 24
_SHARES = {"inside_day": "short", "inside_week": "long"}
_DAY, _WEEK = timedelta(hours=24), timedelta(days=7)


class FleetSource(Protocol):
    """What the page asks."""

    def devices(self, now: datetime) -> pd.DataFrame:
        """Give one row per device, as ``models.read.fleet.fleet_frame``, and :func:`shares_inside` of it."""

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
        self._shares: tuple[datetime, pd.DataFrame] | None = None

    def devices(self, now: datetime) -> pd.DataFrame:
        """Give one row per device, as ``models.read.fleet.fleet_frame``."""
        with self._session() as session:
            devices = fleet_frame(session, now=now)
            shares = devices[["device_id"]].join(self._shares_at(session, now), on="device_id")[[*_SHARES]]
            bands = [f"{prefix}_{side}" for prefix in PREFIXES.values() for side in ("low", "high")]
            return devices.assign(**shares.where(devices[bands].notna().any(axis=1)))

    def hours(self, now: datetime) -> pd.DataFrame:
        """Give the hourly means of the last 24 hours, at most a minute old. Treat the frame as read-only."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if self._hours is None or self._hours[0] != minute:
                with self._session() as session:
                    self._hours = minute, sparkline_hours(session, first_hour(now), now)
            return self._hours[1]

    def _shares_at(self, session: Session, now: datetime) -> pd.DataFrame:
        """Give how much of the time each device was in range, at most a minute old."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if self._shares is None or self._shares[0] != minute:
                self._shares = minute, shares_inside(outside_seconds(session, now, short=now - _DAY, long=now - _WEEK))
            return self._shares[1]

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


def shares_inside(seconds: pd.DataFrame) -> pd.DataFrame:
    """Give the share 0..1 of the measured time in which all that has a band was in it, NaN where nothing was measured.

    ``seconds`` is as from :func:`models.read.fleet.outside_seconds`; the answer has its index and the columns
    ``inside_day`` and ``inside_week``. Of three quantities the worst one counts: a tank is in range or it is not.
    """
    shares = {}
    for name, span in _SHARES.items():
        each = [
            1 - seconds[f"{prefix}_outside_{span}"] / seconds[f"{prefix}_covered_{span}"].where(lambda s: s > 0)
            for prefix in PREFIXES.values()
        ]
        shares[name] = pd.concat(each, axis=1).min(axis=1)
    return pd.DataFrame(shares, index=seconds.index)


def first_hour(now: datetime) -> datetime:
    """Give the first of the 24 hours that end with the one running at ``now``."""
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS_SHOWN - 1)

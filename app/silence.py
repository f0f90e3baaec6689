"""When a device counts as silent: one rule for every page, and for what watches over the server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from models.read.operations import Contact
from models.read.watch import server_watch

_AFTER_INTERVALS: Final = 3
_AFTER_AT_LEAST: Final = timedelta(minutes=2)
#: A Pi whose posts fail waits up to five minutes before it tries again.
_COMING_BACK: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Outage:
    """The last time that no server was there to listen."""

    down_from: datetime
    up_since: datetime

    def share_of(self, since: datetime, now: datetime) -> timedelta:
        """Give how much of the time from ``since`` to ``now`` nobody could have been heard."""
        end = min(self.up_since + _COMING_BACK, now)
        return max(end - max(self.down_from, since), timedelta(0))


def last_outage(session: Session) -> Outage | None:
    """Tell when the server itself was away last; None if it never was."""
    watch = server_watch(session)
    return Outage(watch.down_from, watch.up_since) if watch and watch.down_from and watch.up_since else None


def silent_after(interval_s: float) -> timedelta:
    """Give how long a device may say nothing: three intervals, and at least two minutes."""
    return max(_AFTER_INTERVALS * timedelta(seconds=interval_s), _AFTER_AT_LEAST)


def is_silent(last_seen_at: datetime | None, interval_s: float, now: datetime, outage: Outage | None = None) -> bool:
    """Tell whether a device has said nothing for too long, while somebody was there to hear it."""
    if last_seen_at is None:
        return True
    unheard = now - last_seen_at - (outage.share_of(last_seen_at, now) if outage else timedelta(0))
    return unheard > silent_after(interval_s)


def count_silent(contacts: Iterable[Contact], now: datetime, outage: Outage | None) -> int:
    """Count the devices that are silent, those that were never heard of among them."""
    return sum(is_silent(one.last_seen_at, one.interval_s, now, outage) for one in contacts)

"""The form that judges a span of readings, as plain values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any
from zoneinfo import ZoneInfo

from app.overrides import LONGEST_REASON, LONGEST_SPAN
from app.pages.device.events.form import NothingTold, moment

# Clocks of phones differ; this much is not the future.
_TOLERANCE = timedelta(minutes=5)


class Flaw(Enum):
    """Why a verdict was not taken."""

    NOT_ALLOWED = auto()
    NO_SPAN = auto()
    TOO_LONG = auto()
    IN_THE_FUTURE = auto()
    NO_REASON = auto()
    GONE = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says of the readings of one quantity in ``[start, end)``."""

    quantity: str
    start: datetime
    end: datetime
    flag: int
    reason: str


def verdict_of(fields: dict[str, Any], zone: ZoneInfo, now: datetime) -> Verdict | Flaw:
    """Read the form, whose times are on the clock of ``zone``; or say the first thing that is wrong with it."""
    try:
        start, end = (moment(fields[name] or "", zone) for name in ("start", "end"))
    except NothingTold:
        return Flaw.NO_SPAN
    reason = (fields["reason"] or "").strip()
    if start >= end:
        return Flaw.NO_SPAN
    if end - start > LONGEST_SPAN:
        return Flaw.TOO_LONG
    if end > now + _TOLERANCE:
        return Flaw.IN_THE_FUTURE
    if not 0 < len(reason) <= LONGEST_REASON:
        return Flaw.NO_REASON
    return Verdict(fields["quantity"], start, end, int(fields["verdict"]), reason)

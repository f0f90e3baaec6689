"""The nearest hours with readings before and after a span, however far away; found in the hourly rollups."""

from datetime import UTC, datetime, timedelta

import pandas as pd
from sqlalchemy.orm import Session

from models.read.rollups import hours_frame

BEGINNING = datetime(1990, 1, 1, tzinfo=UTC)
END = datetime(2100, 1, 1, tzinfo=UTC)

# Nearly every silence is shorter; only a longer one costs a look through the whole history.
_NEARBY = timedelta(days=40)


def last_hour_before(session: Session, device_id: int, moment: datetime, count: str = "n") -> datetime | None:
    """Give the last hour before ``moment`` (a full hour) that has readings; ``count`` may be ``ph_n`` and the like."""
    for start in (moment - _NEARBY, BEGINNING):
        hours = _occupied(session, device_id, start, moment, count)
        if not hours.empty:
            return _moment(hours.iloc[-1])
    return None


def first_hour_from(session: Session, device_id: int, moment: datetime, count: str = "n") -> datetime | None:
    """Give the first hour from ``moment`` (a full hour) on that has readings."""
    for end in (moment + _NEARBY, END):
        hours = _occupied(session, device_id, moment, end, count)
        if not hours.empty:
            return _moment(hours.iloc[0])
    return None


def _occupied(session: Session, device_id: int, start: datetime, end: datetime, count: str) -> pd.Series:
    hours = hours_frame(session, [device_id], start, end, (count,))
    return hours.loc[hours[count] > 0, "hour"]


def _moment(hour: pd.Timestamp) -> datetime:
    return hour.to_pydatetime()

"""The nearest hours with readings before and after a span, however far away; found in the hourly rollups."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pandas as pd
from sqlalchemy.orm import Session

from analytics.quantities import Quantity
from app.jobs.summaries import PREFIXES
from models.read.rollups import hours_frame

_BEGINNING = datetime(1990, 1, 1, tzinfo=UTC)
_END = datetime(2100, 1, 1, tzinfo=UTC)
# Nearly every silence is shorter; only a longer one costs a look through the whole history.
_NEARBY = timedelta(days=40)
_USABLE = {f"{prefix}_n": quantity for quantity, prefix in PREFIXES.items()}

#: Hours with a usable reading, by quantity, and under None with any reading; what there is none of is left out.
Nearest = Mapping[Quantity | None, datetime]


def nearest_before(session: Session, device_id: int, moment: datetime) -> Nearest:
    """Give the last hours before ``moment`` (a full hour) that have readings."""
    nearby = _last(_occupied(session, device_id, moment - _NEARBY, moment))
    return nearby if len(nearby) > len(PREFIXES) else _last(_occupied(session, device_id, _BEGINNING, moment))


def nearest_from(session: Session, device_id: int, moment: datetime) -> Nearest:
    """Give the first hours from ``moment`` (a full hour) on that have readings."""
    nearby = _first(_occupied(session, device_id, moment, moment + _NEARBY))
    return nearby if len(nearby) > len(PREFIXES) else _first(_occupied(session, device_id, moment, _END))


def _occupied(session: Session, device_id: int, start: datetime, end: datetime) -> dict[Quantity | None, pd.Series]:
    hours = hours_frame(session, [device_id], start, end, ("n", *_USABLE))
    named = {None: "n"} | {quantity: name for name, quantity in _USABLE.items()}
    return {quantity: hours.loc[hours[name] > 0, "hour"] for quantity, name in named.items()}


def _last(occupied: Mapping[Quantity | None, pd.Series]) -> Nearest:
    return {key: hours.iloc[-1].to_pydatetime() for key, hours in occupied.items() if not hours.empty}


def _first(occupied: Mapping[Quantity | None, pd.Series]) -> Nearest:
    return {key: hours.iloc[0].to_pydatetime() for key, hours in occupied.items() if not hours.empty}

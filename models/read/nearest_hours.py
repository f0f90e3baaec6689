"""The nearest hours with readings before and after moments, however far away, of many devices at once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pandas as pd
from sqlalchemy.orm import Session

from models.arrays import Int8Array, TimestampArray
from models.tables import ROLLUP_QUANTITIES

#: The columns that count an hour's readings: all of them, and the usable ones by quantity.
COUNTS = ("n", *(f"{quantity}_n" for quantity in ROLLUP_QUANTITIES))

Moments = Sequence[tuple[int, datetime]]
#: By the column that counts its readings; without those that no hour has.
Hours = dict[str, datetime]

_BEGINNING = datetime(1990, 1, 1, tzinfo=UTC)
_END = datetime(2100, 1, 1, tzinfo=UTC)
# Nearly every silence is shorter; only a longer one costs a look through the whole history.
_NEARBY = timedelta(days=40)


def hours_before(session: Session, moments: Moments) -> list[Hours]:
    """Give, for each device and full hour, the last hours before it that hold readings."""
    nearby = _hours(session, moments, "max", [(moment - _NEARBY, moment) for _, moment in moments])
    return _with_distant(session, moments, "max", nearby, [(_BEGINNING, moment) for _, moment in moments])


def hours_from(session: Session, moments: Moments) -> list[Hours]:
    """Give, for each device and full hour, the first hours from it on that hold readings."""
    nearby = _hours(session, moments, "min", [(moment, moment + _NEARBY) for _, moment in moments])
    return _with_distant(session, moments, "min", nearby, [(moment, _END) for _, moment in moments])


def last_hours_within(session: Session, spans: Sequence[tuple[int, datetime, datetime]]) -> list[Hours]:
    """Give, for each device and span ``[start, end)``, the last hours in it that hold readings."""
    return _hours(session, [(one, end) for one, _, end in spans], "max", [(start, end) for _, start, end in spans])


def _with_distant(
    session: Session, moments: Moments, choose: str, nearby: list[Hours], spans: Sequence[tuple[datetime, datetime]]
) -> list[Hours]:
    """Look farther for those that are not found nearby."""
    missing = [place for place, hours in enumerate(nearby) if len(hours) < len(COUNTS)]
    distant = _hours(session, [moments[place] for place in missing], choose, [spans[place] for place in missing])
    return [dict(zip(missing, distant, strict=True)).get(place, hours) for place, hours in enumerate(nearby)]


def _hours(session: Session, moments: Moments, choose: str, spans: Sequence[tuple[datetime, datetime]]) -> list[Hours]:
    """Give the first (min) or last (max) hours of devices in a span ``[start, end)`` each."""
    if not moments:
        return []
    starts, ends = zip(*spans, strict=True)
    chosen = ", ".join(f"{choose}(hour) FILTER (WHERE {count} > 0)" for count in COUNTS)
    query = (
        f"SELECT wanted.place, {chosen} FROM reading_hours "  # noqa: S608 (names of the table)
        "JOIN unnest(%(ids)s, %(starts)s, %(ends)s) WITH ORDINALITY AS wanted(device_id, first, until, place) "
        "ON reading_hours.device_id = wanted.device_id AND hour >= wanted.first AND hour < wanted.until "
        "GROUP BY wanted.place"
    )
    given = {
        "ids": Int8Array([device_id for device_id, _ in moments]),
        "starts": TimestampArray.of_times(pd.DatetimeIndex(starts)),
        "ends": TimestampArray.of_times(pd.DatetimeIndex(ends)),
    }
    found: list[Hours] = [{} for _ in moments]
    for place, *hours in session.connection().exec_driver_sql(query, given):
        found[place - 1] = {count: hour for count, hour in zip(COUNTS, hours, strict=True) if hour is not None}
    return found

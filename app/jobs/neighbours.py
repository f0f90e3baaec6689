"""The nearest hours with readings before and after spans, however far away; found in the hourly rollups."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from analytics.quantities import Quantity
from app.jobs.spans import Span
from app.jobs.summaries import PREFIXES
from models.read import nearest_hours
from models.read.nearest_hours import Hours, Moments

_QUANTITY_OF: Mapping[str, Quantity | None] = {
    "n": None,
    **{f"{prefix}_n": quantity for quantity, prefix in PREFIXES.items()},
}

#: Hours with a usable reading, by quantity, and under None with any reading; what there is none of is left out.
Nearest = Mapping[Quantity | None, datetime]


def nearest_before(session: Session, moments: Mapping[int, tuple[int, datetime]]) -> dict[int, Nearest]:
    """Give the last hours before a moment (a full hour) that have readings; moments of devices by any number."""
    return _nearest(session, moments, nearest_hours.hours_before)


def nearest_from(session: Session, moments: Mapping[int, tuple[int, datetime]]) -> dict[int, Nearest]:
    """Give the first hours from a moment (a full hour) on that have readings; as :func:`nearest_before`."""
    return _nearest(session, moments, nearest_hours.hours_from)


def usable_within(session: Session, spans: Mapping[int, tuple[int, Span]]) -> dict[int, set[Quantity]]:
    """Tell of which quantities the stored hours hold usable readings; spans of devices by any number."""
    asked = [(device_id, span.start, span.end) for device_id, span in spans.values()]
    found = nearest_hours.last_hours_within(session, asked)
    return {
        number: {quantity for count in hours if (quantity := _QUANTITY_OF[count]) is not None}
        for number, hours in zip(spans, found, strict=True)
    }


def _nearest(
    session: Session,
    moments: Mapping[int, tuple[int, datetime]],
    find: Callable[[Session, Moments], list[Hours]],
) -> dict[int, Nearest]:
    found = find(session, list(moments.values()))
    return {
        number: {_QUANTITY_OF[count]: hour for count, hour in hours.items()}
        for number, hours in zip(moments, found, strict=True)
    }

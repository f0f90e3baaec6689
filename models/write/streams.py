"""Queues of devices: a random name outside, a small number inside, and how many readings they had to drop."""

from datetime import datetime

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from models.tables import Stream


def stream_number(session: Session, device_id: int, stream_name: str, dropped: int, now: datetime) -> int:
    """Give the number of a device's queue, a new one for a new queue; remember the most it said it dropped."""
    known = find_stream(session, device_id, stream_name)
    if known is None:
        # Two first posts of one device take turns, or both would take the same number.
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtext('streams'), :device)"), {"device": device_id % 2**31}
        )
        known = find_stream(session, device_id, stream_name)
    if known is None:
        return _add(session, device_id, stream_name, dropped, now)
    number, remembered = known
    if dropped > remembered:
        session.execute(
            update(Stream)
            .where(Stream.device_id == device_id, Stream.number == number)
            .values(dropped=func.greatest(Stream.dropped, dropped))
        )
    return number


def find_stream(session: Session, device_id: int, stream_name: str) -> tuple[int, int] | None:
    """Give the number of a device's queue and how many readings it dropped; None for a queue that is new."""
    query = select(Stream.number, Stream.dropped).where(Stream.device_id == device_id, Stream.name == stream_name)
    row = session.execute(query).one_or_none()
    return None if row is None else (row.number, row.dropped)


def _add(session: Session, device_id: int, stream_name: str, dropped: int, now: datetime) -> int:
    highest = select(func.max(Stream.number)).where(Stream.device_id == device_id)
    number = (session.scalar(highest) or 0) + 1
    values = {"device_id": device_id, "number": number, "name": stream_name, "first_seen_at": now, "dropped": dropped}
    session.execute(insert(Stream).values(values))
    return number

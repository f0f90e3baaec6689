"""Calibrations and events put back as another server had them on record."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from models.tables import Calibration, Device, Event, User

# What tells two visits apart, whatever number they have.
_SAME = ("device_id", "quantity", "method", "valid_from", "created_at")
_EVENTS_AT_ONCE = 1000


def people_by_name(session: Session) -> Mapping[str, int]:
    """Give the ids of all people, by name."""
    return {row.name: row.id for row in session.execute(select(User.name, User.id))}


def ids_by_name(session: Session) -> Mapping[str, int]:
    """Give the ids of all devices, by name."""
    return {row.name: row.id for row in session.execute(select(Device.name, Device.id))}


def restore_calibration(session: Session, values: Mapping[str, Any]) -> bool:
    """Put a calibration back, under its old number if that is free; False if it is there already."""
    same = [getattr(Calibration, name) == values[name] for name in _SAME]
    if session.scalar(select(Calibration.id).where(*same)) is not None:
        return False
    is_free = session.scalar(select(Calibration.id).where(Calibration.id == values["id"])) is None
    kept = {name: value for name, value in values.items() if name != "id" or is_free}
    session.execute(insert(Calibration).values(kept))
    return True


def continue_numbers(session: Session) -> None:
    """Let the next calibration get a number above all that are there."""
    highest = session.scalar(select(func.max(Calibration.id)))
    if highest is not None:
        session.execute(
            text("SELECT setval(pg_get_serial_sequence('calibrations', 'id'), :highest)"), {"highest": highest}
        )


def restore_events(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Put events back that are not there; gives how many."""
    statement = postgresql.insert(Event).on_conflict_do_nothing().returning(Event.device_id)
    pieces = [rows[start : start + _EVENTS_AT_ONCE] for start in range(0, len(rows), _EVENTS_AT_ONCE)]
    return sum(len(session.execute(statement.values([dict(row) for row in piece])).all()) for piece in pieces)

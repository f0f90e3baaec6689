"""Calibrations and events as they are exported beside readings: everything that is on record of a device."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.orm import Session

from models.arrays import is_among
from models.tables import Calibration, Device, Event, User

_AT_ONCE = 1000
_CALIBRATION = (
    *("id", "quantity", "method", "valid_from", "transition", "parameters", "as_found", "points", "buffer_set"),
    *("temperature_c", "slope_percent", "offset_mv", "technician", "note", "forced_reason", "created_at", "voided_at"),
)
_EVENT = ("started_at", "kind", "origin", "ended_at", "details", "note", "created_at", "hidden_at")
CALIBRATION_COLUMNS = ("device", *_CALIBRATION, "created_by")
EVENT_COLUMNS = ("device", *_EVENT, "created_by")


def calibration_rows(session: Session, device_ids: Sequence[int]) -> Iterator[RowMapping]:
    """Give all calibrations of some devices, voided ones too: any of them may have made a reading."""
    query = _with_names(Calibration, _CALIBRATION).where(is_among(Calibration.device_id, device_ids))
    return _rows(session, query.order_by(Device.name, Calibration.valid_from, Calibration.id))


def event_rows(session: Session, device_ids: Sequence[int], start: datetime, end: datetime) -> Iterator[RowMapping]:
    """Give the events of some devices that touch ``[start, end)``, hidden ones too."""
    touches = (Event.started_at < end, func.coalesce(Event.ended_at, Event.started_at) >= start)
    query = _with_names(Event, _EVENT).where(is_among(Event.device_id, device_ids), *touches)
    return _rows(session, query.order_by(Device.name, Event.started_at, Event.kind))


def _with_names(table: Any, names: Sequence[str]) -> Select[Any]:
    columns = [getattr(table, name) for name in names]
    chosen = select(Device.name.label("device"), *columns, User.name.label("created_by"))
    return chosen.join(Device, Device.id == table.device_id).outerjoin(User, User.id == table.created_by)


def _rows(session: Session, query: Select[Any]) -> Iterator[RowMapping]:
    yield from session.execute(query.execution_options(yield_per=_AT_ONCE)).mappings()

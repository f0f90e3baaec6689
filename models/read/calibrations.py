"""Calibrations of devices: as the conversion needs them, and as people look back on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.arrays import is_among
from models.direct import ask, tell
from models.errors import UnknownCalibration
from models.tables import Calibration, User

#: First of the two keys of the advisory locks on a device's calibrations; arbitrary, never to collide with another.
CALIBRATIONS_LOCK = 0x6879_6403

_HOLD = "SELECT count(pg_advisory_xact_lock_shared(%(lock)s, key)) FROM unnest(%(keys)s::int[]) AS key"
_VALID_IDS = (
    "SELECT device_id, array_agg(id ORDER BY id) FROM calibrations "
    "WHERE device_id = ANY(%(device_ids)s) AND voided_at IS NULL GROUP BY device_id"
)


class CalibrationRow(NamedTuple):
    """What the conversion needs of one version: ``quantity`` is ph or ec_us_cm, ``transition`` step or blend."""

    id: int
    device_id: int
    quantity: str
    method: str
    valid_from: datetime
    parameters: dict[str, Any]
    transition: str
    as_found: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class CalibrationRecord:
    """One version with the visit it came from; ``created_by`` is a person's name."""

    id: int
    device_id: int
    quantity: str
    method: str
    valid_from: datetime
    parameters: dict[str, Any]
    transition: str
    as_found: dict[str, Any] | None
    points: list[dict[str, Any]]
    buffer_set: str | None
    temperature_c: float | None
    slope_percent: float | None
    offset_mv: float | None
    technician: str | None
    note: str | None
    forced_reason: str | None
    created_at: datetime
    voided_at: datetime | None
    created_by: str | None


def calibration_rows(session: Session, device_ids: Sequence[int]) -> list[CalibrationRow]:
    """Read the calibrations of these devices that are not voided, by device, quantity and start.

    Of two with the same start, the one made later comes later.
    """
    query = (
        select(*(getattr(Calibration, name) for name in CalibrationRow._fields))
        .where(is_among(Calibration.device_id, device_ids), Calibration.voided_at.is_(None))
        .order_by(Calibration.device_id, Calibration.quantity, Calibration.valid_from, Calibration.id)
    )
    return [CalibrationRow(*row) for row in session.execute(query)]


def calibrations_frame(session: Session, device_ids: Sequence[int]) -> pd.DataFrame:
    """Give the rows of :func:`calibration_rows` as a frame: ids int64, ``valid_from`` aware UTC."""
    frame = pd.DataFrame(calibration_rows(session, device_ids), columns=list(CalibrationRow._fields))
    valid_from = pd.to_datetime(frame["valid_from"], utc=True).dt.as_unit("ms")
    return frame.assign(valid_from=valid_from).astype({"id": "int64", "device_id": "int64", "as_found": object})


def hold_calibrations(session: Session, device_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Keep the calibrations of these devices as they are until the transaction ends, and tell which are valid.

    Who stores readings holds them: a change waits until those readings are in, and then finds and corrects them.

    Returns
    -------
    The ids of the calibrations that are not voided, in rising order, by device. A version never changes but for being
    voided, so equal ids mean equal rows of :func:`calibration_rows`.
    """
    ids = [int(one) for one in device_ids]
    tell(session, _HOLD, {"lock": CALIBRATIONS_LOCK, "keys": sorted(one % 2**31 for one in ids)})
    valid = ask(session, _VALID_IDS, {"device_ids": ids})  # sees what is true once all are held
    return {device_id: tuple(calibrations) for device_id, calibrations in valid}


def find_calibration(session: Session, calibration_id: int) -> CalibrationRecord:
    """Read one version, voided or not.

    Raises
    ------
    UnknownCalibration
        If there is none with this id.
    """
    row = session.execute(_records().where(Calibration.id == calibration_id)).one_or_none()
    if row is None:
        raise UnknownCalibration(calibration_id)
    return CalibrationRecord(*row)


def list_calibrations(session: Session, device_id: int, quantity: str | None = None) -> list[CalibrationRecord]:
    """List the versions of a device that are not voided, newest first."""
    query = _records().where(Calibration.device_id == device_id, Calibration.voided_at.is_(None))
    if quantity is not None:
        query = query.where(Calibration.quantity == quantity)
    newest_first = query.order_by(Calibration.valid_from.desc(), Calibration.id.desc())
    return [CalibrationRecord(*row) for row in session.execute(newest_first)]


def _records() -> Any:
    """Select the columns of :class:`CalibrationRecord`, in its order."""
    names = [name for name in CalibrationRecord.__slots__ if name != "created_by"]
    columns = [getattr(Calibration, name) for name in names]
    return select(*columns, User.name).outerjoin(User, User.id == Calibration.created_by)

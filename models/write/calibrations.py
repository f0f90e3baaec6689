"""A visit to a tank becomes a new version of a probe's conversion; old versions stay for the record."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from models.read.calibrations import CALIBRATIONS_LOCK
from models.tables import Calibration


def begin_change(session: Session, device_id: int) -> None:
    """Wait until readings on their way in are stored, and keep further ones waiting until the transaction ends.

    Readings that come later are converted by the changed calibrations, all earlier ones can be found in the table.
    """
    session.execute(select(func.pg_advisory_xact_lock(CALIBRATIONS_LOCK, device_id % 2**31)))


def add_calibration(
    session: Session,
    device_id: int,
    quantity: str,
    method: str,
    parameters: Mapping[str, float | None],
    *,
    valid_from: datetime,
    points: Sequence[Mapping[str, Any]] = (),
    **visit: Any,
) -> int:
    """Add a calibration and give its id; readings from ``valid_from`` on are converted by it.

    ``visit`` is what else is known, by the columns of the table: ``transition``, ``as_found``, ``buffer_set``,
    ``temperature_c``, ``slope_percent``, ``offset_mv``, ``technician``, ``note``, ``forced_reason``, ``created_by``,
    ``created_at``.
    """
    values = {
        "device_id": device_id,
        "quantity": quantity,
        "method": method,
        "parameters": dict(parameters),
        "points": [dict(point) for point in points],
        "valid_from": valid_from,
        **visit,
    }
    return session.execute(insert(Calibration).values(values).returning(Calibration.id)).scalar_one()


def void_calibration(session: Session, calibration_id: int, *, now: datetime) -> None:
    """Take a calibration out of use; the row stays. Voiding it twice keeps the first time."""
    session.execute(
        update(Calibration)
        .where(Calibration.id == calibration_id, Calibration.voided_at.is_(None))
        .values(voided_at=now)
    )

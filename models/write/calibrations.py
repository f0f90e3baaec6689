"""A visit to a tank becomes a new version of a probe's conversion; old versions stay for the record."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from models.tables import Calibration


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

    ``visit`` is what else is known, by the columns of the table: ``buffer_set``, ``temperature_c``,
    ``slope_percent``, ``offset_mv``, ``technician``, ``note``, ``forced_reason``, ``created_by``, ``created_at``.
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

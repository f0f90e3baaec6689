"""Calibrations of devices, as the conversion needs them."""

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables import Calibration


def calibrations_frame(session: Session, device_ids: Sequence[int]) -> pd.DataFrame:
    """Read the calibrations of these devices that are not voided, by device, quantity and start.

    Returns
    -------
    DataFrame with columns ``id``, ``device_id`` (int64), ``quantity`` (ph, ec_us_cm), ``method``, ``valid_from``
    (aware UTC) and ``parameters`` (a mapping each). Of two with the same start, the one made later comes later.
    """
    columns = ("id", "device_id", "quantity", "method", "valid_from", "parameters")
    query = (
        select(*(getattr(Calibration, name) for name in columns))
        .where(Calibration.device_id.in_([int(one) for one in device_ids]), Calibration.voided_at.is_(None))
        .order_by(Calibration.device_id, Calibration.quantity, Calibration.valid_from, Calibration.id)
    )
    frame = pd.DataFrame(session.execute(query).all(), columns=list(columns))
    valid_from = pd.to_datetime(frame["valid_from"], utc=True).dt.as_unit("ms")
    return frame.assign(valid_from=valid_from).astype({"id": "int64", "device_id": "int64"})

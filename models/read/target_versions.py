"""Target bands as they were set, one row per version: for showing where a band comes from."""

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.tables import Crop, Planting, Target, User


def targets_frame(session: Session, *, crop: str | None = None) -> pd.DataFrame:
    """Read every version of every band, of one crop or of all.

    Returns
    -------
    DataFrame with ``crop`` (key), ``stage``, ``quantity``, ``low``, ``high``, ``source``, ``valid_from`` and
    ``valid_until`` (aware UTC; NaT: still valid) and ``author`` (a person's name, None: seed or command line), by
    crop, stage, quantity and time.
    """
    later = func.lead(Target.valid_from).over(
        partition_by=(Target.crop_id, Target.stage, Target.quantity), order_by=Target.valid_from
    )
    query = select(
        *(Crop.key, Target.stage, Target.quantity, Target.low, Target.high, Target.source, Target.valid_from, later),
        User.name,
    )
    query = query.join(Crop, Crop.id == Target.crop_id).outerjoin(User, User.id == Target.created_by)
    if crop is not None:
        query = query.where(Crop.key == crop)
    rows = session.execute(query.order_by(Crop.key, Target.stage, Target.quantity, Target.valid_from)).all()
    columns = ["crop", "stage", "quantity", "low", "high", "source", "valid_from", "valid_until", "author"]
    frame = pd.DataFrame([tuple(row) for row in rows], columns=columns)
    times = {name: pd.to_datetime(frame[name], utc=True) for name in ("valid_from", "valid_until")}
    return frame.assign(**times)


def plantings_frame(session: Session) -> pd.DataFrame:
    """Read what grew where: ``device_id``, ``crop``, ``started_at``, ``ended_at`` (NaT: still), ``transplanted_on``.

    By device and time.
    """
    query = select(Planting.device_id, Crop.key, Planting.started_at, Planting.ended_at, Planting.transplanted_on).join(
        Crop, Crop.id == Planting.crop_id
    )
    rows = session.execute(query.order_by(Planting.device_id, Planting.started_at)).all()
    columns = ["device_id", "crop", "started_at", "ended_at", "transplanted_on"]
    frame = pd.DataFrame([tuple(row) for row in rows], columns=columns)
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in ("started_at", "ended_at")})

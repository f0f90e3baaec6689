"""Target bands change from a day on; what was valid before stays, for every judgement about the past."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from models.errors import UnknownCrop
from models.tables import Crop, Target


def set_target(
    session: Session,
    crop_key: str,
    stage: str,
    quantity: str,
    band: tuple[float, float],
    *,
    source: str,
    valid_from: datetime,
    created_by: int | None = None,
) -> None:
    """Set the band ``(low, high)`` of a crop's stage from ``valid_from`` on, until a later one.

    Setting it again for the very same moment corrects that row.

    Raises
    ------
    UnknownCrop
        If no crop has this key.
    """
    crop_id = session.scalar(select(Crop.id).where(Crop.key == crop_key))
    if crop_id is None:
        raise UnknownCrop(crop_key)
    low, high = band
    statement = postgresql.insert(Target).values(
        crop_id=crop_id,
        stage=stage,
        quantity=quantity,
        low=low,
        high=high,
        source=source,
        valid_from=valid_from,
        created_by=created_by,
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["crop_id", "stage", "quantity", "valid_from"],
            set_={name: statement.excluded[name] for name in ("low", "high", "source", "created_by")},
        )
    )

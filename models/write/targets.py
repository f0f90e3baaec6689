"""Target bands and plantings change from a moment on; what was before stays, for every judgement about the past."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import BigInteger, DateTime, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from models.errors import UnknownCrop
from models.tables import Crop, Device, Planting, Target


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
    crop_id = _crop_id(session, crop_key)
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


def assign_crop(
    session: Session,
    device_ids: Sequence[int],
    crop_key: str,
    *,
    started_at: datetime,
    transplanted_on: date,
    created_by: int | None = None,
) -> None:
    """Let a crop grow in these tanks from ``started_at`` on, until what was planted after that.

    What grew there ends; what began at that very moment is replaced, so that a slip can be corrected.

    Raises
    ------
    UnknownCrop
        If no crop has this key.
    """
    crop_id = _crop_id(session, crop_key)
    end_plantings(session, device_ids, ended_at=started_at)
    following = select(func.min(Planting.started_at)).where(
        Planting.device_id == Device.id, Planting.started_at > started_at
    )
    columns = {
        "device_id": Device.id,
        "crop_id": literal(crop_id),
        "started_at": literal(started_at, DateTime(timezone=True)),
        "transplanted_on": literal(transplanted_on),
        "ended_at": following.scalar_subquery(),
        "created_by": literal(created_by, BigInteger),
    }
    rows = select(*columns.values()).where(Device.id.in_(device_ids))
    session.execute(insert(Planting).from_select(list(columns), rows))


def end_plantings(session: Session, device_ids: Sequence[int], *, ended_at: datetime) -> None:
    """Let nothing grow in these tanks from ``ended_at`` on, until what was planted after that."""
    here = Planting.device_id.in_(device_ids)
    session.execute(delete(Planting).where(here, Planting.started_at == ended_at))
    is_growing = or_(Planting.ended_at.is_(None), Planting.ended_at > ended_at)
    session.execute(update(Planting).where(here, Planting.started_at < ended_at, is_growing).values(ended_at=ended_at))


def _crop_id(session: Session, crop_key: str) -> int:
    crop_id = session.scalar(select(Crop.id).where(Crop.key == crop_key))
    if crop_id is None:
        raise UnknownCrop(crop_key)
    return crop_id

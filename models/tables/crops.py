"""What a tank should be like: crops, their growth stages, target bands, and what grows where since when."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, row_id, scale, stamped


class Crop(Base):
    """A crop by its key, named in both languages of the screens. ``generic`` stands in where none is set."""

    __tablename__ = "crops"
    __table_args__ = (scale("reference"),)

    id: Mapped[int] = row_id()
    key: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    name_id: Mapped[str]


class GrowthStage(Base):
    """A stage of a crop, beginning so many days after transplanting."""

    __tablename__ = "growth_stages"
    __table_args__ = (CheckConstraint("from_day >= 0", name="from_day"), scale("reference"))

    crop_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("crops.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    from_day: Mapped[int] = mapped_column(SmallInteger)


class Target(Base):
    """The band that a quantity should keep to, from ``valid_from`` until the next row. Rows are added, never edited."""

    __tablename__ = "targets"
    __table_args__ = (
        UniqueConstraint("crop_id", "stage", "quantity", "valid_from"),
        CheckConstraint("quantity IN ('ph', 'ec_us_cm', 'water_c')", name="quantity"),
        CheckConstraint("low < high", name="band"),
        scale("reference"),
    )

    id: Mapped[int] = row_id()
    crop_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("crops.id"))
    stage: Mapped[str]
    quantity: Mapped[str]
    low: Mapped[float]
    high: Mapped[float]
    source: Mapped[str]
    valid_from: Mapped[datetime]
    created_at: Mapped[datetime] = stamped()
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Planting(Base):
    """A crop in a tank from the day of transplanting until it ends."""

    __tablename__ = "plantings"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR started_at < ended_at", name="span"),
        Index("ix_plantings_device_id_started_at", "device_id", "started_at"),
        scale("reference"),
    )

    id: Mapped[int] = row_id()
    device_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("devices.id"))
    crop_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("crops.id"))
    started_at: Mapped[datetime]
    #: Day 0 of the growth stages; seedlings may have been transplanted before they came to this tank.
    transplanted_on: Mapped[date] = mapped_column(Date)
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = stamped()
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

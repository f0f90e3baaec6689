"""Calibrations and the visits that led to them: how millivolts become pH and EC, from when on."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, scale, stamped


class Calibration(Base):
    """One effective-dated version of a probe's conversion; a voided version stays, for the record.

    ``parameters`` holds what the conversion needs (pH: ``ph7_mv``, ``slope_mv_per_ph``, ``temperature_c``,
    for three points ``acid_slope_mv_per_ph`` and ``base_slope_mv_per_ph``; EC: ``k_factor``, ``alpha``);
    method ``offset``, a check against a meter: ``gap``, true value minus reading, and ``start_ms`` where its drift
    began);
    ``points`` what was measured at the tank (buffer, millivolts, temperature, as found and as left).

    ``transition`` says what becomes of the readings between the visit before and this one: ``step`` leaves them to
    the earlier calibration, ``blend`` moves them in time from it to ``as_found``, the parameters that describe the
    probe before it was cleaned (its own parameters where that is null).
    """

    __tablename__ = "calibrations"
    __table_args__ = (
        CheckConstraint("quantity IN ('ph', 'ec_us_cm')", name="quantity"),
        CheckConstraint("method IN ('nominal', 'one-point', 'two-point', 'three-point', 'offset')", name="method"),
        CheckConstraint("transition IN ('step', 'blend')", name="transition"),
        Index("ix_calibrations_device_id_quantity_valid_from", "device_id", "quantity", "valid_from"),
        scale("reference"),
    )

    #: 32 bits: two of these ride on every reading.
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    device_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("devices.id"))
    quantity: Mapped[str]
    method: Mapped[str]
    valid_from: Mapped[datetime]
    parameters: Mapped[dict[str, Any]]
    transition: Mapped[str] = mapped_column(server_default="step")
    as_found: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    points: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    buffer_set: Mapped[str | None]
    temperature_c: Mapped[float | None]
    slope_percent: Mapped[float | None]
    offset_mv: Mapped[float | None]
    technician: Mapped[str | None]
    note: Mapped[str | None]
    forced_reason: Mapped[str | None]
    created_at: Mapped[datetime] = stamped()
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None]


class FlagOverride(Base):
    """A person's verdict on a span of readings, with the reason; it outranks the automatic tests."""

    __tablename__ = "flag_overrides"
    __table_args__ = (
        CheckConstraint("quantity IN ('ph', 'ec_us_cm', 'water_c')", name="quantity"),
        CheckConstraint("flag IN (1, 2, 3, 4)", name="flag"),
        CheckConstraint("start_at < end_at", name="span"),
        Index("ix_flag_overrides_device_id_start_at", "device_id", "start_at"),
        scale("reference"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    device_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("devices.id"))
    quantity: Mapped[str]
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    flag: Mapped[int]
    reason: Mapped[str]
    created_at: Mapped[datetime] = stamped()
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None]

"""Readings and what is kept current beside them. All of it is sharded by ``device_id``."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, scale, stamped


class Reading(Base):
    """One reading of one device: what was sent, for ever, and what it means, recomputable.

    ``ph_mv, ec_mv, water_c`` or ``ph_sent, ec_sent`` are never overwritten. ``ph`` and ``ec_us_cm`` (EC at 25 °C)
    follow from them through the two calibrations named here; once a correction has changed a derived value, the
    value first derived stays in ``*_measured`` (NaN where there was none). Millivolts are 32-bit (finer than the
    converter's step); what people see is 64-bit, so that statistics equal those of the file they came from.

    ``quality`` packs a QARTOD flag per channel (4 bits each: pH, EC, water), ``tests`` the tests that spoke
    (16 bits each). No foreign key and no sequence: this table distributes over shards as it stands.
    """

    __tablename__ = "readings"
    # NaN sorts above every number in PostgreSQL, so each upper bound also keeps NaN out.
    __table_args__ = (
        CheckConstraint("ts >= '1990-01-01 00:00+00' AND ts < '2100-01-01 00:00+00'", name="ts"),
        CheckConstraint("ph_mv BETWEEN -10000 AND 10000", name="ph_mv"),
        CheckConstraint("ec_mv BETWEEN -10000 AND 10000", name="ec_mv"),
        CheckConstraint("water_c BETWEEN -55 AND 125", name="water_c"),
        CheckConstraint("ph BETWEEN 0 AND 14", name="ph"),
        CheckConstraint("ec_us_cm BETWEEN 0 AND 100000", name="ec_us_cm"),
        CheckConstraint("ph_sent BETWEEN -1e6 AND 1e6", name="ph_sent"),
        CheckConstraint("ec_sent BETWEEN -1e6 AND 1e6", name="ec_sent"),
        Index("ix_readings_ts", "ts", postgresql_using="brin"),
        {"postgresql_partition_by": "RANGE (ts)", **scale("distributed")},
    )

    device_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    ts: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True, precision=3), primary_key=True)
    water_c: Mapped[float | None] = mapped_column(Double)
    ph: Mapped[float | None] = mapped_column(Double)
    ec_us_cm: Mapped[float | None] = mapped_column(Double)
    ph_sent: Mapped[float | None] = mapped_column(Double)
    ec_sent: Mapped[float | None] = mapped_column(Double)
    ph_measured: Mapped[float | None] = mapped_column(Double)
    ec_measured: Mapped[float | None] = mapped_column(Double)
    tests: Mapped[int | None] = mapped_column(BigInteger)
    ph_mv: Mapped[float | None] = mapped_column(REAL)
    ec_mv: Mapped[float | None] = mapped_column(REAL)
    seq: Mapped[int | None] = mapped_column(Integer)
    ph_calibration_id: Mapped[int | None] = mapped_column(Integer)
    ec_calibration_id: Mapped[int | None] = mapped_column(Integer)
    #: Number of the device's queue that counted ``seq``; see :class:`Stream`.
    stream: Mapped[int | None] = mapped_column(SmallInteger)
    quality: Mapped[int] = mapped_column(SmallInteger)
    #: How far the Pi's clock could be trusted; see :class:`models.clocks.Clock`.
    clock: Mapped[int | None] = mapped_column(SmallInteger)


class Stream(Base):
    """A device's queue file: its random name, and the small number that readings carry instead."""

    __tablename__ = "streams"
    __table_args__ = (UniqueConstraint("device_id", "name"), scale("distributed"))

    device_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    name: Mapped[str]
    first_seen_at: Mapped[datetime] = stamped()
    #: Readings that the Pi had to drop because its disk was full, by its own count.
    dropped: Mapped[int] = mapped_column(BigInteger, server_default="0")


class DeviceState(Base):
    """What a device last said: one row, written with every batch, so that "now" is never searched for."""

    __tablename__ = "device_state"
    __table_args__ = (scale("distributed"),)

    device_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    last_seen_at: Mapped[datetime]
    ts: Mapped[datetime | None]
    ph: Mapped[float | None] = mapped_column(Double)
    ec_us_cm: Mapped[float | None] = mapped_column(Double)
    water_c: Mapped[float | None] = mapped_column(Double)
    quality: Mapped[int | None] = mapped_column(SmallInteger)
    tests: Mapped[int | None] = mapped_column(BigInteger)
    ph_mv: Mapped[float | None] = mapped_column(REAL)
    ec_mv: Mapped[float | None] = mapped_column(REAL)
    #: The Pi's clock minus the server's, in milliseconds, at the last post.
    skew_ms: Mapped[int | None] = mapped_column(BigInteger)
    interval_s: Mapped[float | None]
    agent: Mapped[str | None]
    address: Mapped[str | None]
    #: Whether the Pi goes on by an older configuration, because the one it was given cannot be used.
    config_damaged: Mapped[bool] = mapped_column(server_default=false())


class QuarantinedReading(Base):
    """A reading kept apart, as sent: its time cannot be true, or an import took its place."""

    __tablename__ = "quarantine"
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("reason IN ('future', 'too-old', 'before-device', 'replaced')", name="reason"),
        scale("distributed"),
    )

    device_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: SHA-256 of the reading as sent: the same reading sent twice is held once.
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    ts: Mapped[str]
    reason: Mapped[str]
    reading: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None] = mapped_column(BigInteger)
    #: What became of it: the time a person gave it, or NULL when it was dropped.
    retimed_to: Mapped[datetime | None]


class Event(Base):
    """Something that happened to a tank: a dose, a top-up, a water change, a cleaning, a note."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('dose', 'top-up', 'water-change', 'acid', 'base', 'clean', 'service', 'check', 'note')",
            name="kind",
        ),
        CheckConstraint("origin IN ('detected', 'manual')", name="origin"),
        scale("distributed"),
    )

    device_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    origin: Mapped[str]
    ended_at: Mapped[datetime | None]
    #: Step sizes, confidence, handheld values, standards: by kind, documented in docs/glossary.md.
    details: Mapped[dict[str, Any]]
    note: Mapped[str | None]
    created_at: Mapped[datetime] = stamped()
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    hidden_at: Mapped[datetime | None]

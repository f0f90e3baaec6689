"""Devices and what is slow about them: where they stand, how they prove who they are, what they measure with."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.names import DEVICE_NAME_PATTERN
from models.tables.base import Base, row_id, scale, stamped


class Site(Base):
    """A place with its own clock on the wall and its own habit of writing ppm."""

    __tablename__ = "sites"
    __table_args__ = (
        CheckConstraint("ppm_scale IN (500, 640, 700)", name="ppm_scale"),
        scale("reference"),
    )

    id: Mapped[int] = row_id()
    name: Mapped[str] = mapped_column(unique=True)
    time_zone: Mapped[str] = mapped_column(server_default="Asia/Jakarta")
    ppm_scale: Mapped[int] = mapped_column(SmallInteger, server_default="500")
    created_at: Mapped[datetime] = stamped()


class Device(Base):
    """One tank's Raspberry Pi, or an imported log. What changes with every reading is in ``device_state``."""

    __tablename__ = "devices"
    __table_args__ = (
        CheckConstraint(f"name ~ '{DEVICE_NAME_PATTERN}'", name="name"),
        CheckConstraint("status IN ('active', 'blocked', 'retired')", name="status"),
        CheckConstraint("origin IN ('agent', 'import', 'demo')", name="origin"),
        CheckConstraint("medium IN ('nutrient', 'natural')", name="medium"),
        CheckConstraint("interval_s BETWEEN 1 AND 86400", name="interval_s"),
        CheckConstraint("tank_volume_l > 0", name="tank_volume_l"),
        CheckConstraint("serial_source IN ('board', 'generated')", name="serial_source"),
        Index("ix_devices_site_id", "site_id"),
        scale("reference"),
    )

    id: Mapped[int] = row_id()
    name: Mapped[str] = mapped_column(unique=True)
    serial: Mapped[str | None] = mapped_column(unique=True)
    #: Whether the serial number is the board's own, or one its card made up because the board has none.
    serial_source: Mapped[str | None]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    zone: Mapped[str | None]
    note: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="active")
    origin: Mapped[str] = mapped_column(server_default="agent")
    #: What the probes stand in; it chooses the limits of the quality tests.
    medium: Mapped[str] = mapped_column(server_default="nutrient")
    #: True lets readings from before the device was registered in: an imported log has no clock to mistrust.
    has_history: Mapped[bool] = mapped_column(server_default=text("false"))
    #: The interval the device is asked to keep, in seconds.
    interval_s: Mapped[int] = mapped_column(Integer, server_default="60")
    tank_volume_l: Mapped[float | None]
    #: Anything a site wants to remember about a device; never read by the calculations.
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = stamped()
    untrusted_since: Mapped[datetime | None]
    #: While a person stands at the tank: readings every second, kept out of the statistics.
    live_from: Mapped[datetime | None]
    live_until: Mapped[datetime | None]
    #: When a new credential was asked for; the device makes it and the wish ends with its first use.
    rotation_asked_at: Mapped[datetime | None]


class DeviceToken(Base):
    """A device's credential: only the SHA-256 of a 256-bit secret that was made on the Pi."""

    __tablename__ = "device_tokens"
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        Index("ix_device_tokens_device_id", "device_id"),
        scale("reference"),
    )

    #: The eight characters after ``hfd_``: found by, logged by, never secret.
    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    device_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("devices.id"))
    #: The key with which it joined, and from where; NULL for a credential that was made on the server.
    enrollment_key_id: Mapped[str | None] = mapped_column(ForeignKey("enrollment_keys.id"))
    address: Mapped[str | None]
    #: The credential that this one takes over from: it ends when this one is used for the first time.
    replaces: Mapped[str | None]
    created_at: Mapped[datetime] = stamped()
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class EnrollmentKey(Base):
    """A key that lets Pis join: it expires, is limited in uses, and closes itself when full."""

    __tablename__ = "enrollment_keys"
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("uses BETWEEN 0 AND max_uses", name="uses"),
        scale("reference"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    max_uses: Mapped[int]
    uses: Mapped[int] = mapped_column(server_default="0")
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    note: Mapped[str | None]
    #: True lets a silent Pi come back with a new card from the same network without asking a person.
    auto_approve: Mapped[bool] = mapped_column(server_default=text("false"))
    #: True lets only boards in whose serial number was registered before; the others wait for a person.
    listed_only: Mapped[bool] = mapped_column(server_default=text("false"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = stamped()
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class PendingEnrollment(Base):
    """A Pi that asks to join and waits for a person: mostly a known serial with a new card."""

    __tablename__ = "pending_enrollments"
    __table_args__ = (
        UniqueConstraint("serial", "digest"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("state IN ('pending', 'approved', 'rejected')", name="state"),
        CheckConstraint("serial_source IN ('board', 'generated')", name="serial_source"),
        scale("reference"),
    )

    id: Mapped[int] = row_id()
    serial: Mapped[str]
    serial_source: Mapped[str] = mapped_column(server_default="board")
    digest: Mapped[bytes]
    token_id: Mapped[str]
    device_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("devices.id"))
    enrollment_key_id: Mapped[str] = mapped_column(ForeignKey("enrollment_keys.id"))
    address: Mapped[str]
    agent: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    state: Mapped[str] = mapped_column(server_default="pending")
    created_at: Mapped[datetime] = stamped()
    #: When the Pi asked last: it asks again and again while it waits.
    asked_at: Mapped[datetime] = stamped()
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class BlockedSerial(Base):
    """A board that was stolen or is not to be trusted: it never joins, whatever card is in it."""

    __tablename__ = "blocked_serials"
    __table_args__ = (scale("reference"),)

    serial: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str | None]
    blocked_at: Mapped[datetime] = stamped()
    blocked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class ReadToken(Base):
    """A credential of scripts and notebooks: it reads, it expires, it may be limited to some devices."""

    __tablename__ = "read_tokens"
    __table_args__ = (CheckConstraint("octet_length(digest) = 32", name="digest"), scale("reference"))

    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    note: Mapped[str]
    #: NULL reads every device.
    device_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = stamped()
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

"""Exports that were asked for, and those that are made again and again."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, row_id, scale, stamped


class Export(Base):
    """An export that was asked for: the query, who, how far it has come, and what came of it."""

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="state"),
        Index("ix_exports_created_at", "created_at"),
        scale("local"),
    )

    id: Mapped[int] = row_id()
    query: Mapped[dict[str, Any]]
    #: The name of the schedule that it was made for.
    schedule: Mapped[str | None]
    state: Mapped[str]
    rows: Mapped[int | None] = mapped_column(BigInteger)
    #: About how many rows there will be, and the bytes of the file so far.
    estimated_rows: Mapped[int | None] = mapped_column(BigInteger)
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    #: Where the server keeps the file, if it does.
    file: Mapped[str | None]
    created_at: Mapped[datetime] = stamped()
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    #: When it was last heard of; an export that is silent for long died with its server.
    beat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]


class ExportSchedule(Base):
    """An export that is made of every day or week once it is over, and of those that were missed."""

    __tablename__ = "export_schedules"
    __table_args__ = (
        CheckConstraint("every IN ('day', 'week')", name="every"),
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        scale("reference"),
    )

    id: Mapped[int] = row_id()
    name: Mapped[str] = mapped_column(unique=True)
    every: Mapped[str]
    #: The hour of the clock in ``time_zone`` at which the day or week before is written.
    hour: Mapped[int] = mapped_column(SmallInteger)
    time_zone: Mapped[str]
    query: Mapped[dict[str, Any]]
    folder: Mapped[str]
    #: The end of what has been written.
    written_until: Mapped[datetime]
    #: Failures since the last success, and when to try again.
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    try_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = stamped()
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

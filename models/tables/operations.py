"""Alerts and long jobs: what the server does by itself, remembered across restarts."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, row_id, scale, stamped


class AlertRule(Base):
    """When to raise an alert, how long to wait, when to clear it."""

    __tablename__ = "alert_rules"
    __table_args__ = (CheckConstraint("severity IN ('warning', 'critical')", name="severity"), scale("reference"))

    id: Mapped[int] = row_id()
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    severity: Mapped[str]
    #: Limits, delays and deadband by kind; which devices it covers.
    parameters: Mapped[dict[str, Any]]
    source: Mapped[str]
    created_at: Mapped[datetime] = stamped()
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    disabled_at: Mapped[datetime | None]


class Alert(Base):
    """One excursion of one device past one rule, in the time of its readings."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_open", "device_id", "rule_id", unique=True, postgresql_where=text("cleared_at IS NULL")),
        scale("reference"),
    )

    id: Mapped[int] = row_id()
    device_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("devices.id"))
    rule_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("alert_rules.id"))
    raised_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    #: Alerts with a common cause (a zone's network, a power cut) share an incident.
    incident: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


class Notification(Base):
    """A message that was sent, or is to be sent, about an alert."""

    __tablename__ = "notifications"
    __table_args__ = (Index("ix_notifications_due_at", "due_at"), scale("local"))

    id: Mapped[int] = row_id()
    alert_id: Mapped[int | None] = mapped_column(BigInteger)
    channel: Mapped[str]
    recipient: Mapped[str]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    error: Mapped[str | None]
    message: Mapped[dict[str, Any]]


class Job(Base):
    """A long piece of work cut into chunks: where it stands, so that a killed server goes on from there."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state"),
        Index("ix_jobs_state", "state"),
        scale("local"),
    )

    id: Mapped[int] = row_id()
    kind: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    progress: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    state: Mapped[str] = mapped_column(server_default="waiting")
    created_at: Mapped[datetime] = stamped()
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]

"""People: who may log in, their sessions, and the record of what they did."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, row_id, scale, stamped


class User(Base):
    """A person. ``password_hash`` is argon2id; NULL until an invitation is accepted."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('viewer', 'agronomist', 'admin')", name="role"),
        CheckConstraint("name = lower(name) AND name <> ''", name="name"),
        CheckConstraint("unit IN ('ppm500', 'ppm640', 'ppm700', 'ms-cm', 'us-cm')", name="unit"),
        scale("reference"),
    )

    id: Mapped[int] = row_id()
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    password_hash: Mapped[str | None]
    language: Mapped[str | None]
    time_zone: Mapped[str | None]
    #: In which conductivity is written.
    unit: Mapped[str | None]
    created_at: Mapped[datetime] = stamped()
    disabled_at: Mapped[datetime | None]


class Invitation(Base):
    """A one-time link with which a person sets the first password, or a new one."""

    __tablename__ = "invitations"
    __table_args__ = (CheckConstraint("octet_length(digest) = 32", name="digest"), scale("reference"))

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = stamped()
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Session(Base):
    """A browser that is logged in; only the SHA-256 of the cookie is known here."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        Index("ix_sessions_user_id", "user_id"),
        scale("reference"),
    )

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = stamped()
    last_used_at: Mapped[datetime] = stamped()
    expires_at: Mapped[datetime]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]


class LoginAttempt(Base):
    """A failed login, counted per account and address so that guessing slows down without locking anybody out."""

    __tablename__ = "login_attempts"
    __table_args__ = (
        Index("ix_login_attempts_name_failed_at", "name", "failed_at"),
        Index("ix_login_attempts_network_failed_at", "network", "failed_at"),
        scale("local"),
    )

    id: Mapped[int] = row_id()
    name: Mapped[str]
    #: The /24 or /64 that the attempt came from.
    network: Mapped[str]
    failed_at: Mapped[datetime]


class AuditEntry(Base):
    """Who changed what, when, from where. The application may add rows, never change or delete them."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_at", "at"),
        Index("ix_audit_log_object", "object_kind", "object_id"),
        scale("local"),
    )

    id: Mapped[int] = row_id()
    at: Mapped[datetime] = stamped()
    actor: Mapped[str]
    address: Mapped[str | None]
    action: Mapped[str]
    object_kind: Mapped[str | None]
    object_id: Mapped[str | None]
    request_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))

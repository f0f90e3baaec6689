"""What Pis need that join from one image: cards and boards that change, keys with habits, credentials that rotate.

Everything is nullable or has a default, so that an older server goes on working beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_SOURCES = "serial_source IN ('board', 'generated')"
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("devices", sa.Column("serial_source", sa.Text()))
    op.add_column("devices", sa.Column("rotation_asked_at", _MOMENT))
    op.create_check_constraint(op.f("ck_devices_serial_source"), "devices", _SOURCES)
    op.add_column("device_tokens", sa.Column("enrollment_key_id", sa.Text()))
    op.add_column("device_tokens", sa.Column("address", sa.Text()))
    op.add_column("device_tokens", sa.Column("replaces", sa.Text()))
    op.create_foreign_key(
        op.f("fk_device_tokens_enrollment_key_id_enrollment_keys"),
        "device_tokens",
        "enrollment_keys",
        ["enrollment_key_id"],
        ["id"],
    )
    op.add_column("enrollment_keys", sa.Column("note", sa.Text()))
    op.add_column("enrollment_keys", sa.Column("auto_approve", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("enrollment_keys", sa.Column("listed_only", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("pending_enrollments", sa.Column("serial_source", sa.Text(), server_default="board", nullable=False))
    op.add_column("pending_enrollments", sa.Column("asked_at", _MOMENT, server_default=sa.func.now(), nullable=False))
    op.create_check_constraint(op.f("ck_pending_enrollments_serial_source"), "pending_enrollments", _SOURCES)
    op.create_table(
        "blocked_serials",
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("blocked_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("blocked_by", sa.BigInteger()),
        sa.ForeignKeyConstraint(["blocked_by"], ["users.id"], name=op.f("fk_blocked_serials_blocked_by_users")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_blocked_serials")),
    )


def downgrade() -> None:
    op.drop_table("blocked_serials")
    op.drop_constraint(op.f("ck_pending_enrollments_serial_source"), "pending_enrollments")
    op.drop_column("pending_enrollments", "asked_at")
    op.drop_column("pending_enrollments", "serial_source")
    for column in ("listed_only", "auto_approve", "note"):
        op.drop_column("enrollment_keys", column)
    op.drop_constraint(op.f("fk_device_tokens_enrollment_key_id_enrollment_keys"), "device_tokens")
    for column in ("replaces", "address", "enrollment_key_id"):
        op.drop_column("device_tokens", column)
    op.drop_constraint(op.f("ck_devices_serial_source"), "devices")
    op.drop_column("devices", "rotation_asked_at")
    op.drop_column("devices", "serial_source")

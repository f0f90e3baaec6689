"""What exports need to show how far they are, and to be made again and again.

New columns may be empty, so that an older server goes on working beside it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

_COLUMNS = ("estimated_rows", "bytes", "file", "beat_at")


def upgrade() -> None:
    op.add_column("exports", sa.Column("estimated_rows", sa.BigInteger()))
    op.add_column("exports", sa.Column("bytes", sa.BigInteger()))
    op.add_column("exports", sa.Column("file", sa.Text()))
    op.add_column("exports", sa.Column("beat_at", sa.DateTime(timezone=True)))
    op.create_index("ix_exports_created_at", "exports", ["created_at"])
    op.create_table(
        "export_schedules",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("written_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger()),
        sa.CheckConstraint("every IN ('day', 'week')", name=op.f("ck_export_schedules_every")),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_export_schedules_hour")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_export_schedules_created_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_schedules")),
        sa.UniqueConstraint("name", name=op.f("uq_export_schedules_name")),
    )


def downgrade() -> None:
    op.drop_table("export_schedules")
    op.drop_index("ix_exports_created_at", "exports")
    for name in _COLUMNS:
        op.drop_column("exports", name)

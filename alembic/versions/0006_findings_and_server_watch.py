"""What the checks of all tanks came to is kept, and when the server was there: a page asks for it in milliseconds.

New tables only, so that an older server goes on working beside it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "server_watch",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=name != "beat_at")
            for name in ("beat_at", "down_from", "up_since", "checked_at")
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_server_watch_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_watch")),
    )
    op.create_table(
        "device_findings",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("results", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_findings_device_id_devices"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_findings")),
    )


def downgrade() -> None:
    op.drop_table("device_findings")
    op.drop_table("server_watch")

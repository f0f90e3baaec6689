"""Which Pis go on by an older configuration because theirs is damaged.

The column has a default, so that an older server goes on working beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "device_state", sa.Column("config_damaged", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("device_state", "config_damaged")

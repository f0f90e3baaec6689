"""What a visit to a tank needs: how a calibration reaches back, and how long a Pi reads every second.

A calibration says whether it holds from its moment on or also explains the drift before it; a device says from when
to when a person stands at its tank. Nullable or with a default, so that an older server goes on working beside it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("calibrations", sa.Column("transition", sa.Text(), server_default="step", nullable=False))
    op.add_column("calibrations", sa.Column("as_found", postgresql.JSONB(astext_type=sa.Text())))
    op.create_check_constraint(op.f("ck_calibrations_transition"), "calibrations", "transition IN ('step', 'blend')")
    op.add_column("devices", sa.Column("live_from", sa.DateTime(timezone=True)))
    op.add_column("devices", sa.Column("live_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("devices", "live_until")
    op.drop_column("devices", "live_from")
    op.drop_constraint(op.f("ck_calibrations_transition"), "calibrations")
    op.drop_column("calibrations", "as_found")
    op.drop_column("calibrations", "transition")

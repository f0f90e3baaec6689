"""${message}

Expand first, contract in a later release. Never edit a released migration. Text, indexes and constraints on the
readings are built without blocking the ingest. Say below why, not what.
"""

import sqlalchemy as sa

from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}

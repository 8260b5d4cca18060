"""The time at which a project was deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column."""
    op.add_column("projects", sa.Column("deleted_at", sa.DateTime()))


def downgrade() -> None:
    """Drop the column; deleted projects come back under their ids, without keys."""
    op.drop_column("projects", "deleted_at")

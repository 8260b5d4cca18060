"""After how many seconds an answer is late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("projects", sa.Column("late_after_s", sa.Integer()))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("projects", "late_after_s")

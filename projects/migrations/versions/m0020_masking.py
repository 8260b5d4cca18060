"""What projects mask before anything is written, as JSON."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no project masks anything."""
    op.add_column("projects", sa.Column("masking", sa.Text()))


def downgrade() -> None:
    """Drop the column; new events are written as they are sent."""
    op.drop_column("projects", "masking")

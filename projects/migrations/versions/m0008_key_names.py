"""The name of a key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column."""
    op.add_column("api_keys", sa.Column("name", sa.String(100)))


def downgrade() -> None:
    """Drop the column; keys keep working and are told apart by their first characters."""
    op.drop_column("api_keys", "name")

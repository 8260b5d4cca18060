"""The scope of a key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; existing keys send events."""
    op.add_column("api_keys", sa.Column("scope", sa.String(10), nullable=False, server_default="ingest"))


def downgrade() -> None:
    """Drop the read keys, which could otherwise send events, and the column."""
    op.execute("DELETE FROM api_keys WHERE scope <> 'ingest'")
    op.drop_column("api_keys", "scope")

"""When a lease was last renewed."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; leases that exist count as renewed now."""
    renewed_at = sa.Column("renewed_at", sa.BigInteger(), nullable=False, server_default=str(int(time.time())))
    op.add_column("quota_leases", renewed_at)


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("quota_leases", "renewed_at")

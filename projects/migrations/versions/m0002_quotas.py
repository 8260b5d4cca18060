"""Quotas: events used, and leases of workers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "quota_usage",
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("n_wanted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "month", name="pk_quota_usage"),
    )
    op.create_table(
        "quota_leases",
        sa.Column("worker_id", sa.String(32), nullable=False),
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("unspent", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("worker_id", "project_id", "month", name="pk_quota_leases"),
    )
    op.create_table(
        "quota_workers",
        sa.Column("worker_id", sa.String(32), nullable=False),
        sa.Column("settled_file", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("worker_id", name="pk_quota_workers"),
    )


def downgrade() -> None:
    """Drop the three tables."""
    op.drop_table("quota_workers")
    op.drop_table("quota_leases")
    op.drop_table("quota_usage")

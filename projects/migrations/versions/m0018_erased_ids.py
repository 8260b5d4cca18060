"""Digests of erased events and of the sessions of erased users."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "erased_ids",
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("erasure_id", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "kind", "digest", name="pk_erased_ids"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_erased_ids_project_id"),
    )


def downgrade() -> None:
    """Drop the table; later replies and feedback that name no erased user count."""
    op.drop_table("erased_ids")

"""Candidates of topics, and whether a project's topics are refitted automatically."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "topic_candidates",
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(1000), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("requested_by", sa.String(100), nullable=False),
        sa.Column("outcome", sa.String(10)),
        sa.Column("decided_at", sa.DateTime()),
        sa.Column("decided_by", sa.String(100)),
        sa.PrimaryKeyConstraint("project_id", "number", name="pk_topic_candidates"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_topic_candidates_project_id"),
    )
    op.add_column("projects", sa.Column("are_refits_automatic", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    """Drop the table and the column."""
    op.drop_column("projects", "are_refits_automatic")
    op.drop_table("topic_candidates")

"""Edits of topics."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "topic_edits",
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("field", sa.String(1000), nullable=False),
        sa.Column("topic_id", sa.String(1000)),
        sa.Column("topic_label", sa.String(1000)),
        sa.Column("label", sa.String(200)),
        sa.Column("target_topic_id", sa.String(1000)),
        sa.Column("target_label", sa.String(1000)),
        sa.Column("text_hash", sa.String(32)),
        sa.Column("undoes", sa.Integer()),
        sa.PrimaryKeyConstraint("project_id", "number", name="pk_topic_edits"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_topic_edits_project_id"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("topic_edits")

"""Deleted events, and a project's settings for implausible times and placeholder ids."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the columns."""
    op.create_table(
        "deleted_events",
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("event_id", sa.String(255), nullable=False),
        sa.Column("deleted_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "event_id", name="pk_deleted_events"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_deleted_events_project_id"),
    )
    op.add_column("projects", sa.Column("first_day", sa.Date()))
    op.add_column(
        "projects",
        sa.Column("are_placeholder_ids_missing", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Drop the table and the columns."""
    op.drop_column("projects", "are_placeholder_ids_missing")
    op.drop_column("projects", "first_day")
    op.drop_table("deleted_events")

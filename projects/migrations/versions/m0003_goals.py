"""Goals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "goals",
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("field", sa.String(1000)),
        sa.Column("value", sa.String(1000), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "name", name="pk_goals"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_goals_project_id"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("goals")

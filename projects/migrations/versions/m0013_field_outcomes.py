"""What people chose that fields say about outcomes, and what alerts judged last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the columns of alerts."""
    op.create_table(
        "field_outcomes",
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("field", sa.String(1000), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "field", name="pk_field_outcomes"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_field_outcomes_project_id"),
    )
    op.add_column("alert_rules", sa.Column("judged_at", sa.DateTime()))
    op.add_column("alert_rules", sa.Column("judged_value", sa.Float()))
    op.add_column("alert_rules", sa.Column("judged_about", sa.String(1100)))
    op.add_column("alert_rules", sa.Column("judged_note", sa.String(500)))


def downgrade() -> None:
    """Drop the table and the columns."""
    for column in ("judged_at", "judged_value", "judged_about", "judged_note"):
        op.drop_column("alert_rules", column)
    op.drop_table("field_outcomes")

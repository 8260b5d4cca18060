"""Requests to erase users, sessions and events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "erasures",
        sa.Column("erasure_id", sa.String(20), nullable=False),
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("target", sa.String(255)),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("later_events", sa.String(10), nullable=False),
        sa.Column("requested_by", sa.String(100), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("begun_at", sa.DateTime()),
        sa.Column("finished_at", sa.DateTime()),
        sa.Column("run_id", sa.String(40)),
        sa.Column("n_events", sa.BigInteger()),
        sa.Column("n_sessions", sa.BigInteger()),
        sa.Column("n_texts", sa.BigInteger()),
        sa.Column("n_files", sa.BigInteger()),
        sa.PrimaryKeyConstraint("erasure_id", name="pk_erasures"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_erasures_project_id"),
    )
    op.create_index("ix_erasures_project_id", "erasures", ["project_id"])


def downgrade() -> None:
    """Drop the table; what was erased stays erased, but later events of erased users count."""
    op.drop_index("ix_erasures_project_id", "erasures")
    op.drop_table("erasures")

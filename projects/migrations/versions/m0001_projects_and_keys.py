"""Projects, API keys and field overrides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "projects",
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("plan", sa.String(20), nullable=False),
        sa.Column("event_limit", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("journey_field", sa.String(1000)),
        sa.PrimaryKeyConstraint("project_id", name="pk_projects"),
        sa.UniqueConstraint("name", name="uq_projects_name"),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(20), nullable=False),
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime()),
        sa.Column("last_used_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_api_keys_project_id"),
    )
    op.create_index("ix_api_keys_project_id", "api_keys", ["project_id"])
    op.create_table(
        "field_overrides",
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("field", sa.String(1000), nullable=False),
        sa.Column("type", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "field", name="pk_field_overrides"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_field_overrides_project_id"),
    )


def downgrade() -> None:
    """Drop the three tables."""
    op.drop_table("field_overrides")
    op.drop_table("api_keys")
    op.drop_table("projects")

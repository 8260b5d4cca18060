"""People who sign in to the dashboard, and links to choose a password."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "people",
        sa.Column("person_id", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("sign_in_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime()),
        sa.Column("removed_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("person_id", name="pk_people"),
        sa.UniqueConstraint("name", name="uq_people_name"),
    )
    op.create_table(
        "password_links",
        sa.Column("link_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("link_hash", name="pk_password_links"),
        sa.ForeignKeyConstraint(["person_id"], ["people.person_id"], name="fk_password_links_person_id"),
    )
    op.create_index("ix_password_links_person_id", "password_links", ["person_id"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("password_links")
    op.drop_table("people")

"""Alerts: channels, rules and deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alert_channels",
        sa.Column("channel_id", sa.String(20), nullable=False),
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("address", sa.String(2000), nullable=False),
        sa.Column("secret", sa.String(100), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", name="pk_alert_channels"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_alert_channels_project_id"),
        sa.UniqueConstraint("project_id", "name", name="uq_alert_channels_project_id_name"),
    )
    op.create_table(
        "alert_rules",
        sa.Column("rule_id", sa.String(20), nullable=False),
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("channel_id", sa.String(20), nullable=False),
        sa.Column("threshold", sa.Float()),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("only", sa.String(1000)),
        sa.Column("cooldown_hours", sa.Float(), nullable=False),
        sa.Column("has_texts", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("judged_version", sa.String(100)),
        sa.Column("judged_day", sa.Date()),
        sa.PrimaryKeyConstraint("rule_id", name="pk_alert_rules"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_alert_rules_project_id"),
        sa.ForeignKeyConstraint(["channel_id"], ["alert_channels.channel_id"], name="fk_alert_rules_channel_id"),
        sa.UniqueConstraint("project_id", "name", name="uq_alert_rules_project_id_name"),
    )
    op.create_index("ix_alert_rules_channel_id", "alert_rules", ["channel_id"])
    op.create_table(
        "alert_deliveries",
        sa.Column("delivery_id", sa.String(20), nullable=False),
        sa.Column("project_id", sa.String(20), nullable=False),
        sa.Column("rule_id", sa.String(20)),
        sa.Column("rule_name", sa.String(100), nullable=False),
        sa.Column("channel_id", sa.String(20), nullable=False),
        sa.Column("channel_name", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(1100), nullable=False),
        sa.Column("occasion", sa.String(1200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("n_attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(), nullable=False),
        sa.Column("claimed_until", sa.DateTime()),
        sa.Column("settled_at", sa.DateTime()),
        sa.Column("answer", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_alert_deliveries"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.project_id"], name="fk_alert_deliveries_project_id"),
        sa.UniqueConstraint("rule_id", "occasion", name="uq_alert_deliveries_rule_id_occasion"),
    )
    op.create_index("ix_alert_deliveries_project_id_created_at", "alert_deliveries", ["project_id", "created_at"])
    op.create_index("ix_alert_deliveries_state_next_attempt_at", "alert_deliveries", ["state", "next_attempt_at"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("alert_deliveries")
    op.drop_table("alert_rules")
    op.drop_table("alert_channels")

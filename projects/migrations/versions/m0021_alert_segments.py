"""The segment to which an alert is limited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("alert_rules", sa.Column("segment_field", sa.String(1000)))
    op.add_column("alert_rules", sa.Column("segment_value", sa.String(1000)))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("alert_rules", "segment_value")
    op.drop_column("alert_rules", "segment_field")

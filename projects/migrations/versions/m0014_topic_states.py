"""Topics are kept or retired; what was pinned is kept."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename the kinds of edits; their effect stays."""
    op.execute("UPDATE topic_edits SET kind = 'keep' WHERE kind = 'pin'")
    op.execute("UPDATE topic_edits SET kind = 'propose' WHERE kind = 'unpin'")


def downgrade() -> None:
    """Rename the kinds back; a retired topic is hidden, which comes nearest."""
    op.execute("UPDATE topic_edits SET kind = 'pin' WHERE kind = 'keep'")
    op.execute("UPDATE topic_edits SET kind = 'unpin' WHERE kind = 'propose'")
    op.execute("UPDATE topic_edits SET kind = 'hide' WHERE kind = 'retire'")

"""Topics that people define by examples."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column of definitions to the edits of topics."""
    op.add_column("topic_edits", sa.Column("definition", sa.Text()))


def downgrade() -> None:
    """Undo the definitions, which would have no examples, and drop the column."""
    op.execute("DELETE FROM topic_edits WHERE kind = 'define'")
    op.drop_column("topic_edits", "definition")

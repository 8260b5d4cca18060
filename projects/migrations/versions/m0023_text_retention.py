"""For how long projects keep the texts of their events, and what runs removed by it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "texts_days": sa.Integer(),
    "next_texts_days": sa.Integer(),
    "next_texts_days_at": sa.DateTime(),
    "texts_aging_before": sa.Date(),
    "n_aging_texts": sa.BigInteger(),
    "texts_aged_before": sa.Date(),
    "texts_aged_at": sa.DateTime(),
    "n_aged_texts": sa.BigInteger(),
    "texts_key": sa.String(64),
}


def upgrade() -> None:
    """Add the columns; every project keeps its texts as long as its events."""
    for name, type_ in COLUMNS.items():
        op.add_column("projects", sa.Column(name, type_))


def downgrade() -> None:
    """Drop the columns; what was removed stays removed."""
    for name in COLUMNS:
        op.drop_column("projects", name)

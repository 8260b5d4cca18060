"""For how long projects keep their events, and what runs removed by it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "events_days": sa.Integer(),
    "next_events_days": sa.Integer(),
    "next_events_days_at": sa.DateTime(),
    "aging_before": sa.Date(),
    "n_aging_events": sa.BigInteger(),
    "aged_before": sa.Date(),
    "aged_at": sa.DateTime(),
    "n_aged_events": sa.BigInteger(),
}


def upgrade() -> None:
    """Add the columns; every project keeps its events for ever."""
    for name, type_ in COLUMNS.items():
        op.add_column("projects", sa.Column(name, type_))


def downgrade() -> None:
    """Drop the columns; what was removed stays removed."""
    for name in COLUMNS:
        op.drop_column("projects", name)
